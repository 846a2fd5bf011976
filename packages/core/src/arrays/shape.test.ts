import { expect, test } from "vitest";
import { batchShapeOf, broadcastShapes, formatShape, shapesEqual, sizeOf } from "../extend.ts";
import type { Shape } from "../index.ts";

test("sizeOf is the product of the axes", () => {
  expect([[], [1], [3, 2], [4, 0, 2]].map(sizeOf)).toEqual([1, 1, 6, 0]);
});

test("shapesEqual compares rank and axes", () => {
  expect(shapesEqual([], [])).toBe(true);
  expect(shapesEqual([2, 3], [2, 3])).toBe(true);
  for (const other of [[3, 2], [2], [2, 3, 1], []]) expect(shapesEqual([2, 3], other)).toBe(false);
});

test("formatShape prints brackets and commas", () => {
  expect([[], [3], [3, 2]].map(formatShape)).toEqual(["[]", "[3]", "[3, 2]"]);
});

// numpy.broadcast_shapes
const broadcasts: readonly [Shape, Shape, Shape | undefined][] = [
  [[], [], []],
  [[], [3], [3]],
  [[5, 1], [3], [5, 3]],
  [
    [2, 1, 4],
    [3, 1],
    [2, 3, 4],
  ],
  [[1], [0], [0]],
  [[0], [1], [0]],
  [[2], [3], undefined],
  [[0], [3], undefined],
  [[2, 3], [3, 2], undefined],
  [
    [7, 1, 5],
    [7, 1, 5],
    [7, 1, 5],
  ],
];
test.each(broadcasts)("%j and %j broadcast to %j, either way round", (a, b, expected) => {
  expect(broadcastShapes(a, b)).toEqual(expected);
  expect(broadcastShapes(b, a)).toEqual(expected);
});

test("batchShapeOf drops the event", () => {
  expect(batchShapeOf([5, 4, 3], 1)).toEqual([5, 4]);
  expect(batchShapeOf([5, 4, 3], 0)).toEqual([5, 4, 3]);
  expect(batchShapeOf([3], 1)).toEqual([]);
});
