import { useBackend } from "@pushforward/backend";
import { createKey } from "@pushforward/core";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, test } from "vitest";
import { patches, sumPatches } from "./patches.ts";

const SHAPE = [2, 3, 4, 2] as const;
const [ROWS, HEIGHT, WIDTH, CHANNELS] = SHAPE;

/** Both by their definition, in float64. */
function byDefinition(x: ArrayLike<number>, size: number, channels: number, sums: boolean): Float64Array {
  const wide = size * size * channels;
  const y = new Float64Array(ROWS * HEIGHT * WIDTH * (sums ? channels : wide));
  const half = (size - 1) / 2;
  const at = (row: number, i: number, j: number): number => (row * HEIGHT + i) * WIDTH + j;
  for (let row = 0; row < ROWS; row++) {
    for (let i = 0; i < HEIGHT; i++) {
      for (let j = 0; j < WIDTH; j++) {
        for (let place = 0; place < size * size; place++) {
          const [k, l] = [i + Math.floor(place / size) - half, j + (place % size) - half];
          if (k < 0 || l < 0 || k >= HEIGHT || l >= WIDTH) continue;
          for (let c = 0; c < channels; c++) {
            const [here, there] = [at(row, i, j), at(row, k, l)];
            if (sums)
              y[here * channels + c] =
                (y[here * channels + c] as number) + (x[there * wide + place * channels + c] as number);
            else y[here * wide + place * channels + c] = x[there * channels + c] as number;
          }
        }
      }
    }
  }
  return y;
}

describe.each(["cpu", "wasm"] as const)("%s", (backend) => {
  beforeAll(() => useBackend(backend));

  test.each([1, 3, 5])("are their definitions, for kernels of %i pixels", (size) => {
    const narrow = createKey(size).normal(ROWS * HEIGHT * WIDTH * CHANNELS);
    expect(patches(tf.tensor(narrow, [...SHAPE]), size).dataSync()).toEqual(
      Float32Array.from(byDefinition(narrow, size, CHANNELS, false)),
    );
    const wide = createKey(size).normal(narrow.length * size * size);
    const summed = sumPatches(tf.tensor(wide, [ROWS, HEIGHT, WIDTH, CHANNELS * size * size]), size).dataSync();
    for (const [i, value] of byDefinition(wide, size, CHANNELS, true).entries())
      expect(summed[i]).toBeCloseTo(value, 4);
  });

  test("the gradient of each is its adjoint: ⟨A·x, w⟩ = ⟨x, Aᵀ·w⟩, to second order too", () => {
    for (const [map, of, to] of [
      [patches, 2, 18],
      [sumPatches, 18, 2],
    ] as const) {
      const x = tf.tensor(createKey(1).normal(24 * of), [2, 3, 4, of]);
      const w = tf.tensor(createKey(2).normal(24 * to), [2, 3, 4, to]);
      const gradient = tf.grad((v: tf.Tensor) => tf.sum(tf.mul(map(v, 3), w)))(x);
      const left = tf.sum(tf.mul(map(x, 3), w)).dataSync()[0] as number;
      expect(tf.sum(tf.mul(gradient, x)).dataSync()[0]).toBeCloseTo(left, 3);
      const forth = (v: tf.Tensor): tf.Tensor => tf.grad((u: tf.Tensor) => tf.sum(tf.mul(map(u, 3), v)))(x);
      const back = tf.grad((v: tf.Tensor) => tf.sum(tf.mul(forth(v), x)))(w);
      const expected = map(x, 3).dataSync();
      for (const [i, value] of back.dataSync().entries()) expect(value).toBeCloseTo(expected[i] as number, 4);
    }
  });

  test("batch axes of any number", () => {
    const x = tf.tensor(createKey(3).normal(24), [1, 2, 3, 2, 2]);
    expect(patches(x, 3).shape).toEqual([1, 2, 3, 2, 18]);
    expect(patches(tf.reshape(x, [2, 3, 2, 2]), 3).dataSync()).toEqual(patches(x, 3).dataSync());
  });
});
