import * as tf from "@tensorflow/tfjs-core";
import { LawError } from "./law/law-error.ts";

/**
 * The largest mixed error `|got − expected| / max(1, |expected|)` of two arrays or tensors of the same size. NaN against
 * a number is `Infinity`; equal infinities and NaN against NaN are 0.
 *
 * @throws {LawError} the sizes differ.
 * @example
 * const logProb = new StandardNormal({ features: 2 }).logProb([[0, 0]]);
 * expect(maxError(logProb, [-Math.log(2 * Math.PI)])).toBeLessThan(1e-6);
 */
export function maxError(got: tf.Tensor | ArrayLike<number>, expected: tf.Tensor | ArrayLike<number>): number {
  const a = valuesOf(got);
  const b = valuesOf(expected);
  if (a.length !== b.length) {
    throw new LawError(`maxError: expected ${b.length} values, got ${a.length}.`, {
      law: "same size",
      caseName: "maxError",
      worst: Number.POSITIVE_INFINITY,
      tolerance: 0,
    });
  }
  let worst = 0;
  for (let i = 0; i < a.length; i++) worst = Math.max(worst, mixedError(a[i] as number, b[i] as number));
  return worst;
}

function mixedError(got: number, expected: number): number {
  if (got === expected || (Number.isNaN(got) && Number.isNaN(expected))) return 0;
  const error = Math.abs(got - expected) / Math.max(1, Math.abs(expected));
  return Number.isNaN(error) ? Number.POSITIVE_INFINITY : error;
}

function valuesOf(value: tf.Tensor | ArrayLike<number>): ArrayLike<number> {
  return value instanceof tf.Tensor ? (value.dataSync() as ArrayLike<number>) : value;
}
