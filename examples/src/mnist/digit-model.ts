import * as tf from "@tensorflow/tfjs-core";
import { createKey, Dequantized, type Flow, glow, type Key, type Loss } from "pushforward";

/** Values of a pixel. */
const LEVELS = 256;

/** Sizes of the Glow of {@link digitModel}. */
export interface DigitModelOptions {
  readonly size: number;
  readonly levels: number;
  readonly steps: number;
  readonly hidden: readonly number[];
  readonly key: Key;
}

/** A Glow of single-channel images with integer pixels, with uniform dequantization and a logit as the last layer. */
export function digitModel({ size, ...options }: DigitModelOptions): Dequantized {
  return new Dequantized({ density: glow({ shape: [size, size, 1], alpha: 0.05, ...options }), levels: LEVELS });
}

/** Minus the mean bound of the log-probability, with noise of its own in each step. */
export const dequantizedLoss: Loss<Dequantized> = (model, batch, key) =>
  tf.neg(tf.mean(model.logProbBound(batch.x, key)));

/** Draws pixels. A temperature below 1 narrows the base and makes the draws more similar. */
export function drawDigits(model: Dequantized, count: number, temperature: number, key: Key): Float32Array {
  const { base, transform } = model.density as Flow;
  return tf.tidy(() => {
    const pixels = transform.forward(tf.mul(base.sample(key, [count]), temperature));
    return tf.clipByValue(tf.floor(tf.mul(pixels, LEVELS)), 0, LEVELS - 1).dataSync() as Float32Array;
  });
}

/** The mean bound of the log-probability of images, in nats, a batch at a time. */
export function meanBound(model: Dequantized, images: Float32Array, size: number, batch: number): number {
  const event = size ** 2;
  const count = images.length / event;
  let sum = 0;
  for (let from = 0; from < count; from += batch) {
    const rows = Math.min(batch, count - from);
    const x = images.subarray(from * event, (from + rows) * event);
    sum += tf.tidy(() => {
      const bound = model.logProbBound(tf.tensor(x, [rows, size, size, 1]), createKey(20261127).fold(from));
      return tf.sum(bound).dataSync()[0] as number;
    });
  }
  return sum / count;
}
