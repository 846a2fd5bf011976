import { type Activation, createKey, ShapeError } from "@pushforward/core";
import { type NetworkLayer, type NetworkLayerForm, sizeOf } from "@pushforward/core/extend";
import { network } from "@pushforward/ops";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, test } from "vitest";
import { useBackend } from "../index.ts";

const FORWARD = "PushforwardNetwork";
const GRADIENT = "PushforwardNetworkGrad";
const key = createKey(5);

interface Case {
  readonly widths: readonly number[];
  readonly residual: boolean;
  readonly masked: boolean;
  readonly bias: boolean;
  readonly batch: readonly number[];
  readonly contextBatch?: readonly number[];
  readonly drops?: boolean;
  /** By layer. */
  readonly forms?: Readonly<Record<number, NetworkLayerForm>>;
}

const cases: readonly Case[] = [
  { widths: [3, 5], residual: false, masked: false, bias: true, batch: [7] },
  { widths: [2, 9, 4], residual: false, masked: true, bias: true, batch: [] },
  { widths: [5, 33, 17, 6], residual: false, masked: true, bias: false, batch: [2, 5] },
  { widths: [2, 8, 8, 8, 3], residual: true, masked: true, bias: true, batch: [9] },
  { widths: [4, 16, 16, 16, 16, 16, 2], residual: true, masked: false, bias: true, batch: [3, 1] },
  { widths: [3, 8, 4], residual: false, masked: false, bias: true, batch: [6], contextBatch: [6] },
  { widths: [3, 8, 4], residual: false, masked: true, bias: true, batch: [2, 3], contextBatch: [1] },
  { widths: [3, 8, 4], residual: false, masked: true, bias: true, batch: [5, 1], contextBatch: [4] },
  { widths: [1, 8, 8, 8, 2], residual: true, masked: false, bias: true, batch: [1], contextBatch: [3, 4] },
  { widths: [3, 8, 5, 4], residual: false, masked: true, bias: true, batch: [5, 1], contextBatch: [4], drops: true },
  { widths: [4, 16, 16, 16, 16, 16, 2], residual: true, masked: true, bias: true, batch: [3, 3], drops: true },
  ...[[4], [1], [3, 1]].map(
    (contextBatch): Case => ({
      widths: [3, 8, 8, 8, 2],
      residual: true,
      masked: true,
      bias: true,
      batch: [4],
      contextBatch,
      forms: { 0: { contextUse: "activate" }, 2: { contextUse: "gate" }, 3: { raw: true } },
    }),
  ),
  {
    widths: [3, 4, 4, 4, 2, 2, 2, 2],
    residual: false,
    masked: false,
    bias: true,
    batch: [5],
    forms: { 1: { raw: true }, 2: { adds: true }, 3: { raw: true }, 4: { raw: true }, 5: { adds: true } },
    drops: true,
  },
];

const CONTEXT = 2;

/** Inputs of a case, and the op as a function of them. */
function problem(
  theCase: Case,
  activation: Activation,
): { inputs: tf.Tensor[]; run: (...x: tf.Tensor[]) => tf.Tensor } {
  const { widths, residual, masked, bias, batch, contextBatch, drops = false, forms = {} } = theCase;
  const dropout = drops ? { dropout: { rate: 0.3, keyOf: (layer: number) => key.fold(layer) } } : {};
  let draw = 0;
  const normal = (shape: readonly number[]): tf.Tensor =>
    tf.tensor(key.fold(draw++).normal(sizeOf(shape)), [...shape], "float32");
  const inputs = [normal([...batch, widths[0] as number])];
  if (contextBatch !== undefined) inputs.push(normal([...contextBatch, CONTEXT]));
  const masks: (tf.Tensor | undefined)[] = [];
  for (let i = 0; i + 1 < widths.length; i++) {
    const shape = [widths[i] as number, widths[i + 1] as number];
    inputs.push(normal(shape));
    if (bias) inputs.push(normal([shape[1] as number]));
    if (contextBatch !== undefined) inputs.push(normal([CONTEXT, shape[1] as number]));
    if (forms[i]?.contextUse !== undefined) inputs.push(normal([shape[1] as number]));
    // Prefixes that grow, as those of a masked autoregressive network do.
    masks.push(
      masked
        ? tf.tensor2d(
            Float32Array.from({ length: sizeOf(shape) }, (_, k) =>
              Math.floor(k / (shape[1] as number)) * (shape[1] as number) <=
              (k % (shape[1] as number)) * (shape[0] as number)
                ? 1
                : 0,
            ),
            shape as [number, number],
          )
        : undefined,
    );
  }
  const run = (...values: tf.Tensor[]): tf.Tensor => {
    const rest = [...values];
    const x = rest.shift() as tf.Tensor;
    const context = contextBatch === undefined ? undefined : rest.shift();
    const layers = masks.map((mask, i): NetworkLayer<tf.Tensor> => {
      const weight = rest.shift() as tf.Tensor;
      return {
        weight,
        ...(bias ? { bias: rest.shift() as tf.Tensor } : {}),
        ...(mask === undefined ? {} : { mask }),
        ...(contextBatch === undefined ? {} : { contextWeight: rest.shift() as tf.Tensor }),
        ...(forms[i]?.contextUse === undefined ? {} : { contextBias: rest.shift() as tf.Tensor }),
        ...forms[i],
      };
    });
    return network(x, context, layers, { activation, residual, ...dropout });
  };
  return { inputs, run };
}

