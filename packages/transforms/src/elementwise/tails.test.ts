import { useBackend } from "@pushforward/backend";
import { OptionError } from "@pushforward/core";
import { maxError } from "@pushforward/testing";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, expect, test } from "vitest";
import { Asinh, SignedPower, SinhArcsinh, YeoJohnson } from "./tails.ts";

beforeAll(() => useBackend("cpu"));

test("values far out, both ways", () => {
  using map = new Asinh({ features: 1, scale: 2 });
  const x = [-1e6, -3, 1e-4, 2e5];
  const [y, logDet] = map.forwardAndLogDet(tf.tensor2d(x, [4, 1]));
  expect(
    maxError(
      y,
      x.map((v) => 2 * Math.asinh(v / 2)),
    ),
  ).toBeLessThan(1e-6);
  expect(
    maxError(
      logDet,
      x.map((v) => -0.5 * Math.log1p((v / 2) ** 2)),
    ),
  ).toBeLessThan(1e-6);
  expect(maxError(map.inverse(y), x)).toBeLessThan(1e-5);
});

test("errors", () => {
  expect(() => new Asinh({ features: 1, scale: -1 })).toThrow(
    new OptionError("Asinh: expected a finite scale above 0, got -1."),
  );
});

test("values are those of the formula in float64, in the tails too", () => {
  using transform = new SinhArcsinh({ features: 2 });
  transform.parameters().get("skewness")?.write([0.3, -0.8]);
  transform
    .parameters()
    .get("logTailWeight")
    ?.write([Math.log(1.5), Math.log(0.6)]);
  const x = [0, 0.5, -3, 40, 1e3, -1e3];
  const expected = (v: number, k: number): number => {
    const [skewness, weight] = [[0.3, 1.5] as const, [-0.8, 0.6] as const][k] as readonly [number, number];
    return Math.sinh(weight * (Math.asinh(v) + skewness));
  };
  const y = transform.forward(tf.tensor2d(x.map((v) => [v, v])));
  expect(
    maxError(
      y,
      x.flatMap((v) => [expected(v, 0), expected(v, 1)]),
    ),
  ).toBeLessThan(1e-5);
});

test("values keep their signs; at 0 all is finite", () => {
  using map = new SignedPower({ features: 1 });
  map
    .parameters()
    .get("logExponent")
    ?.write([Math.log(1.5)]);
  const [y, logDet] = map.forwardAndLogDet(tf.tensor2d([-4, 0.25, 0], [3, 1]));
  expect(maxError(y, [-8, 0.125, 0])).toBeLessThan(1e-6);
  expect(maxError(tf.slice(logDet, 0, 2), [Math.log(3), Math.log(0.75)])).toBeLessThan(1e-6);
  expect(maxError(map.inverse(y), [-4, 0.25, 0])).toBeLessThan(1e-6);
  expect(Number.isFinite(logDet.dataSync()[2])).toBe(true);
});

// scipy.stats.yeojohnson 1.15 in float64, and sign(x)·(λ − 1)·log1p|x|.
const x = [-3.2, -0.5, 0, 0.7, 5];
const fromScipy: [lambda: number, y: number[], logDet: number[]][] = [
  [
    -0.7,
    [-17.470224, -0.736463996, 0, 0.443227795, 1.02100718],
    [2.43964369, 0.689290684, 0, -0.902068027, -3.0459911],
  ],
  [0, [-8.32, -0.625, 0, 0.530628251, 1.79175947], [1.43508453, 0.405465108, 0, -0.530628251, -1.79175947]],
  [1e-4, [-8.3191503, -0.624985635, 0, 0.53064233, 1.79192], [1.43494102, 0.405424562, 0, -0.530575188, -1.79158029]],
  [1, x, [0, 0, 0, 0, 0]],
  [
    1.6,
    [-1.93853578, -0.440197556, 0, 0.835825333, 10.3630852],
    [-0.861050715, -0.243279065, 0, 0.318376951, 1.07505568],
  ],
  [2, [-1.43508453, -0.405465108, 0, 0.945, 17.5], [-1.43508453, -0.405465108, 0, 0.530628251, 1.79175947]],
  [2.5, [-1.02409993, -0.367006838, 0, 1.1072396, 34.8726523], [-2.15262679, -0.608197662, 0, 0.795942377, 2.6876392]],
];

test.each(fromScipy)("λ = %d agrees with SciPy, and back", (lambda, y, logDet) => {
  using map = new YeoJohnson({ features: 1 });
  map
    .parameters()
    .get("power")
    ?.write([lambda - 1]);
  const [value, slope] = map.forwardAndLogDet(tf.tensor2d(x, [5, 1]));
  expect(maxError(value, y)).toBeLessThan(1e-6);
  expect(maxError(slope, logDet)).toBeLessThan(1e-6);
  expect(maxError(map.inverse(value), x)).toBeLessThan(1e-5);
});

test("the derivative at 0 is 1, and nothing is beyond the ends of λ < 0 and λ > 2", () => {
  using map = new YeoJohnson({ features: 2 });
  map.parameters().get("power")?.write([-1.5, 2]);
  const slope = tf.grad((v: tf.Tensor) => map.forward(v))(tf.zeros([2]));
  expect(maxError(slope, [1, 1])).toBeLessThan(1e-6);
  const [value, logDet] = map.inverseAndLogDet(tf.tensor2d([1.9, 0, 2.1, 0, 0, -0.9, 0, -1.1], [4, 2]));
  expect([...value.dataSync()].some(Number.isNaN)).toBe(false);
  expect([...logDet.dataSync()].map(Number.isFinite)).toEqual([true, false, true, false]);
});
