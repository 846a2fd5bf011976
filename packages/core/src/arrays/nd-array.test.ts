import { expect, test } from "vitest";
import { ndArray, ShapeError } from "../index.ts";

test("ndArray keeps the parts it is given", () => {
  const data = Float64Array.of(1, 2, 3, 4, 5, 6);
  const array = ndArray([3, 2], data);
  expect(array.shape).toEqual([3, 2]);
  expect(array.data).toBe(data);
  expect(ndArray([], Float32Array.of(1)).shape).toEqual([]);
  expect(ndArray([0, 4], new Float32Array()).data).toHaveLength(0);
});

test("ndArray refuses a shape of another size", () => {
  expect(() => ndArray([3, 2], new Float32Array(5))).toThrow(
    new ShapeError("ndArray: expected 6 values for shape [3, 2], got 5."),
  );
});
