import { createKey } from "@pushforward/core";
import { sizeOf } from "@pushforward/core/extend";
import { affine, broadcastIndices, rationalQuadraticSpline } from "@pushforward/ops";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, test } from "vitest";
import { useBackend } from "../index.ts";

type Op = (x: tf.Tensor, parameters: tf.Tensor) => [tf.Tensor, tf.Tensor];

const ops: Readonly<Record<string, { readonly size: number; readonly op: Op }>> = {
  affine: { size: 2, op: (x, p) => affine(x, p) },
  "affine, inverse": { size: 2, op: (x, p) => affine(x, p, { inverse: true }) },
  spline: {
    size: 8,
    op: (x, p) => rationalQuadraticSpline(x, p, { bins: 3, bound: 2 }),
  },
  "spline with linear tails": {
    size: 10,
    op: (x, p) => rationalQuadraticSpline(x, p, { bins: 3, bound: 1, tails: "linear" }),
  },
  "spline, inverse": {
    size: 8,
    op: (x, p) => rationalQuadraticSpline(x, p, { bins: 3, bound: 2, inverse: true }),
  },
};

// Beyond and beside what is copied out at a time.
const shapes: readonly (readonly [x: number[], batch: number[]])[] = [
  [[257, 2], [2]],
  [[2], [300, 2]],
  [[], [513]],
  [[256], []],
  [
    [5, 1, 3],
    [1, 7, 3],
  ],
  [
    [40, 1],
    [1, 30],
  ],
  [
    [3, 2],
    [3, 2],
  ],
];

for (const backend of ["cpu", "wasm"] as const) {
  describe(backend, () => {
    beforeAll(() => useBackend(backend));

    for (const [name, { size, op }] of Object.entries(ops)) {
      test(`${name}: what broadcasts is what is written out, values and gradients`, () => {
        const key = createKey(3);
        for (const [xShape, batch] of shapes) {
          tf.tidy(() => {
            const x = tf.tensor(key.fold("x").normal(sizeOf(xShape)), xShape);
            const p = tf.tensor(key.fold("p").normal(sizeOf(batch) * size), [...batch, size]);
            const values = op(x, p);
            const full = values[0].shape;
            const expected = op(tf.broadcastTo(x, full), tf.broadcastTo(p, [...full, size]));
            const weights = [0, 1].map((k) => tf.tensor(key.fold(k).normal(sizeOf(full)), full)) as [
              tf.Tensor,
              tf.Tensor,
            ];
            const loss = (a: tf.Tensor, b: tf.Tensor): tf.Tensor => {
              const [y, logDet] = op(a, b);
              return tf.add(tf.sum(tf.mul(y, weights[0])), tf.sum(tf.mul(logDet, weights[1])));
            };
            for (const [k, value] of values.entries()) {
              // The same kernel on the same numbers.
              expect([...value.dataSync()]).toEqual([...(expected[k] as tf.Tensor).dataSync()]);
            }
            const gradients = tf.grads(loss)([x, p]);
            const unsummed = tf.grads(loss)([tf.broadcastTo(x, full), tf.broadcastTo(p, [...full, size])]);
            for (const [k, gradient] of gradients.entries()) {
              expect(gradient.shape).toEqual([x, p][k]?.shape);
              const sums = new Float64Array(gradient.size);
              const parts = (unsummed[k] as tf.Tensor).dataSync();
              for (const [i, to] of broadcastIndices(gradient.shape, (unsummed[k] as tf.Tensor).shape).entries()) {
                sums[to] = (sums[to] as number) + (parts[i] as number);
              }
              expect([...gradient.dataSync()], `${xShape} ${batch}`).toEqual([...Float32Array.from(sums)]);
            }
          });
        }
      });

      test(`${name}: empty batches, and nothing leaks`, () => {
        const before = tf.memory();
        const arrays = tf.backend().numDataIds();
        tf.tidy(() => {
          for (const [xShape, batch] of [
            [[0], [0]],
            [[0], [1]],
            [[1], [0, 1]],
          ] as const) {
            const [x, p] = [tf.zeros([...xShape]), tf.ones([...batch, size])];
            expect(op(x, p)[0].size).toBe(0);
            const gradients = tf.grads((a, b) => tf.sum(op(a as tf.Tensor, b as tf.Tensor)[0]))([x, p]);
            expect(gradients.map(({ shape }) => shape)).toEqual([x.shape, p.shape]);
            for (const gradient of gradients) expect(gradient.dataSync().every((v) => v === 0)).toBe(true);
          }
          const [x, p] = [tf.ones([300, 2]), tf.ones([2, size])];
          tf.dispose(tf.grads((a, b) => tf.sum(op(a as tf.Tensor, b as tf.Tensor)[0]))([x, p]));
        });
        expect(tf.memory().numTensors).toBe(before.numTensors);
        expect(tf.backend().numDataIds()).toBe(arrays);
      });
    }
  });
}
