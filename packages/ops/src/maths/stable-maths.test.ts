import { useBackend } from "@pushforward/backend";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, test } from "vitest";
import {
  clip,
  cumulativeSum,
  expm1,
  log1mexp,
  log1p,
  logSumExp,
  matMul,
  releaseTape,
  safeWhere,
  searchBin,
  selectBin,
  softplus,
  softplusInverse,
  stopGradient,
  sumRightmost,
  where,
} from "../index.ts";

const { NEGATIVE_INFINITY, POSITIVE_INFINITY, NaN: NAN } = Number;

/** Relative error of every value of f against a float64 formula; equal infinities and NaN count as 0. */
function expectRelative(
  f: (x: tf.Tensor) => tf.Tensor,
  formula: (x: number) => number,
  xs: readonly number[],
  tolerance: number,
): void {
  tf.tidy(() => {
    const values = f(tf.tensor1d([...xs])).dataSync();
    for (const [i, x] of xs.entries()) {
      const [got, want] = [values[i] as number, formula(Math.fround(x))];
      if (Object.is(got, want) || Object.is(got, Math.fround(want))) continue;
      expect(Math.abs(got - want) / Math.abs(want), `at ${x}: ${got} for ${want}`).toBeLessThan(tolerance);
    }
  });
}

const gradientAt = (f: (x: tf.Tensor) => tf.Tensor, xs: readonly number[]): number[] =>
  tf.tidy(() => [
    ...tf
      .grad((x) => tf.sum(f(x)))(tf.tensor1d([...xs]))
      .dataSync(),
  ]);

function expectGradients(
  f: (x: tf.Tensor) => tf.Tensor,
  derivative: (x: number) => number,
  xs: readonly number[],
  tolerance: number,
): void {
  for (const [i, got] of gradientAt(f, xs).entries()) {
    const want = derivative(Math.fround(xs[i] as number));
    expect(Math.abs(got - want), `at ${xs[i]}: ${got} for ${want}`).toBeLessThanOrEqual(tolerance * Math.abs(want));
  }
}

const softplusFormula = (x: number): number => (x > 0 ? x + Math.log1p(Math.exp(-x)) : Math.log1p(Math.exp(x)));
const log1mexpFormula = (x: number): number => (x > 0.5 ? Math.log1p(-Math.exp(-x)) : Math.log(-Math.expm1(-x)));

