import { createKey, DomainError, ndArray, OptionError, ShapeError } from "@pushforward/core";
import { describe, expect, test } from "vitest";
import { logScaledBesselI0 } from "./curves.ts";
import { blobs, correlatedGaussian } from "./mixtures.ts";
import type { ToyDataset } from "./toy-dataset.ts";
import { type ToyDatasetName, toyDataset, toyDatasetNames } from "./toy-datasets.ts";

const key = createKey(20261124);

const sets: ToyDataset[] = [
  ...toyDatasetNames.map(toyDataset),
  blobs(),
  correlatedGaussian({
    mean: [2, 9],
    covariance: [
      [0.5, 0.3],
      [0.3, 0.3],
    ],
  }),
];

/** Means of x, y, x², y², xy, |xy|, sin(3x + y) over 2,000,000 points of the original formulas in NumPy 2. */
const moments: Record<ToyDatasetName, readonly number[]> = {
  swissroll: [0.4, 0.0426, 1.9543, 1.9754, 0.1883, 1.2504, 0.109],
  circles: [0.0011, 0.0005, 2.8705, 2.8686, -0.0026, 1.8268, -0.0005],
  rings: [0.0011, 0.0003, 2.1173, 2.1154, -0.0013, 1.3468, -0.0001],
  moons: [-0.0032, 0.3018, 3.0379, 1.1089, -0.7748, 1.1246, -0.0502],
  "8gaussians": [-0.0004, 0.0036, 4.1284, 4.125, -0.0016, 2.4022, 0.0008],
  pinwheel: [-0.0019, -0.0004, 2.1977, 2.203, 0.0007, 1.4006, 0.094],
  "2spirals": [-0.0027, -0.0013, 2.5948, 2.5122, 0.5896, 1.635, 0],
  checkerboard: [0.0002, -0.0009, 5.3361, 5.3319, 0.997, 3.9992, -0.0001],
  line: [-0.0001, -0.0001, 2.0863, 2.0863, 2.0863, 2.0863, 0.0004],
  cos: [-0.0001, 0.0001, 2.0863, 3.7269, 2.6041, 2.6041, -0.0001],
};

function statistics(x: number, y: number): number[] {
  return [x, y, x * x, y * y, x * y, Math.abs(x * y), Math.sin(3 * x + y)];
}

const FINE: Readonly<Record<string, number>> = { swissroll: 4, "2spirals": 5, circles: 4, moons: 4, checkerboard: 10 };

/** Cells of a grid over the bounds of a set, widened; the log-density is taken at `fine` × `fine` points of each. */
function grid(set: ToyDataset, cells: number, fine: number) {
  const margin = set.name === "checkerboard" ? 0.5 : 1.5;
  const [x0, y0] = [set.bounds.x[0] - margin, set.bounds.y[0] - margin];
  const dx = (set.bounds.x[1] + margin - x0) / cells;
  const dy = (set.bounds.y[1] + margin - y0) / cells;
  const side = cells * fine;
  const points = new Float64Array(2 * side * side);
  for (let i = 0; i < side; i++) {
    for (let j = 0; j < side; j++) {
      points[2 * (i * side + j)] = x0 + ((i + 0.5) * dx) / fine;
      points[2 * (i * side + j) + 1] = y0 + ((j + 0.5) * dy) / fine;
    }
  }
  const logProb = set.logProb?.(ndArray([side * side, 2], points)) as Float64Array;
  const area = (dx * dy) / fine ** 2;
  const cellOf = (x: number, y: number): number => {
    const [i, j] = [Math.floor((x - x0) / dx), Math.floor((y - y0) / dy)];
    return i >= 0 && i < cells && j >= 0 && j < cells ? i * cells + j : cells * cells;
  };
  const probabilities = new Float64Array(cells * cells + 1);
  let entropy = 0;
  for (const [k, value] of logProb.entries()) {
    const mass = Math.exp(value) * area;
    const cell = cellOf(points[2 * k] as number, points[2 * k + 1] as number);
    probabilities[cell] = (probabilities[cell] as number) + mass;
    if (mass > 0) entropy -= value * mass;
  }
  return { probabilities, entropy, cellOf };
}

