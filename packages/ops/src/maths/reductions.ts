import type { TensorLike } from "@pushforward/core";
import { asTensor, currentTrace } from "@pushforward/core/extend";
import * as tf from "@tensorflow/tfjs-core";
import { stopGradient } from "./elementwise.ts";

/**
 * Sum over the last `rank` axes, for instance the axes of an event; rank 0 returns the values of x.
 * @example
 * sumRightmost(tf.ones([5, 2, 3]), 2); // → [6, 6, 6, 6, 6]
 */
export function sumRightmost(x: tf.Tensor, rank: number): tf.Tensor {
  return tf.tidy(() => {
    if (rank === 0) return tf.clone(x);
    const axes = Array.from({ length: rank }, (_, i) => x.rank - rank + i);
    return tf.sum(x, axes);
  });
}

/**
 * Running sums along the last axis, added up in float64.
 *
 * @example
 * cumulativeSum([1, 2, 3]); // → [1, 3, 6]
 */
export function cumulativeSum(x: TensorLike): tf.Tensor {
  return tf.tidy(() => {
    const input = asTensor(x, "cumulativeSum");
    return tf.cumsum(input, input.rank - 1);
  });
}

/**
 * `log Σ eˣ` over the given axes (by default all), without overflow. −∞ adds zero to the sum: a row of −∞ yields −∞ and
 * the gradient 0.
 * @example
 * logSumExp([0, Number.NEGATIVE_INFINITY]); // → 0
 */
export function logSumExp(x: TensorLike, axis?: number | number[], keepDims = false): tf.Tensor {
  return tf.tidy(() => {
    const input = asTensor(x, "logSumExp");
    const peak = stopGradient(tf.max(input, axis, true));
    const shift = tf.where(tf.isFinite(peak), peak, tf.zerosLike(peak));
    const sum = tf.sum(tf.exp(tf.sub(input, shift)), axis, true);
    const empty = tf.equal(sum, 0);
    const log = tf.log(tf.where(empty, tf.onesLike(sum), sum));
    const result = tf.add(tf.where(empty, tf.fill(sum.shape, Number.NEGATIVE_INFINITY), log), shift);
    if (keepDims) return result;
    const axes = tf.util.parseAxisParam(axis ?? [...input.shape.keys()], input.shape);
    return tf.reshape(
      result,
      input.shape.filter((_, i) => !axes.includes(i)),
    );
  });
}

/** Distance from 0 beyond which a value may overflow float32 on its way through a model. */
const FAR = 1e6;

/**
 * Replaces overflowed log-densities by −∞: where the result is NaN or +∞ although the event has no NaN, and an element
 * of the event is further from 0 than 1e6. Such an event is less probable than float32 can represent. All other values
 * stay. NaN at moderate events stays too, because it indicates weights that overflow.
 *
 * The values are read. If all are numbers, no computation happens: the same tensor is returned.
 *
 * @param logProb log-densities of the events of x, of the batch shape that x broadcasts to.
 * @param x events `[..., ...event]`.
 * @param eventRank number of axes of an event.
 */
export function overflowToMinusInfinity(logProb: tf.Tensor, x: tf.Tensor, eventRank: number): tf.Tensor {
  if (currentTrace() !== undefined) return byTensors(logProb, x, eventRank);
  const found = logProb.dataSync();
  if (!someOverflow(found)) return logProb;
  return tf.tidy(() => {
    const batch = x.shape.slice(0, x.rank - eventRank);
    const rows = batch.reduce((a, b) => a * b, 1);
    const far = new Uint8Array(rows);
    const values = x.dataSync();
    const size = values.length / Math.max(1, rows);
    for (let row = 0; row < rows; row++) {
      const event = values.subarray(row * size, (row + 1) * size);
      far[row] = event.some((v) => Math.abs(v) > FAR) && !event.some(Number.isNaN) ? 1 : 0;
    }
    const isFar = tf.broadcastTo(tf.tensor(far, batch, "bool"), logProb.shape);
    const isOverflow = tf.tensor(
      Uint8Array.from(found, (v) => (overflows(v) ? 1 : 0)),
      logProb.shape,
      "bool",
    );
    return tf.where(tf.logicalAnd(isFar, isOverflow), tf.fill(logProb.shape, Number.NEGATIVE_INFINITY), logProb);
  });
}

/** The same by tensor operations alone. */
function byTensors(logProb: tf.Tensor, x: tf.Tensor, eventRank: number): tf.Tensor {
  return tf.tidy(() => {
    const axes = Array.from({ length: eventRank }, (_, i) => x.rank - eventRank + i);
    const isFar = tf.any(tf.greater(tf.abs(x), FAR), axes);
    const isNumber = tf.logicalNot(tf.any(tf.isNaN(x), axes));
    const isOverflow = tf.logicalNot(tf.less(logProb, Number.POSITIVE_INFINITY));
    const falls = tf.logicalAnd(tf.logicalAnd(isFar, isNumber), isOverflow);
    return tf.where(falls, tf.fill(logProb.shape, Number.NEGATIVE_INFINITY), logProb);
  });
}

/** NaN or +∞. */
function overflows(value: number): boolean {
  return !(value < Number.POSITIVE_INFINITY);
}

/**
 * `true` if a value overflows. Uses a plain loop: for a flow with a single affine map, `some` costs as much as the
 * density.
 */
function someOverflow(values: ArrayLike<number>): boolean {
  for (let i = 0; i < values.length; i++) if (overflows(values[i] as number)) return true;
  return false;
}
