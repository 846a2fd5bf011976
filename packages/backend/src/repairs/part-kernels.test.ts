import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, expect, test } from "vitest";
import { useBackend } from "../index.ts";

const SHAPE = [2, 3, 4] as const;

/** Every begin and size of an axis. */
function parts(length: number): [begin: number, size: number][] {
  return Array.from({ length }, (_, begin) =>
    Array.from({ length: length - begin }, (_, rest): [number, number] => [begin, rest + 1]),
  ).flat();
}

beforeAll(() => useBackend("cpu"));

test.each(["float32", "int32", "bool"] as const)("every slice of three axes, %s", (dtype) => {
  const values = Array.from({ length: 24 }, (_, i) => (dtype === "bool" ? (i * 7) % 2 : i));
  const x = tf.tensor(values, [...SHAPE], dtype);
  for (const [i, rows] of parts(SHAPE[0]))
    for (const [j, columns] of parts(SHAPE[1]))
      for (const [k, depth] of parts(SHAPE[2])) {
        const found = tf.slice(x, [i, j, k], [rows, columns, depth]);
        const expected = Array.from({ length: rows * columns * depth }, (_, at) => {
          const [row, column] = [Math.floor(at / (columns * depth)), Math.floor(at / depth) % columns];
          return values[((i + row) * SHAPE[1] + j + column) * SHAPE[2] + k + (at % depth)];
        });
        expect(Array.from(found.dataSync())).toEqual(expected);
        found.dispose();
      }
  x.dispose();
});

test("to the end of an axis, of nothing, and beyond it", () => {
  tf.tidy(() => {
    const x = tf.tensor2d([1, 2, 3, 4, 5, 6], [2, 3]);
    expect(tf.slice(x, [0, 1]).arraySync()).toEqual([
      [2, 3],
      [5, 6],
    ]);
    expect(tf.slice(x, [0, 1], [-1, 1]).arraySync()).toEqual([[2], [5]]);
    expect(tf.slice(x, [0, 1], [2, 0]).shape).toEqual([2, 0]);
    expect(() => tf.slice(x, [0, 1], [2, 3])).toThrow("would overflow");
  });
});

test("of texts", () => {
  const x = tf.tensor2d(["a", "b", "c", "d"], [2, 2], "string");
  expect(tf.tidy(() => tf.slice(x, [0, 1], [2, 1]).arraySync())).toEqual([["b"], ["d"]]);
  x.dispose();
});

test("tensors are split and unstacked along every axis, and nothing is left behind", () => {
  const before = tf.memory().numTensors;
  const arrays = tf.backend().numDataIds();
  tf.tidy(() => {
    const x = tf.tensor(
      Float32Array.from({ length: 24 }, (_, i) => i),
      [...SHAPE],
    );
    for (const axis of [0, 1, 2, -1, -2]) {
      const length = x.shape.at(axis < 0 ? axis : axis - 3) as number;
      const sizes = [1, length - 1];
      const parts = tf.split(x, sizes, axis);
      expect(parts.map((part) => part.shape.at(axis < 0 ? axis : axis - 3))).toEqual(sizes);
      expect(tf.concat(parts, axis).arraySync()).toEqual(x.arraySync());
      const slices = tf.unstack(x, axis);
      expect(slices).toHaveLength(length);
      expect(tf.stack(slices, axis).arraySync()).toEqual(x.arraySync());
      const last = tf.slice(
        x,
        SHAPE.map((_, i) => (i === (axis + 3) % 3 ? length - 1 : 0)),
      );
      expect(slices.at(-1)?.arraySync()).toEqual(tf.squeeze(last, [(axis + 3) % 3]).arraySync());
    }
  });
  expect(tf.memory().numTensors).toBe(before);
  expect(tf.backend().numDataIds()).toBe(arrays);
});

test("tensors without elements are cut, too", () => {
  tf.tidy(() => {
    for (const shape of [
      [0, 4],
      [3, 0, 4],
    ] as [number, number][]) {
      const x = tf.zeros(shape) as tf.Tensor;
      const axis = shape.length - 1;
      expect(tf.split(x, [1, 3], axis).map((part) => part.shape)).toEqual([shape.with(axis, 1), shape.with(axis, 3)]);
      expect(tf.unstack(x, axis).map((part) => part.shape)).toEqual(Array(4).fill(shape.slice(0, -1)));
      expect(tf.slice(x, [0], [0]).shape).toEqual(shape.with(0, 0));
    }
  });
});
