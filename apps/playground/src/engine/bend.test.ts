import { columnStatistics, createKey, maf, ndArray, nsf, useBackend } from "pushforward";
import { beforeAll, expect, test } from "vitest";
import type { View } from "../shared/protocol.ts";
import { Bend } from "./bend.ts";

beforeAll(() => useBackend("cpu"));

const view: View = { pair: [0, 1], x: [-3, 3], y: [-3, 3], context: [], theme: "light" };

test("an untrained flow leaves the grid as it is, and data go to standard units", () => {
  const rows = Float64Array.from(createKey(0).normal(200), (v, i) => (i % 2 === 0 ? 100 + 5 * v : -3 + v));
  const standardize = columnStatistics(ndArray([100, 2], rows));
  using flow = nsf({ features: 2, key: createKey(1), coupling: true, transforms: 2, standardize });
  const columns = [0, 1].map((j) => rows.filter((_, i) => i % 2 === j));
  const frame = new Bend(flow, 2, columns, undefined).frame(view, undefined, 7);
  expect(frame.labels).toEqual(["coupling layer", "linear map", "coupling layer", "linear map"]);
  expect(frame.lines).toHaveLength(5);
  expect(frame.points).toHaveLength(5);
  const [base, , , , last] = frame.lines;
  for (const [i, value] of (last as Float32Array).entries()) expect(value).toBeCloseTo(base?.[i] as number, 5);
  expect(frame.points[0]?.[0]).toBeCloseTo(
    ((rows[0] as number) - (standardize.mean[0] as number)) / (standardize.sd[0] as number),
    4,
  );
  expect(frame.mean[1]).toBeCloseTo(standardize.mean[1] as number, 10);
  // Half of the lines go up, and each of them is straight.
  expect(frame.starts).toHaveLength(2 * frame.upright + 1);
  expect(frame.lines[0]?.length).toBe(2 * (frame.starts.at(-1) as number));
  for (let k = 1; k < (frame.starts[1] as number); k++) expect(base?.[2 * k]).toBe(base?.[0]);
});

test("data are at the same place after the last layer as before the first one of the way back", () => {
  using flow = maf({
    features: 3,
    context: 1,
    key: createKey(2),
    transforms: 2,
    standardizeContext: { mean: [4], sd: [2] },
  });
  // Away from the identity.
  for (const parameter of flow.parameters().values()) {
    if (parameter.trainable) parameter.write(parameter.read().map((v, i) => v + 0.1 * Math.sin(i)));
  }
  const points = [0, 1, 2].map((k) => Float64Array.from(createKey(k).normal(50)));
  const contexts = Float64Array.from({ length: 50 }, (_, i) => i / 10);
  const bend = new Bend(flow, 3, points, contexts);
  const turned = { ...view, pair: [2, 0] } as const;
  const { points: places, lines } = bend.frame(turned, new Float64Array([3]), 0);
  const last = places.at(-1) as Float32Array;
  expect(last[0]).toBeCloseTo(points[2]?.[0] as number, 4);
  expect(last[1]).toBeCloseTo(points[0]?.[0] as number, 4);
  expect(places[0]?.[0]).not.toBeCloseTo(last[0] as number, 3);
  // Another context bends otherwise.
  const other = bend.frame(turned, new Float64Array([5]), 0).lines.at(-1) as Float32Array;
  expect(other[0]).not.toBeCloseTo(lines.at(-1)?.[0] as number, 3);
});

test("a single variable is a rising curve", () => {
  using flow = nsf({ features: 1, key: createKey(3) });
  const { lines, points, upright } = new Bend(flow, 1, [new Float64Array(5)], undefined).frame(
    { ...view, pair: [0, 0] },
    undefined,
    0,
  );
  expect([points.length, upright]).toEqual([0, 1]);
  const curve = lines.at(-1) as Float32Array;
  for (let i = 3; i < curve.length; i += 2) expect(curve[i]).toBeGreaterThan(curve[i - 2] as number);
});
