import { useBackend } from "@pushforward/backend";
import { createKey, DataError, DisposedError, type NdArray, ndArray, OptionError, ShapeError } from "@pushforward/core";
import { currentExecutor, type Executor, lowerBijection, makePlan, type PlanMatrix } from "@pushforward/core/extend";
import { normalQuantile } from "@pushforward/core/plain";
import { maxError } from "@pushforward/testing";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, test } from "vitest";
import { BACKENDS } from "../../../testing/test/deep.ts";
import { QuantileSpline, quantileKnots, quantileSpline } from "./quantile-spline.ts";

const key = createKey(20);
const NORMAL_PEAK = 1 / Math.sqrt(2 * Math.PI);

function columns(rows: number, ...makers: readonly ((r: number) => number)[]): NdArray {
  const data = new Float64Array(rows * makers.length);
  for (const [j, make] of makers.entries()) for (let r = 0; r < rows; r++) data[r * makers.length + j] = make(r);
  return ndArray([rows, makers.length], data);
}

function noPlan(): never {
  throw new Error("expected a plan, got none");
}

/** The z of some numbers of a table with one column, and log dz/dx. */
function mapped(spline: QuantileSpline, x: readonly number[]): { z: number[]; log: number[] } {
  return tf.tidy(() => {
    const [z, log] = spline.inverseAndLogDet(tf.tensor2d([...x], [x.length, 1]));
    return { z: [...z.dataSync()], log: [...log.dataSync()] };
  });
}

test("knots are the quantiles of NumPy, paired with those of the normal", () => {
  // numpy.quantile([0.3, -1.2, 4, 2.5, 0.9, 7.1, -0.4], [0.01, 0.25, 0.5, 0.75, 0.99]), NumPy 1.24.
  const rows = ndArray([7, 1], Float64Array.of(0.3, -1.2, 4, 2.5, 0.9, 7.1, -0.4));
  const { x, y } = quantileKnots("test", rows, 5);
  const expected = [-1.152, -0.05, 0.9, 3.25, 6.914];
  for (const [k, value] of expected.entries()) expect(x[k]).toBeCloseTo(value, 12);
  expect([...y]).toEqual([0.01, 0.25, 0.5, 0.75, 0.99].map((p) => normalQuantile(p)));
});

test("with many rows the outer knots leave two and a half of them beyond", () => {
  const { y } = quantileKnots(
    "test",
    columns(1000, (r) => r),
    17,
  );
  expect(y[0]).toBe(normalQuantile(0.0025));
  expect(y[1]).toBe(normalQuantile(1 / 16));
  expect(y[16]).toBe(normalQuantile(0.9975));
});

test("an inner slope is the geometric mean of the bins beside it, an outer one that of its bin", () => {
  const { x, y, slopes } = quantileKnots(
    "test",
    columns(200, (r) => (r / 100) ** 3 + r / 100),
    5,
  );
  const bins = [0, 1, 2, 3].map(
    (k) => ((y[k + 1] as number) - (y[k] as number)) / ((x[k + 1] as number) - (x[k] as number)),
  ) as [number, number, number, number];
  const expected = [
    bins[0],
    Math.sqrt(bins[0] * bins[1]),
    Math.sqrt(bins[1] * bins[2]),
    Math.sqrt(bins[2] * bins[3]),
    bins[3],
  ];
  for (const [k, slope] of expected.entries()) expect((slopes[k] as number) / slope).toBeCloseTo(1, 12);
});

test("knots of repeated values keep a thousandth of a standard deviation, around the value", () => {
  for (const make of [(r: number) => r % 2, (r: number) => r % 5, (r: number) => (r % 50 === 0 ? 1 : 0)]) {
    const table = columns(500, make);
    const values = Array.from(table.data);
    const mean = values.reduce((a, b) => a + b, 0) / 500;
    const sd = Math.sqrt(values.reduce((sum, v) => sum + (v - mean) ** 2, 0) / 500);
    const { x } = quantileKnots("test", table, 17);
    for (let k = 1; k < 17; k++) {
      expect((x[k] as number) - (x[k - 1] as number)).toBeGreaterThan(0.999e-3 * sd);
    }
    for (const value of new Set(values)) {
      const own = [...x].filter((knot) => Math.abs(knot - value) < 0.02 * sd);
      if (own.length > 1) expect(own.reduce((a, b) => a + b, 0) / own.length).toBeCloseTo(value, 9);
    }
  }
});