/** Runs without the fused kernels: the op then falls back to plain operations. */
function plainly<T>(backend: string, f: () => T): T {
  const kernels = [FORWARD, GRADIENT].map((name) => tf.getKernel(name, backend));
  for (const name of [FORWARD, GRADIENT]) tf.unregisterKernel(name, backend);
  try {
    return f();
  } finally {
    for (const kernel of kernels) tf.registerKernel(kernel);
  }
}

function worst(actual: tf.Tensor, expected: tf.Tensor): number {
  expect(actual.shape).toEqual(expected.shape);
  const [a, e] = [actual.dataSync(), expected.dataSync()];
  let largest = 0;
  for (let i = 0; i < e.length; i++) {
    const [value, wanted] = [a[i] as number, e[i] as number];
    largest = Math.max(largest, Math.abs(value - wanted) / Math.max(1, Math.abs(wanted)));
  }
  return largest;
}

for (const backend of ["cpu", "wasm"] as const) {
  describe(backend, () => {
    beforeAll(() => useBackend(backend));

    for (const activation of ["relu", "tanh", "elu", "silu"] as const) {
      test(`fused ${activation} networks and their gradients are those of the plain operations`, () => {
        for (const theCase of cases) {
          tf.tidy(() => {
            const { inputs, run } = problem(theCase, activation);
            const plain = plainly(backend, () => run(...inputs));
            expect(worst(run(...inputs), plain)).toBeLessThan(2e-5);
            const dy = tf.tensor(key.fold("dy").normal(plain.size), plain.shape);
            const gradients = (): tf.Tensor[] => tf.grads((...x: tf.Tensor[]) => run(...x))(inputs, dy);
            const expected = plainly(backend, gradients);
            for (const [i, gradient] of gradients().entries()) {
              expect(worst(gradient, expected[i] as tf.Tensor)).toBeLessThan(5e-5);
            }
          });
        }
      });
    }

    test("the kernels run: without them the op is another", () => {
      let calls = 0;
      const kernel = tf.getKernel(FORWARD, backend);
      tf.unregisterKernel(FORWARD, backend);
      tf.registerKernel({
        ...kernel,
        kernelFunc: (call) => {
          calls++;
          return kernel.kernelFunc(call);
        },
      });
      tf.tidy(() => {
        const { inputs, run } = problem(cases[0] as Case, "relu");
        run(...inputs);
      });
      tf.unregisterKernel(FORWARD, backend);
      tf.registerKernel(kernel);
      expect(calls).toBe(1);
    });

    test("an empty batch gives an empty result, NaN stays NaN, nothing leaks", () => {
      const layers = [{ weight: tf.ones([2, 3]), bias: tf.ones([3]) }, { weight: tf.ones([3, 1]) }];
      const options = { activation: "relu", residual: false } as const;
      const before = tf.memory();
      const empty = network(tf.zeros([0, 2]), undefined, layers, options);
      expect(empty.shape).toEqual([0, 1]);
      const bad = network(tf.tensor2d([Number.NaN, 1, 1, 1], [2, 2]), undefined, layers, options);
      expect([...bad.dataSync()]).toEqual([Number.NaN, 9]);
      tf.dispose([empty, bad]);
      // The two inputs above.
      expect(tf.memory().numTensors - before.numTensors).toBe(2);
      expect(tf.memory().numDataBuffers - before.numDataBuffers).toBe(2);
      tf.dispose(layers.flatMap((layer) => Object.values(layer)));
    });

    test("shapes that do not fit are refused before a kernel reads past an array", () => {
      tf.tidy(() => {
        const layers = [{ weight: tf.ones([2, 3]) }, { weight: tf.ones([4, 1]) }];
        expect(() => network(tf.ones([5, 2]), undefined, layers, { activation: "relu", residual: false })).toThrow(
          new ShapeError("network: expected a weight of shape [3, 1] in layer 1, got [4, 1]."),
        );
      });
    });
  });
}
