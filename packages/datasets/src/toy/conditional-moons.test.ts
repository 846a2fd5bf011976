import { createKey, ndArray, OptionError, ShapeError } from "@pushforward/core";
import { describe, expect, test } from "vitest";
import { conditionalMoons } from "./conditional-moons.ts";
import { toyDataset } from "./toy-datasets.ts";

describe("conditionalMoons", () => {
  const moons = conditionalMoons();

  test("each density integrates to 1, and the entropy is the mean of −log p", () => {
    const side = 130;
    const step = 4.4 / side;
    const points = Float64Array.from({ length: 2 * side * side }, (_, i) =>
      i % 2 === 0 ? -1.7 + step * (Math.floor(i / 2 / side) + 0.5) : -1.9 + step * ((Math.floor(i / 2) % side) + 0.5),
    );
    let entropy = 0;
    for (const label of [0, 1]) {
      const context = ndArray([side * side, 1], new Float64Array(side * side).fill(label));
      const logProb = moons.logProb(ndArray([side * side, 2], points), context);
      let mass = 0;
      for (const value of logProb) {
        mass += Math.exp(value) * step * step;
        entropy -= 0.5 * value * Math.exp(value) * step * step;
      }
      expect(Math.abs(mass - 1)).toBeLessThan(1e-6);
    }
    expect(moons.entropy).toBeCloseTo(entropy, 6);
    const { x, context } = moons.sample(createKey(3), 20_000);
    const mean = -moons.logProb(x, context).reduce((a, b) => a + b, 0) / 20_000;
    expect(Math.abs(mean - entropy)).toBeLessThan(0.03);
  });

  test("both together, twice as large, are the moons", () => {
    const x = toyDataset("moons").sample(createKey(1), 50);
    const small = ndArray(
      x.shape,
      x.data.map((value, i) => (value + (i % 2 === 0 ? 1 : 0.2)) / 2),
    );
    const given = [0, 1].map((label) => moons.logProb(small, ndArray([50, 1], new Float64Array(50).fill(label))));
    const whole = toyDataset("moons").logProb?.(x) as Float64Array;
    for (const [i, value] of whole.entries()) {
      const [a, b] = given.map((logProb) => Math.exp(logProb[i] as number)) as [number, number];
      expect(Math.log((a + b) / 2) - Math.log(4)).toBeCloseTo(value, 6);
    }
  });

  test("half of the rows are of each class, and the same key gives the same rows", () => {
    const { x, context } = moons.sample(createKey(2), 2000);
    expect(Math.abs(Float64Array.from(context.data).reduce((a, b) => a + b, 0) - 1000)).toBeLessThan(90);
    const again = moons.sample(createKey(2), 2000);
    expect(again.x.data).toEqual(x.data);
    expect(again.context.data).toEqual(context.data);
  });

  test("what has no density", () => {
    const logProb = moons.logProb(
      ndArray([3, 2], new Float64Array([0, 0, Number.NaN, 0, Number.POSITIVE_INFINITY, 0])),
      ndArray([3, 1], new Float64Array([0.5, 0, 0])),
    );
    expect([...logProb]).toEqual([Number.NEGATIVE_INFINITY, Number.NaN, Number.NEGATIVE_INFINITY]);
    const bad = (): unknown =>
      moons.logProb(ndArray([1, 2], new Float64Array(2)), ndArray([2, 1], new Float64Array(2)));
    expect(bad).toThrow(ShapeError);
    expect(bad).toThrow(
      "conditionalMoons.logProb: expected points of shape [n, 2] and contexts of shape [n, 1], got [1, 2] and [2, 1].",
    );
    expect(() => conditionalMoons({ noise: 0 })).toThrow(OptionError);
    expect(() => conditionalMoons({ noise: 0 })).toThrow(
      "conditionalMoons: expected a finite noise of at least 0.02, got 0.",
    );
  });
});
