import { useBackend } from "@pushforward/backend";
import { type Activation, ContextError, createKey, ShapeError } from "@pushforward/core";
import type { NetworkLayer } from "@pushforward/core/extend";
import * as tf from "@tensorflow/tfjs-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { affine, luLinear, network, standardNormalLogProb } from "../index.ts";

const normals = (seed: number, shape: number[], scale = 1): tf.Tensor =>
  tf.tensor(
    createKey(seed)
      .normal(shape.reduce((a, b) => a * b, 1))
      .map((v) => v * scale),
    shape,
  );

function expectClose(actual: tf.Tensor, expected: ArrayLike<number>, tolerance: number): void {
  const values = actual.dataSync();
  expect(values.length).toBe(expected.length);
  for (let i = 0; i < values.length; i++) {
    const want = expected[i] as number;
    if (Object.is(values[i], want)) continue;
    expect(Math.abs((values[i] as number) - want) / Math.max(1, Math.abs(want)), `entry ${i}`).toBeLessThan(tolerance);
  }
}

/** Tape gradients of every input against central differences (fourth order). */
function checkGradients(f: (...inputs: tf.Tensor[]) => tf.Tensor, inputs: tf.Tensor[], tolerance: number): void {
  const gradients = tf.grads((...x) => tf.sum(f(...x)))(inputs);
  for (const [k, input] of inputs.entries()) {
    const values = input.dataSync();
    for (let i = 0; i < values.length; i++) {
      const at = (h: number): number => {
        const moved = Float32Array.from(values);
        moved[i] = (values[i] as number) + h;
        const y = f(...inputs.map((t, j) => (j === k ? tf.tensor(moved, input.shape) : t)));
        return Array.from(y.dataSync()).reduce((a, b) => a + b, 0);
      };
      const h = 1e-2;
      const slope = (8 * (at(h) - at(-h)) - (at(2 * h) - at(-2 * h))) / (12 * h);
      const got = (gradients[k] as tf.Tensor).dataSync()[i] as number;
      expect(Math.abs(got - slope) / Math.max(1, Math.abs(slope)), `input ${k}, entry ${i}`).toBeLessThan(tolerance);
    }
  }
}

