import type { Key } from "@pushforward/core";
import * as tf from "@tensorflow/tfjs-core";
import type { Flow } from "../src/flow.ts";

const POINTS = 141;
const [LOW, HIGH] = [-14, 14];

/** The integral of a density of two features over a grid, its trainable parameters moved by normal noise. */
export function gridMass(flow: Flow, key: Key, spread: number): number {
  for (const [path, parameter] of flow.parameters()) {
    if (!parameter.trainable) continue;
    const noise = key.fold(path).normal(parameter.read().length);
    parameter.write(Float32Array.from(parameter.read(), (v, i) => v + spread * (noise[i] as number)));
  }
  const width = (HIGH - LOW) / (POINTS - 1);
  const grid = Float32Array.from({ length: 2 * POINTS * POINTS }, (_, at) => {
    const i = Math.floor(at / 2);
    return LOW + width * (at % 2 === 0 ? Math.floor(i / POINTS) : i % POINTS);
  });
  const density = tf.tidy(() => Array.from(tf.exp(flow.logProb(tf.tensor2d(grid, [POINTS * POINTS, 2]))).dataSync()));
  return density.reduce((sum, value) => sum + value * width * width, 0);
}
