import { useBackend } from "@pushforward/backend";
import { DomainError, ShapeError } from "@pushforward/core";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, test } from "vitest";
import {
  cholesky,
  choleskySolve,
  inverse,
  logAbsDet,
  logAbsDetTriangular,
  solve,
  triangle,
  triangularSolve,
} from "../index.ts";

// numpy.linalg of numpy 2 in float64 for these matrices.
const A = [
  [2, -1, 0.5],
  [0.25, 3, -2],
  [1, 0.75, -1.5],
];
const B = [
  [1, 2],
  [-3, 0.5],
  [4, -1],
];
const SPD = [
  [4, 2, -1],
  [2, 5, 0.5],
  [-1, 0.5, 3],
];

/** Gradient of Σ w·f(x) by the tape and by central differences of the same float32 function. */
function checkGradient(f: (x: tf.Tensor) => tf.Tensor, x: tf.Tensor, tolerance = 2e-3): void {
  tf.tidy(() => {
    const weights = (y: tf.Tensor): tf.Tensor =>
      tf.tensor(
        Float32Array.from({ length: y.size }, (_, i) => Math.sin(i + 1) + 0.3),
        y.shape,
      );
    const loss = (v: tf.Tensor): tf.Tensor => {
      const y = f(v);
      return tf.sum(tf.mul(y, weights(y)));
    };
    const gradient = tf.grad(loss)(x).dataSync();
    const values = x.dataSync();
    const step = 1e-2;
    for (let i = 0; i < values.length; i++) {
      const at = (h: number): number => {
        const moved = Float32Array.from(values);
        moved[i] = (values[i] as number) + h;
        return loss(tf.tensor(moved, x.shape)).dataSync()[0] as number;
      };
      const slope = (8 * (at(step) - at(-step)) - (at(2 * step) - at(-2 * step))) / (12 * step);
      const scale = Math.max(1, Math.abs(slope));
      expect(Math.abs((gradient[i] as number) - slope) / scale, `entry ${i}`).toBeLessThan(tolerance);
    }
  });
}

function expectClose(actual: tf.Tensor, expected: readonly number[], tolerance = 2e-6): void {
  const values = [...actual.dataSync()];
  expect(values.length).toBe(expected.length);
  for (const [i, value] of values.entries()) {
    const want = expected[i] as number;
    expect(Math.abs(value - want) / Math.max(1, Math.abs(want)), `entry ${i}: ${value}`).toBeLessThan(tolerance);
  }
}

