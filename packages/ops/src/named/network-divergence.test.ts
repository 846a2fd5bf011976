import { useBackend } from "@pushforward/backend";
import { createKey } from "@pushforward/core";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, test } from "vitest";
import { network } from "./network.ts";
import { networkDivergence } from "./network-divergence.ts";

const D = 3;
const ROWS = 4;
const key = createKey(4);
const draw = (name: string, shape: [number, number]): tf.Tensor2D =>
  tf.tensor2d(key.fold(name).normal(shape[0] * shape[1]), shape);

function layersOf(hidden: readonly number[]) {
  const widths = [D, ...hidden, D];
  return widths.slice(1).map((to, i) => ({
    weight: draw(`weight ${i}`, [widths[i] as number, to]),
    bias: tf.reshape(draw(`bias ${i}`, [1, to]), [to]),
    ...(i === 0 && { contextWeight: draw("context", [2, to]) }),
  }));
}

for (const backend of ["cpu", "wasm"] as const) {
  describe(backend, () => {
    beforeAll(() => useBackend(backend));

    for (const activation of ["tanh", "elu", "silu"] as const) {
      for (const hidden of [[], [5], [5, 4], [5, 4, 6], [3, 4, 5, 6]]) {
        test(`${activation}, hidden [${hidden}]: outputs of the network, and the trace of its Jacobian`, () => {
          tf.tidy(() => {
            const layers = layersOf(hidden);
            const [x, context] = [draw("x", [ROWS, D]), draw("given", [ROWS, 2])];
            const [outputs, divergence] = networkDivergence(x, context, layers, activation);
            const plain = (value: tf.Tensor): tf.Tensor =>
              network(value, context, layers, { activation, residual: false });
            const expected = plain(x).dataSync();
            for (const [i, value] of outputs.dataSync().entries()) expect(value).toBeCloseTo(expected[i] as number, 4);
            const sum = new Float64Array(ROWS);
            for (let j = 0; j < D; j++) {
              const slope = tf
                .grad((value) => tf.sum(tf.slice(plain(value), [0, j], [-1, 1])))(x)
                .dataSync();
              for (let row = 0; row < ROWS; row++) sum[row] = (sum[row] as number) + (slope[row * D + j] as number);
            }
            for (const [row, value] of divergence.dataSync().entries()) {
              expect(Math.abs(value - (sum[row] as number))).toBeLessThan(
                1e-4 * Math.max(1, Math.abs(sum[row] as number)),
              );
            }
          });
        });
      }
    }
  });
}
