import { useBackend } from "@pushforward/backend";
import { createKey, ndArray } from "@pushforward/core";
import { createFlow, logProbRows } from "@pushforward/flows";
import { beforeAll, expect, test } from "vitest";
import { holdOutCount } from "../split-rows.ts";
import { meanNll } from "./gaussian-nll.ts";
import { type FlowSizes, prepareFlow } from "./prepare-flow.ts";
import { rowStatistics, splineBound, standardizeRows } from "./standardize-rows.ts";

beforeAll(() => useBackend("cpu"));

const rows = {
  x: ndArray(
    [40, 2],
    Float64Array.from(createKey(0).normal(80), (z, i) => (i % 2 === 0 ? 1e9 + 3 * z : z / 2)),
  ),
  context: ndArray(
    [40, 1],
    Float64Array.from(createKey(1).normal(40), (z) => 2000 + 9 * z),
  ),
};

test("a prepared flow and its rows are those of the table", () => {
  let sizes: FlowSizes | undefined;
  const prepared = prepareFlow(rows, rows, 3, (of) => {
    sizes = of;
    return createFlow("maf", { ...of, transforms: 1, hidden: [4] });
  });
  expect(sizes).toMatchObject({ features: 2, context: 1, bound: 5 });
  const { flow, inner, train, logVolume } = prepared;
  const inUnits = logProbRows(flow, rows.x, rows.context);
  const inner0 = logProbRows(inner, train.x, train.context);
  for (const [i, value] of inUnits.entries()) expect(value).toBeCloseTo((inner0[i] as number) - logVolume, 5);
  expect(meanNll(flow, rows)).toBeCloseTo(-inUnits.reduce((a, b) => a + b, 0) / 40, 12);
  flow.dispose();
});

test("one row is too few", () => {
  const one = { x: ndArray([1, 2], Float64Array.of(1, 2)) };
  expect(() => prepareFlow(one, one, 0, (of) => createFlow("maf", of))).toThrow(
    "train: expected at least 2 training rows, got 1.",
  );
});

test("one-hot blocks keep their units", () => {
  const context = ndArray([2, 3], Float64Array.of(1, 0, 5, 0, 1, 9));
  const x = ndArray([2, 1], Float64Array.of(1, 3));
  const statistics = rowStatistics({ x, context }, [[0, 1]]);
  expect(standardizeRows({ x, context }, statistics).context?.data).toEqual(Float64Array.of(1, 0, -1, 0, 1, 1));
  expect(statistics.logVolume).toBe(0);
});

test("the box holds the rows, from 5 to 8 standard deviations", () => {
  expect([0.1, -5.2, 50].map((z) => splineBound(ndArray([1, 1], Float64Array.of(z))))).toEqual([5, 6, 8]);
});

test("the number of rows that are held out", () => {
  expect([3, 15, 40, 1000].map((count) => holdOutCount(count))).toEqual([1, 7, 10, 100]);
  expect(holdOutCount(100, { fraction: 0.25, least: 30 })).toBe(30);
});
