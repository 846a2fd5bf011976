import type { ValueAndLogDet } from "@pushforward/core";
import { currentTrace } from "@pushforward/core/extend";
import * as tf from "@tensorflow/tfjs-core";
import { matMul } from "../linear-algebra/matrix-stack.ts";
import { triangle, triangularSolve } from "../linear-algebra/triangle.ts";
import { type NamedKernel, runNamedKernel } from "./named-kernel.ts";

/** Options of {@link luLinear}. */
export interface LuLinearOptions {
  /** Computes x from y. */
  readonly inverse?: boolean;
}

type Inputs = readonly [x: tf.Tensor, lower: tf.Tensor, upper: tf.Tensor, logDiagonal: tf.Tensor, ...bias: tf.Tensor[]];

const kernel: NamedKernel<Inputs, { readonly inverse: boolean }> = {
  name: "PushforwardLuLinear",
  fallback: ([x, lower, upper, logDiagonal, bias], { inverse }) => {
    const n = logDiagonal.shape[0] as number;
    const identity = tf.eye(n);
    const l = tf.add(triangle(lower, { lower: true, strict: true }), identity);
    const u = tf.add(triangle(upper, { lower: false, strict: true }), tf.mul(identity, tf.exp(logDiagonal)));
    const batch = x.shape.slice(0, -1);
    const total = tf.sum(logDiagonal);
    const logDet = tf.broadcastTo(inverse ? tf.neg(total) : total, batch);
    const rows = tf.reshape(x, [-1, n]);
    let y: tf.Tensor;
    if (inverse) {
      const columns = tf.transpose(bias === undefined ? rows : tf.sub(rows, bias));
      const solved = triangularSolve(u, triangularSolve(l, columns, { lower: true }), { lower: false });
      y = tf.transpose(solved);
    } else {
      // Two small products and one large one.
      y = tf.matMul(rows, matMul(tf.transpose(u), tf.transpose(l)));
      if (bias !== undefined) y = tf.add(y, bias);
    }
    return [tf.reshape(y, x.shape), logDet];
  },
};

/**
 * Invertible linear map `y = L·U·x + bias` of each row x. L is the strictly lower part of `lower` with ones on the
 * diagonal, U the strictly upper part of `upper` with `exp(logDiagonal)`; one matrix may serve as both. Returns
 * `[y, Σ logDiagonal]`, or with `inverse` `[U⁻¹·L⁻¹·(x − bias), −Σ logDiagonal]`, solved in float64. Kingma & Dhariwal
 * 2018, arXiv:1807.03039.
 *
 * @param x `[...batch, n]`.
 * @param lower `[n, n]`.
 * @param upper `[n, n]`.
 * @param logDiagonal `[n]`.
 * @param bias `[n]`, or `undefined`.
 * @example
 * const weight = tf.tensor2d([[0, 2], [3, 0]]); // L = [[1, 0], [3, 1]], U = [[1, 2], [0, 1]]
 * const [y, logDet] = luLinear(tf.tensor2d([[1, 1]]), weight, weight, tf.zeros([2]), undefined);
 * y; // → [[3, 10]]
 * logDet; // → [0]
 */
export function luLinear(
  x: tf.Tensor,
  lower: tf.Tensor,
  upper: tf.Tensor,
  logDiagonal: tf.Tensor,
  bias: tf.Tensor | undefined,
  { inverse = false }: LuLinearOptions = {},
): ValueAndLogDet {
  const inputs: Inputs = bias === undefined ? [x, lower, upper, logDiagonal] : [x, lower, upper, logDiagonal, bias];
  const [n = 0] = logDiagonal.shape;
  const isMany = x.size > n * n || currentTrace() !== undefined;
  return tf.tidy(() => (inverse && isMany ? byInverse(n, inputs) : run(inputs, inverse)));
}

function run(inputs: Inputs, inverse: boolean): ValueAndLogDet {
  return runNamedKernel(kernel, inputs, { inverse }) as ValueAndLogDet;
}

/**
 * Solves for the unit vectors and multiplies. For a large number of rows this is several times faster than a solve for
 * each row.
 */
function byInverse(n: number, [x, lower, upper, logDiagonal, bias]: Inputs): ValueAndLogDet {
  const [inverse] = run([tf.eye(n), lower, upper, logDiagonal], true);
  const rows = tf.reshape(bias === undefined ? x : tf.sub(x, bias), [-1, n]);
  const logDet = tf.broadcastTo(tf.neg(tf.sum(logDiagonal)), x.shape.slice(0, -1));
  return [tf.reshape(matMul(rows, inverse), x.shape), logDet];
}