for (const set of sets.filter(({ logProb }) => logProb !== undefined)) {
  describe(set.name, () => {
    // Points are as close as the noise is wide, where the midpoint rule is exact to 1e-8; the smallest noise is 0.08.
    const { probabilities, entropy, cellOf } = grid(set, 20, FINE[set.name] ?? 7);

    test("the density integrates to 1", () => {
      expect(Math.abs(probabilities.reduce((a, b) => a + b, 0) - 1)).toBeLessThan(1e-5);
    });

    test("the entropy is the mean of −log p", () => {
      expect(Math.abs((set.entropy as number) - entropy)).toBeLessThan(2e-5);
      const logProb = set.logProb?.(set.sample(key.fold("entropy"), 4000)) as Float64Array;
      const mean = -logProb.reduce((a, b) => a + b, 0) / 4000;
      expect(Math.abs(mean - (set.entropy as number))).toBeLessThan(0.08);
    });

    test("points follow the density", () => {
      const count = 40_000;
      const { data } = set.sample(key, count);
      const counts = new Float64Array(probabilities.length);
      for (let i = 0; i < count; i++) {
        const cell = cellOf(data[2 * i] as number, data[2 * i + 1] as number);
        counts[cell] = (counts[cell] as number) + 1;
      }
      let statistic = 0;
      let degrees = -1;
      let rest = 0;
      let expectedRest = 0;
      for (const [cell, probability] of probabilities.entries()) {
        const expected = probability * count;
        if (expected < 8) {
          rest += counts[cell] as number;
          expectedRest += expected;
        } else {
          statistic += ((counts[cell] as number) - expected) ** 2 / expected;
          degrees++;
        }
      }
      if (expectedRest > 5) {
        statistic += (rest - expectedRest) ** 2 / expectedRest;
        degrees++;
      } else {
        expect(rest).toBeLessThan(20);
      }
      // 3.3 standard deviations of a χ² with that many degrees of freedom: p of about 5e-4.
      expect((statistic - degrees) / Math.sqrt(2 * degrees)).toBeLessThan(3.3);
    });

    test("NaN gives NaN, and far away there is no NaN", () => {
      const points = ndArray(
        [4, 2],
        Float64Array.of(Number.NaN, 0, 0, Number.NaN, 1e3, -1e3, Number.POSITIVE_INFINITY, 0),
      );
      const [a, b, far, infinite] = set.logProb?.(points) ?? [];
      expect([a, b, infinite]).toEqual([Number.NaN, Number.NaN, Number.NEGATIVE_INFINITY]);
      expect(far).toBeLessThan(-1000);
    });
  });
}

test.each(toyDatasetNames)("%s has the moments of the original formulas", (name) => {
  const count = 40_000;
  const { data, shape } = toyDataset(name).sample(key, count);
  expect(shape).toEqual([count, 2]);
  const sums = new Float64Array(7);
  const squares = new Float64Array(7);
  for (let i = 0; i < count; i++) {
    for (const [k, value] of statistics(data[2 * i] as number, data[2 * i + 1] as number).entries()) {
      sums[k] = (sums[k] as number) + value;
      squares[k] = (squares[k] as number) + value * value;
    }
  }
  for (const [k, reference] of moments[name].entries()) {
    const mean = (sums[k] as number) / count;
    const error = Math.sqrt((squares[k] as number) / count - mean * mean) / Math.sqrt(count);
    expect(Math.abs(mean - reference), `moment ${k}`).toBeLessThan(4.5 * error + 0.003);
  }
});

test("the same key gives the same points, another key others", () => {
  for (const set of sets) {
    expect(set.sample(key, 50).data).toEqual(set.sample(key, 50).data);
    expect(set.sample(key, 50).data).not.toEqual(set.sample(key.fold(1), 50).data);
  }
});

test("a set that is a line in the plane has no density", () => {
  expect(toyDatasetNames.filter((name) => toyDataset(name).logProb === undefined)).toEqual(["line", "cos"]);
});

test("special functions agree with SciPy", () => {
  // scipy.special.i0e
  expect(Math.exp(logScaledBesselI0(0.5))).toBeCloseTo(0.645035270449149, 14);
  expect(Math.exp(logScaledBesselI0(24.9))).toBeCloseTo(0.0803593326115, 12);
  expect(Math.exp(logScaledBesselI0(25.1))).toBeCloseTo(0.0800351972543, 12);
  expect(logScaledBesselI0(1e4)).toBeCloseTo(-5.524096218568, 12);
});

test("errors", () => {
  expect(() => toyDataset("moon" as never)).toThrow(OptionError);
  expect(() => toyDataset("moon" as never)).toThrow("toyDataset: expected one of swissroll, circles");
  expect(() => blobs({ scale: 0 })).toThrow("blobs: expected a positive scale, got 0.");
  expect(() => blobs({ centers: [] })).toThrow(OptionError);
  expect(() =>
    correlatedGaussian({
      covariance: [
        [0.5, 0.5],
        [0.3, 0.3],
      ],
    }),
  ).toThrow(DomainError);
  expect(() => toyDataset("moons").logProb?.(ndArray([3], new Float64Array(3)))).toThrow(ShapeError);
});
