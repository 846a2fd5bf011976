import { expect, test } from "vitest";
import { thinIndices } from "./input.ts";

test("thinIndices keeps all, or spreads evenly without repeats", () => {
  expect([...thinIndices(3, 5)]).toEqual([0, 1, 2]);
  expect([...thinIndices(10, 4)]).toEqual([0, 2, 5, 7]);
  expect([...thinIndices(10, 0)]).toEqual([]);
});
