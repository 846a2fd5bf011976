import { type Key, ndArray } from "@pushforward/core";
import { normalQuantile } from "@pushforward/core/plain";
import type { BijectionCase } from "@pushforward/testing";
import { QuantileSpline, quantileSpline } from "../src/quantiles/quantile-spline.ts";

/** Skewed columns, `e^normal − 1`, of a standard deviation of about 2. */
function skewed(key: Key, rows: number, features: number): ReturnType<typeof ndArray> {
  return ndArray(
    [rows, features],
    key.normal(rows * features).map((v) => Math.exp(v) - 1),
  );
}

const outerKnots = [0.01, 0.99].map((p) => normalQuantile(p));

export const quantileSplineCases: Readonly<Record<string, BijectionCase>> = {
  "QuantileSpline at the identity": {
    make: () => new QuantileSpline({ features: 3 }),
    eventShape: [3],
    edges: outerKnots,
    elementwise: true,
  },
  "QuantileSpline of 1 feature and 5 knots": {
    make: (key) => quantileSpline(skewed(key, 200, 1), { knots: 5 }),
    eventShape: [1],
    edges: outerKnots,
    elementwise: true,
  },
  "QuantileSpline of 2 knots": {
    make: () => new QuantileSpline({ features: 2, knots: 2, x: [-1, 2, 0, 1], y: [0, 1, -2, 5], slopes: [1, 2, 3, 4] }),
    eventShape: [2],
    edges: [-2, 0, 1, 5],
    elementwise: true,
  },
  "quantileSpline of 5 skewed columns": {
    make: (key) => quantileSpline(skewed(key, 500, 5)),
    eventShape: [5],
    edges: outerKnots,
    elementwise: true,
  },
  "quantileSpline of integers": {
    make: (key) => {
      const integers = key.uniform(400).map((u, i) => Math.floor(u * (i % 2 === 0 ? 4 : 9)));
      return quantileSpline(ndArray([200, 2], integers));
    },
    eventShape: [2],
    edges: outerKnots,
    elementwise: true,
  },
};
