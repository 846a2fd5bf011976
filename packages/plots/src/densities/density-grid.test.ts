import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { contourRings, gridDensityThresholds, logSpacedLevels, type Ring } from "./density-grid.ts";

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

function contourRingsAxis(low: number, high: number, count: number): Float64Array {
  return new Float64Array(count).map((_, i) => low + ((high - low) * i) / (count - 1));
}

function grid(x: Float64Array, y: Float64Array, f: (x: number, y: number) => number): Float64Array {
  return Float64Array.from([...y].flatMap((b) => [...x].map((a) => f(a, b))));
}

/** Signed area by the shoelace formula: positive counter-clockwise. */
function area(ring: Ring): number {
  let sum = 0;
  for (let i = 0; i < ring.length; i += 2) {
    const j = (i + 2) % ring.length;
    sum += ((ring[i] as number) * (ring[j + 1] as number) - (ring[j] as number) * (ring[i + 1] as number)) / 2;
  }
  return sum;
}

/** Even-odd rule, as the pictures are filled. */
function covers(rings: readonly Ring[], px: number, py: number): boolean {
  let inside = false;
  for (const ring of rings) {
    for (let i = 0; i < ring.length; i += 2) {
      const j = (i + 2) % ring.length;
      const [ax, ay, bx, by] = [ring[i], ring[i + 1], ring[j], ring[j + 1]] as [number, number, number, number];
      if (ay > py !== by > py && px < ax + ((py - ay) / (by - ay)) * (bx - ax)) inside = !inside;
    }
  }
  return inside;
}

describe("contourRings", () => {
  test("a disc has the area of a disc", () => {
    const [x, y] = [contourRingsAxis(-2, 2, 41), contourRingsAxis(-1.5, 2.5, 61)];
    const rings = contourRings(
      x,
      y,
      grid(x, y, (a, b) => -(a * a) - b * b),
      -1,
    );
    expect(rings).toHaveLength(1);
    expect(Math.abs(area(rings[0] as Ring) / Math.PI - 1)).toBeLessThan(0.01);
    for (let i = 0; i < (rings[0] as Ring).length; i += 2) {
      expect(Math.hypot(rings[0]?.[i] as number, rings[0]?.[i + 1] as number)).toBeCloseTo(1, 2);
    }
  });

  test("an annulus is an outer ring and a hole of the other direction", () => {
    const [x, y] = [contourRingsAxis(-3, 3, 121), contourRingsAxis(-3, 3, 121)];
    const rings = contourRings(
      x,
      y,
      grid(x, y, (a, b) => -((Math.hypot(a, b) - 1.5) ** 2)),
      -0.25,
    );
    const areas = rings.map(area).sort((a, b) => a - b);
    expect(areas).toHaveLength(2);
    expect(Math.abs((areas[0] as number) / -Math.PI - 1)).toBeLessThan(0.01);
    expect(Math.abs((areas[1] as number) / (4 * Math.PI) - 1)).toBeLessThan(0.01);
  });

  test("a region that reaches the border is closed along it", () => {
    const rings = contourRings([0, 1, 3], [0, 2], [1, 1, 1, 1, 1, 1], 0.5);
    expect(rings.map(area)).toEqual([6]);
    const half = contourRings([0, 1, 2], [0, 1], [1, 1, 0, 1, 1, 0], 0.5);
    expect(half.map(area)).toEqual([1.5]);
  });

  test("nothing above the threshold gives no ring; minus infinity is no density", () => {
    expect(contourRings([0, 1], [0, 1], [0, 0, 0, 0], 0.5)).toEqual([]);
    expect(contourRings([0, 1], [0, 1], new Array(4).fill(-Infinity), -1e9)).toEqual([]);
    const spike = [...(contourRings([0, 1, 2], [0, 1], [0, -Infinity, 0, 0, 0, 0], -1)[0] as Ring)];
    expect(spike.every(Number.isFinite)).toBe(true);
  });

  test("in a saddle the mean of the corners decides", () => {
    // Corners a and c above 0.5. Mean 0.55: one hexagon; mean 0.45: two triangles at the corners.
    const joined = contourRings([0, 1], [0, 1], [1, 0.1, 0.1, 1], 0.5);
    const apart = contourRings([0, 1], [0, 1], [0.9, 0, 0, 0.9], 0.5);
    expect(joined).toHaveLength(1);
    expect(apart).toHaveLength(2);
    expect(covers(joined, 0.5, 0.5)).toBe(true);
    expect(covers(apart, 0.5, 0.5)).toBe(false);
    // The other diagonal.
    expect(contourRings([0, 1], [0, 1], [0.1, 1, 1, 0.1], 0.5)).toHaveLength(1);
    expect(contourRings([0, 1], [0, 1], [0, 0.9, 0.9, 0], 0.5)).toHaveLength(2);
  });

  test("covers exactly the nodes above the threshold, on any grid", () => {
    const size = 6;
    const numbers = fc.array(fc.integer({ min: -9, max: 9 }), { minLength: size * size, maxLength: size * size });
    fc.assert(
      fc.property(numbers, (values) => {
        const nodes = contourRingsAxis(0, size - 1, size);
        const rings = contourRings(nodes, nodes, values, 0.5);
        // Inner nodes only: those at the border lie on the ring.
        for (let j = 1; j < size - 1; j++) {
          for (let i = 1; i < size - 1; i++) {
            expect(covers(rings, i + 1e-6, j + 1e-6)).toBe((values[j * size + i] as number) > 0.5);
          }
        }
        for (const ring of rings) expect(area(ring)).not.toBe(0);
      }),
      { numRuns: 200, seed: 7 },
    );
  });

  test("says what is wrong with a grid", () => {
    expect(() => contourRings([0, 0], [0, 1], [1, 2, 3, 4], 1)).toThrow(
      new RangeError("contourRings: expected x finite and increasing, got 0 at x[1]."),
    );
    expect(() => contourRings([0, 1], [0], [1, 2], 1)).toThrow(
      new RangeError("contourRings: expected at least 2 values in y, got 1."),
    );
    expect(() => contourRings([0, 1], [0, 1], [1, 2, 3], 1)).toThrow(
      new RangeError("contourRings: expected values with 4 values, got 3."),
    );
    expect(() => contourRings([0, 1], [0, 1], [1, 2, Number.NaN, 3], 1)).toThrow(
      new RangeError("contourRings: expected numbers in values, got NaN at values[2]."),
    );
    expect(() => contourRings([0, 1], [0, 1], [1, 2, 3, 4], Number.NaN)).toThrow(
      new RangeError("contourRings: expected a finite threshold, got NaN."),
    );
    expect(() => contourRings("no" as never, [0, 1], [1, 2, 3, 4], 1)).toThrow(
      new TypeError('contourRings: expected x as an array of numbers, got "no".'),
    );
    expect(() => contourRings([-1e308, 1e308], [0, 1], [1, 2, 3, 4], 1)).toThrow(
      new RangeError("contourRings: expected x over a finite span, got Infinity."),
    );
  });
});
