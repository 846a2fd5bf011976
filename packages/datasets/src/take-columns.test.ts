import { ndArray } from "@pushforward/core";
import { expect, test } from "vitest";
import { takeColumns } from "./take-columns.ts";

test("columns come in the order that is asked for", () => {
  const matrix = ndArray([2, 3], Float64Array.of(7, 0, 1, 7, 1, 0));
  expect(takeColumns(matrix, [2, 0]).data).toEqual(Float64Array.of(1, 7, 0, 7));
  expect(takeColumns(matrix, [2, 0]).shape).toEqual([2, 2]);
});
