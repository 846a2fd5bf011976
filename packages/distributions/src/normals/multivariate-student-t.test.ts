import { useBackend } from "@pushforward/backend";
import { createKey } from "@pushforward/core";
import { currentExecutor, setExecutor } from "@pushforward/core/extend";
import { chiSquaredDraws } from "@pushforward/core/plain";
import { planLogProb } from "@pushforward/ops";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, test } from "vitest";
import { Mixture, MultivariateNormal, MultivariateStudentT } from "../index.ts";

const scaleMatrix = [
  [4, 1.2, -0.8],
  [1.2, 1, 0.1],
  [-0.8, 0.1, 0.5],
];
const cauchy = new MultivariateStudentT({ degreesOfFreedom: 1, location: [1, 2, 3], scaleMatrix });

function withTensors<T>(compute: () => T): T {
  const executor = currentExecutor();
  setExecutor(tf.backend(), undefined);
  try {
    return compute();
  } finally {
    setExecutor(tf.backend(), executor);
  }
}

describe.each(["cpu", "wasm"] as const)("%s", (backend) => {
  beforeAll(() => useBackend(backend));

  for (const [way, run] of [
    ["a plan", <T>(compute: () => T) => compute()],
    ["tensors", withTensors],
  ] as const) {
    const logProb = (rows: number[][]): number[] => run(() => [...tf.tidy(() => cauchy.logProb(rows).dataSync())]);

    test(`${way}: rows far out have the density of SciPy, up to the end of float32`, () => {
      // scipy.stats.multivariate_t(loc, shape, df=1).logpdf, SciPy 1.17.1.
      const expected = { 1e10: -96.1188363688639, 1e20: -188.2222401674702, 1e30: -280.3256438672584 };
      for (const [far, value] of Object.entries(expected)) {
        expect(logProb([[Number(far), 0, -Number(far)]])[0]).toBeCloseTo(value, 3);
      }
    });

    test(`${way}: infinite numbers have no density, NaN stays NaN`, () => {
      const [inf, nan] = [Number.POSITIVE_INFINITY, Number.NaN];
      const rows = [
        [1e300, 0, 0],
        [0, 0, -inf],
        [inf, -inf, inf],
        [0, nan, 0],
        [inf, nan, 0],
      ];
      expect(logProb(rows)).toEqual([-inf, -inf, -inf, nan, nan]);
      expect(logProb([[3.4e38, -3.4e38, 3.4e38]])[0]).toBeGreaterThan(-500);
    });
  }

  test("a plan and tensors have the same gradient, which vanishes far out", () => {
    expect(planLogProb(cauchy).reason).toBeUndefined();
    const x = tf.tensor2d([
      [0.5, 1, -2],
      [1, 2, 3],
      [40, -7, 900],
      [1e25, 1, 1],
    ]);
    const gradient = (): number[] => [
      ...tf
        .grad((v) => tf.sum(cauchy.logProb(v)))(x)
        .dataSync(),
    ];
    const planned = tf.tidy(gradient);
    const byTensors = withTensors(() => tf.tidy(gradient));
    for (const [i, value] of planned.entries()) expect(value).toBeCloseTo(byTensors[i] as number, 5);
    expect(planned.slice(3, 6).map(Math.abs)).toEqual([0, 0, 0]);
    expect(Math.max(...planned.slice(9).map(Math.abs))).toBeLessThan(1e-20);
    x.dispose();
  });

  test("as a component of small weight it bounds what a far row costs", () => {
    const normal = new MultivariateNormal({ mean: [1, 2, 3], covariance: scaleMatrix });
    const guarded = new Mixture({ weights: [0.999, 0.001], components: [normal, cauchy] });
    const [near, far] = tf.tidy(() => [
      [...guarded.logProb([[1, 2, 3]]).dataSync()],
      [...guarded.logProb([[1001, 1002, 1003]]).dataSync()],
    ]);
    expect(far?.[0]).toBeGreaterThan(-45);
    const alone = tf.tidy(() => [...normal.logProb([[1, 2, 3]]).dataSync()]);
    expect((alone[0] as number) - (near?.[0] as number)).toBeLessThan(0.001);
    expect(tf.tidy(() => normal.logProb([[1001, 1002, 1003]]).dataSync())[0]).toBeLessThan(-1e5);
  });
});

test.each([0.5, 1, 2, 7.5])("χ² numbers with %d degrees of freedom have its mean and variance", (degrees) => {
  const count = 40_000;
  const draws = chiSquaredDraws(createKey(3), degrees, count);
  const mean = draws.reduce((a, b) => a + b, 0) / count;
  const variance = draws.reduce((a, b) => a + (b - mean) ** 2, 0) / count;
  expect(Math.abs(mean - degrees)).toBeLessThan(4 * Math.sqrt((2 * degrees) / count));
  expect(Math.abs(variance / (2 * degrees) - 1)).toBeLessThan(4 * Math.sqrt((12 / degrees + 2) / count));
});

test("errors name the option", () => {
  for (const degreesOfFreedom of [0, -1, Number.NaN, Number.POSITIVE_INFINITY]) {
    expect(() => new MultivariateStudentT({ degreesOfFreedom, features: 2 })).toThrow(
      `MultivariateStudentT: expected degreesOfFreedom to be a finite number above 0, got ${degreesOfFreedom}.`,
    );
  }
  const both = { scaleMatrix: [[1]], scaleTril: [[1]] };
  expect(() => new MultivariateStudentT({ degreesOfFreedom: 1, ...both })).toThrow(
    "MultivariateStudentT: expected scaleMatrix or scaleTril, got both.",
  );
  expect(() => new MultivariateStudentT({ degreesOfFreedom: 1, location: [1, 2], scaleMatrix: [[1]] })).toThrow(
    "MultivariateStudentT: expected a location that fits [1], got [2].",
  );
  expect(() => new MultivariateStudentT({ degreesOfFreedom: 1, location: [[1], [2]] })).toThrow(
    "MultivariateStudentT: expected no batch axes, got [2].",
  );
});
