import { useBackend } from "@pushforward/backend";
import type { Distribution } from "@pushforward/core";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, test } from "vitest";
import { DiagonalNormal, Mixture, MultivariateNormal, MultivariateStudentT, StandardNormal } from "./index.ts";

/** Points that reach far into the tails: the rows (s sin(1.7 i), s sin(1.7 i + 1), …) as float32. */
function rows(size: number, scale: number): number[][] {
  return Array.from({ length: 200 }, (_, i) =>
    Array.from({ length: size }, (_, k) => Math.fround(scale * Math.sin(1.7 * i + k))),
  );
}

interface Reference {
  readonly make: () => Distribution;
  readonly points: () => number[][];
  /** `logpdf` of every 20th of the 200 points, and the sum over all, by SciPy 1.15.3. */
  readonly values: readonly number[];
  readonly sum: number;
}

const references: Record<string, Reference> = {
  // scipy.stats.norm.logpdf, densities down to 7.6e-30.
  StandardNormal: {
    make: () => new StandardNormal({ features: 1 }),
    points: () => Array.from({ length: 200 }, (_, i) => [Math.fround(-11.5 + (23 * i) / 199)]),
    values: [
      -67.0439385332, -43.1326738423, -24.5647084744, -11.3400424295, -3.45867570761, -0.920608314329, -3.72584023286,
      -11.87437148, -25.3662020502, -44.2013319433,
    ],
    sum: -4636.42591254738,
  },
  DiagonalNormal: {
    make: () => new DiagonalNormal({ mean: [1, -0.5], scale: [0.5, 1.5] }),
    points: () => rows(2, 12),
    values: [
      -28.5080209775, -63.5542614145, -279.028751117, -254.962982389, -247.397803635, -54.697932633, -20.11764929,
      -176.122208701, -231.160797158, -328.206122355,
    ],
    sum: -32675.031306745757,
  },
  // scipy.stats.multivariate_normal.logpdf.
  MultivariateNormal: {
    make: () =>
      new MultivariateNormal({
        mean: [1, 2, 3],
        covariance: [
          [4, 1.2, -0.8],
          [1.2, 1, 0.1],
          [-0.8, 0.1, 0.5],
        ],
      }),
    points: () => rows(3, 8),
    values: [
      -28.3738232987, -184.508896129, -21.0181259292, -77.0412320905, -69.0301776612, -24.6377229507, -182.681790924,
      -26.5674974081, -118.388215553, -37.6761438441,
    ],
    sum: -15525.245732552732,
  },
  // scipy.stats.multivariate_t.logpdf, SciPy 1.17.1.
  MultivariateStudentT: {
    make: () =>
      new MultivariateStudentT({
        degreesOfFreedom: 2.5,
        location: [1, 2, 3],
        scaleMatrix: [
          [4, 1.2, -0.8],
          [1.2, 1, 0.1],
          [-0.8, 0.1, 0.5],
        ],
      }),
    points: () => rows(3, 8),
    values: [
      -10.5516299555, -15.7890013852, -9.6888524538, -13.3650448045, -13.0586532721, -10.1471535977, -15.7614749793,
      -10.3634837727, -14.5598710739, -11.357608272,
    ],
    sum: -2498.5939959566585,
  },
  // scipy.stats.t(df=1, loc=2, scale=0.5).logpdf, SciPy 1.17.1.
  "MultivariateStudentT of one feature, a Cauchy": {
    make: () => new MultivariateStudentT({ degreesOfFreedom: 1, location: [2], scaleMatrix: [[0.25]] }),
    points: () => Array.from({ length: 200 }, (_, i) => [Math.fround(-1e6 * Math.sin(1.7 * i))]),
    values: [
      -3.28479604935, -28.195684642, -29.2535622474, -29.4585289736, -28.9985448314, -27.3500273491, -26.2711341314,
      -28.7258260312, -29.4045932679, -29.374211104,
    ],
    sum: -5598.267849694828,
  },
  // scipy.special.logsumexp of a diagonal and a full normal.
  Mixture: {
    make: () =>
      new Mixture({
        weights: [1, 3],
        components: [
          new DiagonalNormal({ mean: [-2, 0], scale: [0.5, 1] }),
          new MultivariateNormal({
            mean: [1, 1],
            covariance: [
              [1, 0.5],
              [0.5, 1],
            ],
          }),
        ],
      }),
    points: () => rows(2, 9),
    values: [
      -35.8017939502, -39.2928822749, -47.4092479206, -33.8750764372, -54.5247331263, -34.4184324456, -43.3319611527,
      -40.1335586043, -34.5151231203, -54.4055780378,
    ],
    sum: -7975.834207256159,
  },
};

for (const backend of ["cpu", "wasm"] as const) {
  describe(backend, () => {
    beforeAll(() => useBackend(backend));
    for (const [name, { make, points, values, sum }] of Object.entries(references)) {
      test(`${name} agrees with SciPy`, () => {
        const got = Float64Array.from(tf.tidy(() => make().logProb(points()).dataSync()));
        for (const [i, value] of values.entries()) {
          expect(Math.abs((got[20 * i] as number) / value - 1)).toBeLessThan(1e-5);
        }
        expect(got.reduce((a, b) => a + b, 0) / sum - 1).toBeCloseTo(0, 5);
      });
    }
  });
}