for (const backend of ["cpu", "wasm"] as const) {
  for (const way of ["fused", "plain"] as const) {
    describe(`affine: ${backend}, ${way} kernel`, () => {
      const names = ["PushforwardAffine", "PushforwardAffineGrad"];
      let fused: tf.KernelConfig[] = [];
      beforeAll(async () => {
        await useBackend(backend);
        fused = names.map((name) => tf.getKernel(name, backend));
        if (way === "plain") for (const name of names) tf.unregisterKernel(name, backend);
      });
      afterAll(() => {
        if (way === "plain") for (const kernel of fused) tf.registerKernel(kernel);
      });

      test("values against float64, both ways, and back", () => {
        tf.tidy(() => {
          const xs = [-3, 0, 0.5, 1e6, Number.POSITIVE_INFINITY, Number.NaN].map(Math.fround);
          const raws = [0, 1, -4, 30, -2, 1];
          const x = tf.tensor1d(xs);
          const p = tf.stack([tf.fill([6], 0.25), tf.tensor1d(raws)], -1);
          const logs = raws.map((r) => 5 * Math.tanh(r / 5));
          const [y, logDet] = affine(x, p);
          expectClose(
            y,
            xs.map((v, i) => v * Math.exp(logs[i] as number) + 0.25),
            1e-6,
          );
          expectClose(logDet, logs, 1e-6);
          const [back, negative] = affine(y, p, { inverse: true });
          expectClose(back, xs, 1e-6);
          expectClose(
            negative,
            logs.map((l) => -l),
            1e-6,
          );
        });
      });

      test("zeros are the identity bit for bit", () => {
        tf.tidy(() => {
          const xs = normals(3, [50]);
          for (const inverse of [false, true]) {
            const [y, logDet] = affine(xs, tf.zeros([2]), { inverse });
            expect(y.dataSync()).toEqual(xs.dataSync());
            expect(logDet.dataSync().every((v) => v === 0)).toBe(true);
          }
        });
      });

      test("gradients, also where batch axes broadcast", () => {
        tf.tidy(() => {
          for (const inverse of [false, true]) {
            const f = (x: tf.Tensor, p: tf.Tensor): tf.Tensor => {
              const [y, logDet] = affine(x, p, { inverse });
              return tf.add(tf.mul(y, 0.7), tf.mul(logDet, 3));
            };
            checkGradients(f, [normals(1, [3]), normals(2, [3, 2])], 2e-3);
            checkGradients(f, [normals(1, [4, 3]), normals(2, [3, 2])], 2e-3);
            checkGradients(f, [normals(1, [3]), normals(2, [2, 1, 2])], 2e-3);
          }
        });
      });

      test("nothing leaks; shapes that do not fit are named", () => {
        const x = tf.zeros([4]);
        const before = tf.memory().numTensors;
        tf.dispose(affine(x, x.shape.length === 1 ? tf.tidy(() => tf.keep(tf.zeros([2]))) : x));
        expect(tf.memory().numTensors).toBe(before + 1);
        expect(() => affine(x, x)).toThrow(
          new ShapeError("affine: expected parameters [...batch, 2] for x [4], got [4]."),
        );
        x.dispose();
      });
    });
  }

  describe(backend, () => {
    beforeAll(() => useBackend(backend));

    test("standardNormalLogProb", () => {
      tf.tidy(() => {
        const x = normals(4, [5, 3]);
        const rows = Array.from({ length: 5 }, (_, i) => [...x.dataSync()].slice(3 * i, 3 * i + 3));
        const log2Pi = Math.log(2 * Math.PI);
        expectClose(
          standardNormalLogProb(x, 0),
          rows.flat().map((v) => -0.5 * (v * v + log2Pi)),
          1e-6,
        );
        expectClose(
          standardNormalLogProb(x, 1),
          rows.map((r) => r.reduce((sum, v) => sum - 0.5 * (v * v + log2Pi), 0)),
          1e-6,
        );
        expect(standardNormalLogProb(x, 2).shape).toEqual([]);
        expectClose(
          standardNormalLogProb(tf.tensor1d([Number.NaN, Number.POSITIVE_INFINITY]), 0),
          [Number.NaN, Number.NEGATIVE_INFINITY],
          1,
        );
        expectClose(
          tf.grad((v) => tf.sum(standardNormalLogProb(v, 1)))(x),
          rows.flat().map((v) => -v),
          1e-6,
        );
      });
    });

    test("network: every activation, feed-forward and residual, masks and context, against float64", () => {
      const acts: Record<Activation, (x: number) => number> = {
        relu: (x) => Math.max(x, 0),
        tanh: Math.tanh,
        elu: (x) => (x > 0 ? x : Math.expm1(x)),
        silu: (x) => x / (1 + Math.exp(-x)),
      };
      tf.tidy(() => {
        const x = normals(1, [5, 2]);
        const context = normals(2, [5, 3]);
        const layer = (seed: number, from: number, to: number, extra: boolean): NetworkLayer<tf.Tensor> => ({
          weight: normals(seed, [from, to]),
          bias: normals(seed + 1, [to]),
          ...(extra && { mask: tf.cast(tf.greater(normals(seed + 2, [from, to]), -0.5), "float32") }),
          ...(extra && { contextWeight: normals(seed + 3, [3, to]) }),
        });
        const layers = [
          layer(10, 2, 4, true),
          layer(20, 4, 4, true),
          layer(30, 4, 4, false),
          { weight: normals(40, [4, 3]) },
        ];
        const linear = (h: number[], c: number[], l: NetworkLayer<tf.Tensor>): number[] => {
          const read = (t: tf.Tensor | undefined): ArrayLike<number> => t?.dataSync() ?? [];
          const [w, b, m, cw] = [l.weight, l.bias, l.mask, l.contextWeight].map(read) as ArrayLike<number>[];
          const to = l.weight.shape[1] as number;
          return Array.from({ length: to }, (_, j) => {
            let sum = (b?.[j] ?? 0) as number;
            for (const [i, v] of h.entries()) sum += v * (w?.[i * to + j] as number) * (m?.[i * to + j] ?? 1);
            if (cw && cw.length > 0) for (const [i, v] of c.entries()) sum += v * (cw[i * to + j] as number);
            return sum;
          });
        };
        for (const activation of ["relu", "tanh", "elu", "silu"] as const) {
          const act = (h: number[]): number[] => h.map(acts[activation]);
          for (const residual of [false, true]) {
            const expected = Array.from({ length: 5 }, (_, r) => {
              const c = [...context.dataSync()].slice(3 * r, 3 * r + 3);
              let h = linear([...x.dataSync()].slice(2 * r, 2 * r + 2), c, layers[0] as NetworkLayer<tf.Tensor>);
              if (residual) {
                const inner = linear(act(h), c, layers[1] as NetworkLayer<tf.Tensor>);
                const added = linear(act(inner), c, layers[2] as NetworkLayer<tf.Tensor>);
                h = h.map((v, i) => v + (added[i] as number));
              } else {
                h = linear(act(h), c, layers[1] as NetworkLayer<tf.Tensor>);
                h = linear(act(h), c, layers[2] as NetworkLayer<tf.Tensor>);
              }
              return linear(act(h), c, layers[3] as NetworkLayer<tf.Tensor>);
            }).flat();
            expectClose(network(x, context, layers, { activation, residual }), expected, 3e-6);
          }
        }
        const options = { activation: "tanh", residual: true } as const;
        const f = (v: tf.Tensor, c: tf.Tensor, w: tf.Tensor, b: tf.Tensor, cw: tf.Tensor): tf.Tensor =>
          tf.mul(
            network(v, c, [{ ...layers[0], weight: w, bias: b, contextWeight: cw }, ...layers.slice(1)], options),
            [1, -0.5, 2],
          );
        const [first] = layers as [Record<"weight" | "bias" | "contextWeight", tf.Tensor>];
        checkGradients(f as never, [x, context, first.weight, first.bias, first.contextWeight], 5e-3);
        // More batch axes, and a context that broadcasts over them.
        const many = network(tf.stack([x, tf.neg(x)]), context, layers, options);
        expectClose(tf.slice(many, 0, 1), network(x, context, layers, options).dataSync(), 1e-6);
        expect(() => network(x, undefined, layers, options)).toThrow(
          new ContextError("network: expected a context for the layers with a contextWeight, got none."),
        );
        expect(network(x, undefined, [{ weight: normals(1, [2, 1]) }], options).shape).toEqual([5, 1]);
      });
    });

    test("luLinear: values against float64, inverse, log-det, gradients", () => {
      tf.tidy(() => {
        const n = 3;
        const w = normals(5, [n, n], 0.6);
        const d = normals(6, [n], 0.5);
        const bias = normals(7, [n]);
        const x = normals(8, [4, n]);
        const [ws, ds, bs, xs] = [w, d, bias, x].map((t) => t.dataSync()) as [
          Float32Array,
          Float32Array,
          Float32Array,
          Float32Array,
        ];
        const expected = Array.from({ length: 4 }, (_, r) => {
          const row = xs.slice(n * r, n * r + n);
          const at = (i: number, j: number): number => ws[i * n + j] as number;
          const u = Array.from(row, (v, i) => {
            let sum = v * Math.exp(ds[i] as number);
            for (let j = i + 1; j < n; j++) sum += at(i, j) * (row[j] as number);
            return sum;
          });
          return u.map((v, i) => {
            let sum = v + (bs[i] as number);
            for (let j = 0; j < i; j++) sum += at(i, j) * (u[j] as number);
            return sum;
          });
        }).flat();
        const total = ds.reduce((a, b) => a + b, 0);
        const [y, logDet] = luLinear(x, w, w, d, bias);
        expectClose(y, expected, 2e-6);
        expectClose(logDet, Array(4).fill(total), 1e-6);
        const [back, negative] = luLinear(y, w, w, d, bias, { inverse: true });
        expectClose(back, xs, 5e-6);
        expectClose(negative, Array(4).fill(-total), 1e-6);
        for (const inverse of [false, true]) {
          const f = (v: tf.Tensor, m: tf.Tensor, l: tf.Tensor, b: tf.Tensor): tf.Tensor => {
            const [value, log] = luLinear(v, m, m, l, b, { inverse });
            return tf.add(tf.sum(tf.mul(value, [1, 2, -1]), -1), log);
          };
          checkGradients(f as never, [x, w, d, bias], 3e-3);
        }
        const [single, logSingle] = luLinear(tf.tensor1d([1, 2, 3]), w, w, tf.zeros([n]), undefined);
        expect([single.shape, logSingle.shape]).toEqual([[3], []]);
        expect(luLinear(tf.ones([2, 5, 3]), w, w, d, bias)[1].shape).toEqual([2, 5]);
      });
    });

    test("nothing leaks", () => {
      const [x, w, d] = [tf.ones([2, 2]), tf.ones([2, 2]), tf.zeros([2])];
      const before = tf.memory().numTensors;
      for (const inverse of [false, true]) {
        tf.dispose(luLinear(x, w, w, d, d, { inverse }));
        tf.dispose(
          tf.grads((v, m) => tf.sum(luLinear(v as tf.Tensor, m as tf.Tensor, m as tf.Tensor, d, d, { inverse })[0]))([
            x,
            w,
          ]),
        );
      }
      const layers = [{ weight: w, bias: d, mask: w }, { weight: w }];
      network(x, undefined, layers, { activation: "silu", residual: false }).dispose();
      standardNormalLogProb(x, 1).dispose();
      expect(tf.memory().numTensors).toBe(before);
      tf.dispose([x, w, d]);
    });
  });
}
