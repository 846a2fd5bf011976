import { OptionError } from "@pushforward/core";
import { expect, test } from "vitest";
import { bitsPerDimension } from "./bits-per-dimension.ts";

test("uniform pixels of 8 bits have 8 bits, as integers and as numbers in [0, 1]", () => {
  expect(bitsPerDimension(-784 * Math.log(256), { dimensions: 784 })).toBeCloseTo(8, 12);
  expect(bitsPerDimension(0, { dimensions: 784, levels: 256 })).toBe(8);
});

test("a fair coin has one bit, and a density of 2 on [0, 1] one less", () => {
  expect(bitsPerDimension(Math.log(0.5), { dimensions: 1 })).toBe(1);
  expect(bitsPerDimension(3 * Math.LN2, { dimensions: 3, levels: 256 })).toBe(7);
});

test("refuses sizes that are none", () => {
  expect(() => bitsPerDimension(0, { dimensions: 0 })).toThrow(
    new OptionError("bitsPerDimension: expected dimensions to be an integer of at least 1, got 0."),
  );
});
