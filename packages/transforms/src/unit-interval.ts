import * as tf from "@tensorflow/tfjs-core";
import { outside } from "./outside.ts";

/** The smallest number that is not subnormal; for 0. */
export const SMALLEST: number = 2 ** -126;
/** Half a unit in the last place below 1; for the distance from 1 of what is 1. */
const END = 2 ** -25;

/**
 * `log p` and `log(1 − p)` of numbers of [0, 1], both finite: 0 is taken for 2⁻¹²⁶, 1 for half a unit in the last place
 * below it, numbers outside for the nearer end. NaN stays NaN.
 */
export function logProbabilities(p: tf.Tensor): [logP: tf.Tensor, logRest: tf.Tensor] {
  return [tf.log(tf.maximum(p, SMALLEST)), tf.log(tf.maximum(tf.sub(1, p), END))];
}

/** −∞ where p is not from [0, 1]. */
export function outsideUnit(p: tf.Tensor, logDet: tf.Tensor): tf.Tensor {
  return outside(tf.minimum(p, tf.sub(1, p)), logDet);
}
