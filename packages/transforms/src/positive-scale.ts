import { softplus } from "@pushforward/ops";
import * as tf from "@tensorflow/tfjs-core";

/** What is added to a raw scale, so that a raw one of 0 is the scale 1. */
export const OFFSET: number = Math.log(Math.expm1(1));

/** Smallest scale: where softplus underflows, the log of the scale and its reciprocal stay finite. */
export const SMALLEST_SCALE: number = 1e-30;

/** A positive number for each real one, smooth and increasing, 1 for 0 when nothing else is said: `softplus(raw + log(e − 1))`. */
export function positiveScale(raw: tf.Tensor, offset: number = OFFSET, smallest: number = SMALLEST_SCALE): tf.Tensor {
  return tf.add(softplus(tf.add(raw, offset)), smallest);
}

/** The raw number of a scale, in float64. */
export function rawScale(scale: number): number {
  return scale + Math.log(-Math.expm1(-scale)) - OFFSET;
}