for (const backend of ["cpu", "wasm"] as const) {
  describe(backend, () => {
    beforeAll(() => useBackend(backend));

    test("values", () => {
      tf.tidy(() => {
        const a = tf.tensor2d(A);
        const b = tf.tensor2d(B);
        const inv = inverse(a);
        expectClose(tf.matMul(a, inv), [1, 0, 0, 0, 1, 0, 0, 0, 1]);
        expectClose(tf.matMul(a, solve(a, b)), B.flat());
        // det A = 2·(3·−1.5 + 2·0.75) + 1·(0.25·−1.5 + 2) + 0.5·(0.25·0.75 − 3) = −5.78125
        expectClose(logAbsDet(a), [Math.log(5.78125)]);
        const l = cholesky(tf.tensor2d(SPD));
        expectClose(tf.matMul(l, tf.transpose(l)), SPD.flat());
        expectClose(tf.matMul(tf.tensor2d(SPD), choleskySolve(l, b)), B.flat());
        const lower = triangle(a, { lower: true });
        const upper = triangle(a, { lower: false });
        expectClose(lower, [2, 0, 0, 0.25, 3, 0, 1, 0.75, -1.5]);
        expectClose(triangle(a, { lower: false, strict: true }), [0, -1, 0.5, 0, 0, -2, 0, 0, 0]);
        expectClose(tf.matMul(lower, triangularSolve(a, b, { lower: true })), B.flat());
        expectClose(tf.matMul(upper, triangularSolve(a, b, { lower: false })), B.flat());
        expectClose(logAbsDetTriangular(a), [Math.log(9)]);
      });
    });

    test("float64 inside: a badly conditioned system keeps all digits that float32 inputs allow", () => {
      tf.tidy(() => {
        // det = 2⁻²⁰ exactly; the same elimination in float32 loses it.
        const a = tf.tensor2d([
          [1, 1],
          [1, 1 + 2 ** -20],
        ]);
        expectClose(logAbsDet(a), [-20 * Math.LN2], 1e-7);
        expectClose(solve(a, tf.tensor2d([[1], [1 + 2 ** -20]])), [0, 1], 1e-7);
      });
    });

    test("gradients against finite differences", () => {
      const [a, b, spd] = [tf.tensor2d(A), tf.tensor2d(B), tf.tensor2d(SPD)];
      checkGradient(inverse, a);
      checkGradient(logAbsDet, a);
      checkGradient((x) => solve(x, b), a);
      checkGradient((x) => solve(a, x), b);
      for (const lower of [true, false]) {
        checkGradient((x) => triangularSolve(x, b, { lower }), a);
        checkGradient((x) => triangularSolve(a, x, { lower }), b);
        checkGradient((x) => triangle(x, { lower }), a);
      }
      checkGradient(logAbsDetTriangular, a);
      // The function of the symmetric part, because only one triangle is read and the gradient is symmetric.
      checkGradient((x) => cholesky(tf.mul(tf.add(x, tf.transpose(x)), 0.5)), spd);
      checkGradient((x) => choleskySolve(x, b), cholesky(spd));
      tf.dispose([a, b, spd]);
    });

    test("batches broadcast, forward and backward", () => {
      tf.tidy(() => {
        const many = tf.stack([tf.tensor2d(A), tf.tensor2d(SPD)]);
        const b = tf.tensor2d(B);
        const x = solve(many, b);
        expect(x.shape).toEqual([2, 3, 2]);
        expectClose(tf.matMul(many, x), [...B.flat(), ...B.flat()]);
        expect(logAbsDet(many).shape).toEqual([2]);
        checkGradient((v) => solve(many, v), b);
        checkGradient((v) => solve(v, tf.stack([b, b])), tf.tensor2d(A));
        checkGradient((v) => triangularSolve(v, tf.stack([b, b]), { lower: true }), tf.tensor2d(A));
        checkGradient((v) => triangularSolve(many, v, { lower: false }), b);
      });
    });

    test("a singular matrix is an error that names it, also under differentiation, and leaks nothing", () => {
      const ones = tf.ones([2, 2]);
      const nine = tf.tensor2d([1, 2, 3, 4, 5, 6, 7, 8, 9], [3, 3]);
      const before = tf.memory().numTensors;
      for (const op of [inverse, logAbsDet, (x: tf.Tensor) => solve(x, x)]) {
        expect(() => op(ones)).toThrow(DomainError);
        expect(() => op(nine)).toThrow(DomainError);
        expect(() => tf.grad((x) => tf.sum(op(tf.exp(tf.log(x)))))(ones)).toThrow(DomainError);
      }
      expect(() => cholesky(ones)).toThrow("cholesky: expected a positive definite matrix, got the pivot 0 at [1, 1].");
      expect(() => triangularSolve(tf.zeros([1, 1]), tf.zeros([1, 1]), { lower: true })).toThrow(
        "triangularSolve: expected a diagonal without zeros, got 0 at [0, 0].",
      );
      expect(() => logAbsDet(tf.stack([tf.eye(2), ones]))).toThrow(
        "logAbsDet: expected an invertible matrix, got a singular one (index 1 of 2).",
      );
      expect(() => tf.tidy(() => logAbsDet(tf.zeros([2, 3])))).toThrow(
        new ShapeError("logAbsDet: expected square matrices [..., n, n], got shape [2, 3]."),
      );
      expect(() => tf.tidy(() => solve(ones, tf.zeros([3, 1])))).toThrow(
        "solve: expected a right-hand side [..., 2, m] for matrices [2, 2], got [3, 1].",
      );
      expect(tf.memory().numTensors - before).toBe(4);
      ones.dispose();
      nine.dispose();
    });

    test("a small determinant is not singular; NaN stays NaN", () => {
      tf.tidy(() => {
        expectClose(logAbsDet(tf.mul(tf.eye(3), 1e-12)), [3 * Math.log(1e-12)]);
        expect(
          logAbsDet(
            tf.tensor2d([
              [Number.NaN, 0],
              [0, 1],
            ]),
          ).dataSync()[0],
        ).toBeNaN();
        expect([
          ...inverse(
            tf.tensor2d([
              [Number.POSITIVE_INFINITY, 0],
              [0, 1],
            ]),
          ).dataSync(),
        ]).toEqual(Array(4).fill(Number.NaN));
      });
    });

    test("nothing leaks", () => {
      const a = tf.tensor2d(SPD);
      const before = tf.memory().numTensors;
      for (const op of [inverse, logAbsDet, cholesky, logAbsDetTriangular, (x: tf.Tensor) => solve(x, x)]) {
        op(a).dispose();
        tf.grad((x) => tf.sum(op(x)))(a).dispose();
      }
      choleskySolve(a, a).dispose();
      triangularSolve(a, a, { lower: true }).dispose();
      expect(tf.memory().numTensors).toBe(before);
      a.dispose();
    });
  });
}