for (const backend of ["cpu", "wasm"] as const) {
  describe(backend, () => {
    beforeAll(() => useBackend(backend));

    test("softplus: relative precision on the whole line, and its gradient", () => {
      const xs = [-80, -30, -14.5, -13.9, -10, -1, -1e-8, 0, 1e-8, 0.5, 5, 13.9, 20, 100, 1e30, POSITIVE_INFINITY, NAN];
      expectRelative(softplus, softplusFormula, xs, 2e-7);
      expect(tf.tidy(() => softplus(NEGATIVE_INFINITY).dataSync()[0])).toBe(0);
      expectGradients(softplus, (x) => 1 / (1 + Math.exp(-x)), [-80, -10, -1, 0, 0.5, 20, 100], 2e-5);
    });

    test("softplusInverse undoes softplus, from tiny to large", () => {
      const ys = [1e-30, 1e-8, 1e-3, 0.5, Math.LN2, 1, 3, 20, 100, 1e30];
      // Near log 2 the result passes through 0: absolute error there.
      const formula = (y: number): number => y + log1mexpFormula(y);
      tf.tidy(() => {
        const values = softplusInverse(ys).dataSync();
        for (const [i, y] of ys.entries()) {
          const want = formula(Math.fround(y));
          expect(Math.abs((values[i] as number) - want)).toBeLessThan(3e-7 * Math.max(1, Math.abs(want)));
        }
      });
      expectGradients(softplusInverse, (y) => 1 / -Math.expm1(-y), [1e-8, 1e-3, 0.5, 1, 3, 20, 100], 1e-6);
      expect(tf.tidy(() => [...softplusInverse([0, -1, NAN]).dataSync()])).toEqual([NEGATIVE_INFINITY, NAN, NAN]);
    });

    test("log1mexp: both sides of log 2", () => {
      const xs = [1e-38, 1e-10, 1e-3, 0.3, 0.69, 0.7, 1, 5, 20, 80, POSITIVE_INFINITY, 0, -1, NAN];
      expectRelative(log1mexp, (x) => (x === POSITIVE_INFINITY ? 0 : log1mexpFormula(x)), xs.slice(0, 10), 6e-7);
      expect(tf.tidy(() => [...log1mexp(xs.slice(10)).dataSync()])).toEqual([-0, NEGATIVE_INFINITY, NAN, NAN]);
      expectGradients(log1mexp, (x) => 1 / Math.expm1(x), [1e-10, 1e-3, 0.3, Math.LN2, 0.7, 1, 5, 20, 80], 3e-6);
    });

    test("log1p and expm1 keep small numbers", () => {
      const xs = [1e-30, -1e-10, 1e-8, 1e-4, 0.01, -0.3, 0.5, 3, NAN];
      expectRelative(log1p, Math.log1p, xs, 2e-7);
      expectRelative(expm1, Math.expm1, [...xs, -50, 50, NEGATIVE_INFINITY], 4e-7);
      expectGradients(log1p, (x) => 1 / (1 + x), [1e-8, 0.5, -0.3], 1e-6);
      expectGradients(expm1, Math.exp, [1e-8, 0.5, -0.3], 1e-6);
    });

    test("logSumExp: far values, empty rows, axes, gradients", () => {
      tf.tidy(() => {
        const rows = [
          [1000, 1000, NEGATIVE_INFINITY],
          [NEGATIVE_INFINITY, NEGATIVE_INFINITY, NEGATIVE_INFINITY],
          [-1000, -1001, -1002],
          [POSITIVE_INFINITY, 0, 1],
          [NAN, 0, 1],
        ];
        const [a, b, c, d, e] = logSumExp(rows, -1).dataSync();
        expect(a).toBeCloseTo(1000 + Math.LN2, 3);
        expect(b).toBe(NEGATIVE_INFINITY);
        expect(c).toBeCloseTo(-1000 + Math.log(1 + Math.exp(-1) + Math.exp(-2)), 3);
        expect([d, e]).toEqual([POSITIVE_INFINITY, NAN]);
        const x = tf.tensor2d(rows.slice(0, 3));
        const gradient = [
          ...tf
            .grad((v) => tf.sum(tf.where(tf.isFinite(logSumExp(v, 1)), logSumExp(v, 1), 0)))(x)
            .dataSync(),
        ];
        const total = 1 + Math.exp(-1) + Math.exp(-2);
        const want = [0.5, 0.5, 0, 0, 0, 0, 1 / total, Math.exp(-1) / total, Math.exp(-2) / total];
        for (const [i, g] of gradient.entries()) expect(g).toBeCloseTo(want[i] as number, 6);
        expect([
          ...tf
            .grad((v) => logSumExp(v))(tf.tensor1d([NEGATIVE_INFINITY, 2]))
            .dataSync(),
        ]).toEqual([0, 1]);
        const cube = tf.zeros([2, 3, 4]);
        expect(logSumExp(cube, [0, 2]).shape).toEqual([3]);
        expect(logSumExp(cube, [0, -1], true).shape).toEqual([1, 3, 1]);
        expect(logSumExp(cube).shape).toEqual([]);
        expect(logSumExp(cube, 1).dataSync()[0]).toBeCloseTo(Math.log(3), 6);
        expect(logSumExp(tf.zeros([1, 3]), 1).shape).toEqual([1]);
      });
    });

    test("clip keeps NaN; its gradient stops outside", () => {
      const xs = [NAN, NEGATIVE_INFINITY, -3, 0.5, 3, POSITIVE_INFINITY];
      expect(tf.tidy(() => [...clip(xs, -1, 2).dataSync()])).toEqual([NAN, -1, -1, 0.5, 2, 2]);
      expect(gradientAt((x) => clip(x, -1, 2), [-3, 0.5, 3])).toEqual([0, 1, 0]);
    });

    test("sums", () => {
      tf.tidy(() => {
        const x = tf.reshape(tf.range(0, 24), [2, 3, 4]);
        expect(sumRightmost(x, 0).shape).toEqual([2, 3, 4]);
        expect([...sumRightmost(x, 1).dataSync()]).toEqual([6, 22, 38, 54, 70, 86]);
        expect([...sumRightmost(x, 2).dataSync()]).toEqual([66, 210]);
        expect(sumRightmost(x, 3).shape).toEqual([]);
        expect([
          ...cumulativeSum([
            [1, 2, 3],
            [4, 5, 6],
          ]).dataSync(),
        ]).toEqual([1, 3, 6, 4, 9, 15]);
        expect(gradientAt((v) => tf.mul(cumulativeSum(v), [1, 10, 100]), [1, 2, 3])).toEqual([111, 110, 100]);
      });
    });

    test("matMul of any batch with one matrix", () => {
      tf.tidy(() => {
        const a = tf.reshape(tf.range(0, 12), [2, 3, 2]);
        const b = tf.tensor2d([
          [1, 0, 2],
          [0, 1, 3],
        ]);
        const y = matMul(a, b);
        expect(y.shape).toEqual([2, 3, 3]);
        expect([...y.dataSync()].slice(-3)).toEqual([10, 11, 53]);
        expect([...matMul(tf.tensor1d([10, 11]), b).dataSync()]).toEqual([10, 11, 53]);
        const [da, db] = tf.grads((p, q) => tf.sum(matMul(p as tf.Tensor, q as tf.Tensor)))([a, b]) as [
          tf.Tensor,
          tf.Tensor,
        ];
        expect([...da.dataSync()].slice(0, 2)).toEqual([3, 4]);
        expect([...db.dataSync()]).toEqual([30, 30, 30, 36, 36, 36]);
      });
    });

    test("stopGradient: the same values, no gradient, no leak", () => {
      expect(gradientAt((x) => tf.mul(x, stopGradient(x)), [3, -2])).toEqual([3, -2]);
      expect(gradientAt((x) => tf.add(x, stopGradient(tf.exp(x))), [1])).toEqual([1]);
      const x = tf.tensor1d([1, 2]);
      const before = tf.memory();
      const y = stopGradient(x);
      expect([...y.dataSync()]).toEqual([1, 2]);
      y.dispose();
      expect([tf.memory().numTensors, tf.memory().numBytes]).toEqual([before.numTensors, before.numBytes]);
      expect([...x.dataSync()]).toEqual([1, 2]);
      x.dispose();
    });

    test("where and safeWhere", () => {
      tf.tidy(() => {
        const x = tf.tensor1d([-1, 0, 2]);
        expect([...where(tf.greater(x, 0), x, 7).dataSync()]).toEqual([7, 7, 2]);
        const logOrZero = (v: tf.Tensor): tf.Tensor => safeWhere(tf.greater(v, 0), v, (p) => tf.log(p), 0, 1);
        expect([...logOrZero(x).dataSync()]).toEqual([0, 0, Math.fround(Math.LN2)]);
        expect(gradientAt(logOrZero, [-1, 0, 2])).toEqual([0, 0, 0.5]);
        // What it is for: the plain form.
        expect(gradientAt((v) => where(tf.greater(v, 0), tf.log(v), 0), [0])).toEqual([NAN]);
      });
    });

    test("bins are found and read without gather", () => {
      tf.tidy(() => {
        const edges = tf.tensor2d([
          [-1, 0, 2],
          [0, 1, 1.5],
        ]);
        const x = tf.tensor1d([0, 9]);
        const bin = searchBin(x, edges);
        expect([...bin.dataSync()]).toEqual([0, 1, 0, 0, 0, 1]);
        expect([...selectBin(bin, edges).dataSync()]).toEqual([0, 1.5]);
        expect([...searchBin(tf.tensor1d([-5, NAN]), tf.tensor1d([-1, 0])).dataSync()]).toEqual([0, 0, 0, 0]);
        expect([...searchBin(tf.tensor1d([3]), tf.tensor1d([1])).dataSync()]).toEqual([1]);
        const gradient = tf.grad((e) => tf.sum(selectBin(searchBin(x, e), tf.square(e))))(edges);
        expect([...gradient.dataSync()].map(Math.abs)).toEqual([0, 0, 0, 0, 0, 3]);
      });
    });

    test("releaseTape frees what an error inside a differentiated function leaves behind", () => {
      const x = tf.scalar(2);
      const before = tf.memory().numTensors;
      const failing = (v: tf.Tensor): tf.Tensor => {
        tf.exp(tf.square(v));
        throw new Error("no");
      };
      expect(() => tf.tidy(() => tf.grad(failing)(x))).toThrow("no");
      expect(tf.memory().numTensors).toBeGreaterThan(before);
      releaseTape();
      expect(tf.memory().numTensors).toBe(before);
      releaseTape();
      expect(
        tf.tidy(
          () =>
            tf
              .grad((v) => tf.square(v))(x)
              .dataSync()[0],
        ),
      ).toBe(4);
      releaseTape();
      expect(tf.memory().numTensors).toBe(before);
      x.dispose();
    });

    test("nothing leaks", () => {
      const x = tf.tensor2d([
        [0.5, 1],
        [2, 3],
      ]);
      const before = tf.memory().numTensors;
      const ops: ((v: tf.Tensor) => tf.Tensor)[] = [
        softplus,
        softplusInverse,
        log1mexp,
        log1p,
        expm1,
        (v) => logSumExp(v, 0),
        (v) => clip(v, 0, 1),
        (v) => sumRightmost(v, 1),
        (v) => sumRightmost(v, 0),
        cumulativeSum,
        (v) => matMul(v, x),
        (v) => tf.tidy(() => where(tf.greater(v, 1), v, 0)),
        (v) => tf.tidy(() => safeWhere(tf.greater(v, 1), v, (p) => tf.log(p), 0, 2)),
        (v) => tf.tidy(() => selectBin(searchBin(v, tf.tensor1d([0, 1])), tf.expandDims(v, -1))),
      ];
      for (const op of ops) {
        op(x).dispose();
        tf.grad((v) => tf.sum(op(v)))(x).dispose();
      }
      expect(tf.memory().numTensors).toBe(before);
      x.dispose();
    });
  });
}
