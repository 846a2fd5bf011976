import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, expect, test } from "vitest";
import { useBackend } from "../index.ts";

beforeAll(() => useBackend("cpu"));

const shapes: readonly (readonly [a: number[], b: number[]])[] = [
  [
    [2, 3],
    [2, 1],
  ],
  [
    [2, 1],
    [2, 3],
  ],
  [
    [1, 3],
    [2, 3],
  ],
  [
    [2, 1],
    [1, 3],
  ],
  [
    [1, 1],
    [2, 3],
  ],
  [[3], [2, 1]],
  [
    [2, 3, 4],
    [3, 1],
  ],
  [
    [2, 3, 4],
    [2, 1, 4],
  ],
  [
    [2, 1, 4],
    [1, 3, 1],
  ],
  [
    [2, 1, 3, 1],
    [4, 1, 5],
  ],
  [[2, 3], [3]],
  [[2, 3], []],
  [[1, 1, 1], [3]],
  [
    [0, 3],
    [1, 1],
  ],
];

/** The number of an array of a shape that belongs to an index of the array that it broadcasts to. */
function numberAt(values: ArrayLike<number>, shape: readonly number[], index: readonly number[]): number {
  const missing = index.length - shape.length;
  const at = shape.reduce((flat, size, axis) => flat * size + (size === 1 ? 0 : (index[missing + axis] as number)), 0);
  return values[at] as number;
}

const operations = {
  add: [tf.add, (a: number, b: number) => a + b],
  sub: [tf.sub, (a: number, b: number) => a - b],
  mul: [tf.mul, (a: number, b: number) => a * b],
  div: [tf.div, (a: number, b: number) => a / b],
  maximum: [tf.maximum, Math.max],
  minimum: [tf.minimum, Math.min],
  greater: [tf.greater, (a: number, b: number) => Number(a > b)],
  greaterEqual: [tf.greaterEqual, (a: number, b: number) => Number(a >= b)],
  less: [tf.less, (a: number, b: number) => Number(a < b)],
} as const;

test.each(Object.entries(operations))("%s of all pairs of numbers that belong together, and no leak", (_, [op, of]) => {
  const before = tf.memory();
  const arrays = tf.backend().numDataIds();
  for (const [shapeA, shapeB] of shapes) {
    tf.tidy(() => {
      const [a, b] = [shapeA, shapeB].map((shape, seed) => {
        const values = Float32Array.from(
          { length: tf.util.sizeFromShape(shape) },
          (_, i) => Math.sin(3 * i + seed) + 2,
        );
        return tf.tensor(values, shape);
      }) as [tf.Tensor, tf.Tensor];
      const found = op(a, b);
      const [ofA, ofB] = [a.dataSync(), b.dataSync()];
      const expected = Array.from({ length: found.size }, (_, flat) => {
        let rest = flat;
        const index = found.shape.map(() => 0);
        for (let axis = index.length - 1; axis >= 0; axis--) {
          index[axis] = rest % (found.shape[axis] as number);
          rest = Math.floor(rest / (found.shape[axis] as number));
        }
        return Math.fround(of(numberAt(ofA, shapeA, index), numberAt(ofB, shapeB, index)));
      });
      expect(found.shape).toEqual(tf.broadcastTo(a, found.shape).shape);
      expect(Array.from(found.dataSync())).toEqual(expected);
    });
  }
  expect(tf.memory().numTensors).toBe(before.numTensors);
  expect(tf.backend().numDataIds()).toBe(arrays);
});

test("shapes that do not go together are refused", () => {
  tf.tidy(() => {
    expect(() => tf.add(tf.zeros([2, 3]), tf.zeros([2, 2]))).toThrow("could not be broadcast");
  });
});
