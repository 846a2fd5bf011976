import { expect, test } from "vitest";
import { systematicRows } from "./systematic-rows.ts";

test("each row comes as often as its share of the weight says, within one, in ascending order", () => {
  const weights = [0, 3, 0, 1, 6, 0];
  for (const offset of [0, 0.25, 0.999]) {
    const rows = [...systematicRows(weights, 20, offset)];
    expect(rows).toEqual(rows.toSorted((a, b) => a - b));
    for (const [row, weight] of weights.entries()) {
      expect(Math.abs(rows.filter((one) => one === row).length - 2 * weight)).toBeLessThanOrEqual(weight === 0 ? 0 : 1);
    }
  }
});