for (const backend of BACKENDS) {
  describe(backend, () => {
    beforeAll(() => useBackend(backend));

    test("makes the columns of a table normal", () => {
      const normal = key.normal(2000);
      const table = columns(
        2000,
        (r) => Math.exp(normal[r] as number),
        (r) => 100 + 20 * (normal[r] as number) ** 3,
      );
      using spline = quantileSpline(table);
      const z = tf.tidy(() => spline.inverse(tf.tensor2d(Float32Array.from(table.data), [2000, 2])).dataSync());
      for (const j of [0, 1]) {
        const own = z.filter((_, i) => i % 2 === j);
        // About the largest distance of the distribution functions; of x³ one bin holds half of all values.
        const sorted = own.sort();
        const distance = Math.max(
          ...Array.from(
            sorted,
            (v, r) => Math.abs(v - normalQuantile((r + 0.5) / 2000)) * NORMAL_PEAK * Math.exp(-v * v * 0.5),
          ),
        );
        expect(distance).toBeLessThan(0.035);
      }
    });

    test("without data it is the identity, in plans too", () => {
      using spline = new QuantileSpline({ features: 2 });
      const x = tf.tensor2d([-1e4, -3, -2.4, -0.3, 0, 0.7, 2.5, 1e5], [4, 2]);
      for (const [y, logDet] of [spline.forwardAndLogDet(x), spline.inverseAndLogDet(x)]) {
        expect(maxError(y, x)).toBeLessThan(1e-6);
        expect(maxError(logDet, [0, 0, 0, 0])).toBeLessThan(1e-6);
      }
    });

    test("two values, and a rare one beyond many equal ones, get moderate numbers", () => {
      using pair = quantileSpline(columns(1000, (r) => r % 2));
      const both = mapped(pair, [0, 1, 0.5, -1, 2]);
      expect(both.z[0]).toBeLessThan(-0.4);
      expect(both.z[1]).toBeGreaterThan(0.4);
      expect(Math.abs(both.z[2] as number)).toBeLessThan(0.5);
      expect(Math.max(...both.z.map(Math.abs))).toBeLessThan(30);
      expect(both.z.every(Number.isFinite) && both.log.every(Number.isFinite)).toBe(true);
      // Less than one row in 2.5 lies beyond the outer knot.
      using rare = quantileSpline(columns(1000, (r) => (r === 7 ? 1 : 0)));
      const { z, log } = mapped(rare, [0, 1]);
      expect(Math.abs(z[0] as number)).toBeLessThan(0.5);
      expect(z[1]).toBeGreaterThan(2);
      expect(z[1]).toBeLessThan(35);
      expect(log.every(Number.isFinite)).toBe(true);
    });

    test("a column of one value is shifted only", () => {
      using spline = quantileSpline(columns(50, () => 7.25));
      const { z, log } = mapped(spline, [7.25, 8.25, -10]);
      expect(maxError(tf.tensor1d(z), [0, 1, -17.25])).toBeLessThan(1e-5);
      expect(maxError(tf.tensor1d(log), [0, 0, 0])).toBeLessThan(1e-5);
      using one = quantileSpline(columns(1, () => 3));
      expect(mapped(one, [3]).z[0]).toBeCloseTo(0, 5);
    });

    test("integers far apart and close columns come back", () => {
      const uniform = key.uniform(600);
      const table = columns(
        300,
        (r) => Math.floor(12 * (uniform[r] as number)) * 1000,
        (r) => 1e-5 * Math.floor(3 * (uniform[300 + r] as number)),
      );
      using spline = quantileSpline(table);
      const x = tf.tensor2d(Float32Array.from(table.data), [300, 2]);
      const back = spline.forward(spline.inverse(x)).dataSync();
      for (const [i, value] of Float32Array.from(table.data).entries()) {
        expect(Math.abs((back[i] as number) - value)).toBeLessThan(i % 2 === 0 ? 2e-2 : 1e-9);
      }
    });

    test("a plan computes what tensors do, both ways", () => {
      const skewed = columns(
        300,
        (r) => Math.exp(key.fold(r).normal(1)[0] as number),
        (r) => r % 4,
        (r) => r,
      );
      using spline = quantileSpline(skewed);
      const executor = currentExecutor();
      for (const direction of ["forward", "inverse"] as const) {
        const { plan = noPlan() } = makePlan([3], (builder, [value]) => {
          const lowered = lowerBijection(spline, builder, direction, value as PlanMatrix);
          return [lowered.value, ...lowered.logDets];
        });
        expect(executor?.refusal(plan, "train")).toBeUndefined();
        tf.tidy(() => {
          const x = tf.tensor2d(
            key.normal(60).map((v, i) => (i % 3 === 2 ? 100 * v : v)),
            [20, 3],
          );
          const [value, logDet] = (executor as Executor).run(plan, [x]) as [tf.Tensor, tf.Tensor];
          const [expected, log] = spline[`${direction}AndLogDet`](x);
          expect(maxError(value, expected)).toBe(0);
          expect(maxError(tf.reshape(logDet, [20]), log)).toBe(0);
        });
      }
    });

    test("weights that are written count, and the model is not usable after dispose", () => {
      const spline = new QuantileSpline({ features: 1, knots: 3 });
      spline.parameters().get("corners")?.write([-1, 4]);
      for (const name of ["logWidths", "logHeights"]) spline.parameters().get(name)?.write([0, 0]);
      expect(mapped(spline, [-1, 0, 0.5, 6]).z).toEqual([4, 5, 5.5, 11]);
      spline.dispose();
      spline.dispose();
      expect(() => spline.forward(tf.ones([1]))).toThrow(DisposedError);
    });
  });
}

