import { splitStandardization } from "@pushforward/flows/extend";
import {
  columnStatistics,
  createKey,
  maf,
  ndArray,
  nsf,
  standardize,
  toyDataset,
  trainEvents,
  useBackend,
} from "pushforward";
import { beforeAll, describe, expect, test } from "vitest";
import { DEEP } from "../../../../../packages/testing/test/deep.ts";
import { bendWindow } from "../../shared/bend-window.ts";
import type { BendFrame, View } from "../../shared/protocol.ts";
import { Bend, type GridLines, gridLines } from "./bend.ts";

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

test("the place of a row is that of its point in every layer, in the order of the view", () => {
  using flow = maf({ features: 2, key: createKey(4), transforms: 2, standardize: { mean: [3, -1], sd: [2, 0.5] } });
  for (const parameter of flow.parameters().values()) {
    if (parameter.trainable) parameter.write(parameter.read().map((v, i) => v + 0.1 * Math.sin(i)));
  }
  const bend = new Bend(flow, 2, [Float64Array.of(3.5, 1), Float64Array.of(-0.2, 0)], undefined);
  const turned = { ...view, pair: [1, 0] } as const;
  const places = bend.places([3.5, -0.2], turned, undefined);
  const { points, mesh } = bend.frame(turned, undefined, 0);
  expect(places).toHaveLength(points.length);
  for (const [k, [x, y]] of places.entries()) {
    expect(x).toBeCloseTo(points[k]?.[0] as number, 5);
    expect(y).toBeCloseTo(points[k]?.[1] as number, 5);
  }
  expect(places.at(-1)?.[1]).toBeCloseTo((3.5 - 3) / 2, 4);
  expect(mesh.map((one) => one.length)).toEqual(points.map(() => 2 * 25 * 25));
  const coarse = bend.frame(turned, undefined, 0, true);
  expect([coarse.mesh.length, coarse.starts.at(-1)]).toEqual([0, 26 * 25]);
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

type Pixel = readonly [number, number];

const SIDE = 700;

/** How often lines of one family cross in the picture after a layer. */
function crossings(
  { lines, starts, upright }: GridLines,
  window: readonly (readonly [number, number])[],
  layer: number,
) {
  const values = lines[layer] as Float32Array;
  const pixel = (i: number): Pixel => [
    place(values[2 * i] as number, window[0]),
    place(values[2 * i + 1] as number, window[1]),
  ];
  const pieces = Array.from({ length: starts.length - 1 }, (_, line) => {
    const found: [Pixel, Pixel][] = [];
    for (let i = starts[line] as number; i + 1 < (starts[line + 1] as number); i++) {
      const [p, q] = [pixel(i), pixel(i + 1)];
      if ([p, q].some(([x, y]) => x >= 0 && x <= SIDE && y >= 0 && y <= SIDE)) found.push([p, q]);
    }
    return found;
  });
  let count = 0;
  for (const family of [pieces.slice(0, upright), pieces.slice(upright)]) {
    for (const [a, first] of family.entries()) {
      for (const second of family.slice(a + 1)) {
        for (const one of first) for (const other of second) if (cross(one, other)) count++;
      }
    }
  }
  return count;
}

function place(value: number, window: readonly [number, number] = [0, 1]): number {
  return (SIDE * (value - window[0])) / (window[1] - window[0]);
}

function cross([p, q]: [Pixel, Pixel], [r, s]: [Pixel, Pixel]): boolean {
  const side = (a: Pixel, b: Pixel, c: Pixel): number => (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0]);
  return side(p, q, r) * side(p, q, s) < 0 && side(r, s, p) * side(r, s, q) < 0;
}

describe.each(DEEP ? (["2spirals", "moons", "8gaussians"] as const) : (["moons"] as const))(
  "a flow that has learned %s",
  (name) => {
    const { x, y } = toyDataset(name).bounds;
    const view: View = { pair: [0, 1], x, y, context: [], theme: "light" };
    let frame: BendFrame;

    beforeAll(async () => {
      await useBackend("wasm");
      const [init, key] = createKey(0).split(2);
      const rows = toyDataset(name).sample(createKey(1), 1000);
      const moments = columnStatistics(rows);
      using flow = nsf({ features: 2, key: init, standardize: moments });
      const options = { key, maxEpochs: 150, patience: 150, batchSize: 256, threads: 1, learningRate: 5e-3 };
      for await (const event of trainEvents(splitStandardization(flow).inner, standardize(rows, moments), options)) {
        if (event.type === "stop") expect(event.steps).toBeGreaterThan(500);
      }
      frame = new Bend(flow, 2, [], undefined).frame(view, undefined, 600);
    });

    test("lines of one family do not cross", () => {
      const layers = frame.labels.length;
      for (let k = 0; k <= layers; k++) expect(crossings(frame, bendWindow(frame, view, k, layers), k)).toBe(0);
      expect(frame.starts.at(-1)).toBeLessThan(12_000);
      // Bends have more points than what is straight.
      expect(frame.starts.at(-1)).toBeGreaterThan(26 * 49);
    });
  },
);

const WINDOW = [
  [-3.3, 3.3],
  [-3.3, 3.3],
] as const;

test("a sharp bend between two first points is found, and the picture holds it to a third of a pixel", () => {
  // A shear whose wave is far shorter than a line: an invertible map.
  const wave = (u: number): number => 0.4 * Math.sin(9 * u) + Math.tanh(60 * (u - 0.31));
  const trace = (points: Float32Array): Float32Array[] => [
    points,
    points.map((value, i) => (i % 2 === 0 ? value : value + wave(points[i - 1] as number))),
  ];
  const grid = gridLines(trace, [WINDOW, WINDOW]);
  expect(crossings(grid, WINDOW, 1)).toBe(0);
  const drawn = grid.lines[1] as Float32Array;
  let farthest = 0;
  for (let line = grid.upright; line < 2 * grid.upright; line++) {
    const height = -3 + 0.5 * (line - grid.upright);
    for (let i = grid.starts[line] as number; i + 1 < (grid.starts[line + 1] as number); i++) {
      const at = (k: number): Pixel => [drawn[2 * k] as number, drawn[2 * k + 1] as number];
      const [a, b] = [at(i), at(i + 1)];
      const slope = (b[1] - a[1]) / (b[0] - a[0]);
      for (const share of [0.25, 0.5, 0.75]) {
        const u = a[0] + share * (b[0] - a[0]);
        if (Math.abs(height + wave(u)) > 3.3) continue;
        const off = Math.abs(a[1] + share * (b[1] - a[1]) - height - wave(u)) / Math.hypot(1, slope);
        farthest = Math.max(farthest, (off * SIDE) / 6.6);
      }
    }
  }
  expect(farthest).toBeLessThan(0.5);
});

test("a map without bound has a bound of points", () => {
  const trace = (points: Float32Array): Float32Array[] => [
    points,
    points.map((value, i) => value + 2 * Math.sin(1e5 * (points[i ^ 1] as number))),
  ];
  expect(gridLines(trace, [WINDOW, WINDOW]).starts.at(-1)).toBeLessThan(26_000);
});
