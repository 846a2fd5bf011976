import { describe, expect, test } from "vitest";
import { gridDensityThresholds, logSpacedLevels } from "./density-levels.ts";

const axis = Array.from({ length: 161 }, (_, i) => -4 + 0.05 * i);

describe("gridDensityThresholds", () => {
  test("of a standard normal are ln(1 − p) below the top", () => {
    // The region of mass p is the disc r² ≤ −2 ln(1 − p), where log f = −r²/2.
    const logDensity = axis.flatMap((y) => axis.map((x) => -0.5 * (x * x + y * y)));
    const masses = [0.99, 0.9, 0.5, 0.1];
    for (const [k, level] of gridDensityThresholds({ x: axis, y: axis, logDensity }, masses).entries()) {
      expect(Math.abs(level - Math.log(1 - (masses[k] as number)))).toBeLessThan(0.02);
    }
  });

  test("hold the stated mass and no cell more, on an uneven grid", () => {
    const x = axis.map((v) => v + 0.02 * Math.sin(3 * v));
    const density = axis.flatMap((b) => x.map((a) => Math.exp(-Math.abs(a) - 0.3 * (b - a) ** 2)));
    const weight = (values: readonly number[], i: number): number =>
      ((values[Math.min(values.length - 1, i + 1)] as number) - (values[Math.max(0, i - 1)] as number)) / 2;
    const masses = density.map((value, k) => value * weight(x, k % x.length) * weight(axis, Math.floor(k / x.length)));
    const total = masses.reduce((a, b) => a + b);
    for (const wanted of [0.1, 0.5, 0.9, 0.99]) {
      const [level] = gridDensityThresholds({ x, y: axis, density }, [wanted]) as [number];
      const held = masses.filter((_, k) => Math.log(density[k] as number) >= level).reduce((a, b) => a + b) / total;
      expect(held).toBeGreaterThanOrEqual(wanted);
      expect(held).toBeLessThan(wanted + 0.002);
    }
  });

  test("of a uniform density on a box take in the whole box", () => {
    const density = axis.flatMap((y) => axis.map((x) => (Math.abs(x) < 1 && Math.abs(y) < 1 ? 3 : 0)));
    for (const level of gridDensityThresholds({ x: axis, y: axis, density }, [0.99, 0.1])) {
      expect(level).toBeLessThan(Math.log(3));
      expect(level).toBeGreaterThan(Math.log(3) - 1.01);
    }
  });

  test("says what is wrong", () => {
    const square = { x: [0, 1], y: [0, 1] };
    expect(() => gridDensityThresholds({ ...square, density: [1, 1, 1, 1] }, [1])).toThrow(
      new RangeError("gridDensityThresholds: expected masses between 0 and 1, got 1."),
    );
    expect(() => gridDensityThresholds({ ...square, density: [1, 1, -1, 1] }, [0.5])).toThrow(
      new RangeError(
        "gridDensityThresholds: expected finite densities of at least 0, got -1 at row 1, column 0 of the grid.",
      ),
    );
    expect(() => gridDensityThresholds({ ...square, logDensity: [1, Number.NaN, 1, 1] }, [0.5])).toThrow(
      new RangeError(
        "gridDensityThresholds: expected log-densities below Infinity, got NaN at row 0, column 1 of the grid.",
      ),
    );
    expect(() => gridDensityThresholds({ ...square, density: [0, 0, 0, 0] }, [0.5])).toThrow(
      new RangeError("gridDensityThresholds: expected a density above 0 somewhere on the grid, got 0 everywhere."),
    );
    expect(() => gridDensityThresholds(square as never, [0.5])).toThrow(
      new TypeError("gridDensityThresholds: expected one of density and logDensity, got neither."),
    );
  });
});

test("logSpacedLevels rise in equal steps and end one step below the top", () => {
  const levels = logSpacedLevels(2, 4, 2);
  expect(levels[0]).toBeCloseTo(2 - 2 * Math.LN10, 12);
  expect(levels[3]).toBeCloseTo(2 - 0.5 * Math.LN10, 12);
});
