import { describe, expect, test } from "vitest";
import { categoryColor, checkedColor, oklch, sequentialColor } from "./color.ts";

/** CIE L* of a hex color: a second scale of lightness. */
function lightness(hex: string): number {
  const linear = [1, 3, 5].map((at) => {
    const channel = Number.parseInt(hex.slice(at, at + 2), 16) / 255;
    return channel <= 0.04045 ? channel / 12.92 : ((channel + 0.055) / 1.055) ** 2.4;
  }) as [number, number, number];
  const luminance = 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2];
  return 116 * Math.cbrt(luminance) - 16;
}

test("oklch knows white, black and the red of sRGB", () => {
  expect(oklch(1, 0, 0)).toBe("#ffffff");
  expect(oklch(0, 0, 0)).toBe("#000000");
  // #ff0000 in OKLCH (CSS Color 4): 0.62796 0.25768 29.234.
  expect(oklch(0.62796, 0.25768, 29.234)).toBe("#ff0000");
});

describe.each(["light", "dark"] as const)("the %s ramp", (theme) => {
  test("changes lightness in even steps, away from the background", () => {
    const steps = Array.from({ length: 11 }, (_, i) => lightness(sequentialColor(i / 10, theme)));
    const sign = theme === "light" ? -1 : 1;
    const differences = steps.slice(1).map((value, i) => sign * (value - (steps[i] as number)));
    expect(Math.min(...differences)).toBeGreaterThan(4);
    expect(Math.max(...differences)).toBeLessThan(10);
  });
});

test("categories repeat, colors are checked", () => {
  expect(categoryColor(8, "light")).toBe(categoryColor(0, "light"));
  expect(checkedColor("plot", "#0072B2")).toBe("#0072B2");
  for (const bad of ["url(http://x)", '#fff" onload="x', "#12345", "", "rgb(1,2,3)"]) {
    expect(() => checkedColor("plot", bad)).toThrow(RangeError);
  }
  expect(() => checkedColor("plot", "url(#a)")).toThrow(
    'plot: expected a color such as "#0072b2" or "teal", got "url(#a)".',
  );
});