const nan = ndArray([2, 2], Float64Array.of(1, 2, 3, Number.NaN));

test.each([
  [() => quantileSpline(nan), DataError, "quantileSpline: expected finite numbers, got NaN in row 2, column 2."],
  [
    () => quantileSpline(ndArray([3], Float64Array.of(1, 2, 3))),
    ShapeError,
    "quantileSpline: expected a table of shape [rows, features], got shape [3].",
  ],
  [
    () => quantileSpline(ndArray([0, 2], new Float64Array(0))),
    ShapeError,
    "quantileSpline: expected a table of shape [rows, features], got shape [0, 2].",
  ],
  [
    () => quantileSpline(ndArray([2, 1], Float64Array.of(1, 2)), { knots: 1 }),
    OptionError,
    "quantileSpline: expected knots to be an integer from 2 to 500, got 1.",
  ],
  [
    () => new QuantileSpline({ features: 1, knots: 2.5 }),
    OptionError,
    "QuantileSpline: expected knots to be an integer from 2 to 500, got 2.5.",
  ],
  [
    () => new QuantileSpline({ features: 0 }),
    OptionError,
    "QuantileSpline: expected features to be an integer of at least 1, got 0.",
  ],
  [
    () => new QuantileSpline({ features: 2, knots: 2, x: [0, 1, 2] }),
    ShapeError,
    "QuantileSpline: expected x to have 2 numbers for each of 2 features, 4 in all, got 3.",
  ],
  [
    () => new QuantileSpline({ features: 2, knots: 2, y: [0, 1, 2, 2] }),
    OptionError,
    "QuantileSpline: expected y to increase, got 2 after 2 at y[3].",
  ],
  [
    () => new QuantileSpline({ features: 1, knots: 2, x: [0, 1e39] }),
    OptionError,
    "QuantileSpline: expected x[1] to be a finite float32, got 1e+39.",
  ],
  [
    () => new QuantileSpline({ features: 1, knots: 2, slopes: [1, 0] }),
    OptionError,
    "QuantileSpline: expected slopes[1] to be positive, got 0.",
  ],
  [
    () => new QuantileSpline({ features: 2 }).forward(tf.ones([4, 1])),
    ShapeError,
    "QuantileSpline.forward: expected a value with event shape [2], got shape [4, 1].",
  ],
])("error %#", (run, kind, message) => {
  expect(run).toThrow(kind);
  expect(run).toThrow(message);
});

test("a bad number is located", () => {
  const location = { row: 2, column: "2" };
  expect(() => quantileSpline(nan)).toThrow(expect.objectContaining({ location }));
});
