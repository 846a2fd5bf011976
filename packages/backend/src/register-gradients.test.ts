import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { gradientOverrides } from "@pushforward/ops";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, test } from "vitest";
import { coreGradients } from "./generated/core-gradients.ts";
import { useBackend } from "./index.ts";

type Op = (...inputs: tf.Tensor[]) => tf.Tensor;

// Distinct numbers without ties, from `low` to `high`.
function numbers(shape: number[], low = -2, high = 2): tf.Tensor {
  const size = shape.reduce((a, b) => a * b, 1);
  const values = Array.from({ length: size }, (_, i) => low + ((high - low) * (((i * 37) % 101) + 0.37)) / 102);
  return tf.tensor(values, shape);
}

const matrix = (low?: number, high?: number): tf.Tensor => numbers([2, 3], low, high);
const row = (low?: number, high?: number): tf.Tensor => numbers([3], low, high);
const image = (): tf.Tensor => numbers([1, 4, 4, 2]);
const ids = (values: number[]): tf.Tensor1D => tf.tensor1d(values, "int32");

// Each op by the name of the kernel whose gradient is meant, and the inputs to differentiate by.
const table: Record<string, [Op, () => tf.Tensor[]]> = {
  Abs: [tf.abs, () => [matrix()]],
  Acos: [tf.acos, () => [matrix(-0.8, 0.8)]],
  Acosh: [tf.acosh, () => [matrix(1.5, 3)]],
  Add: [tf.add, () => [matrix(), row()]],
  AddN: [(a, b) => tf.addN([a as tf.Tensor, b as tf.Tensor]), () => [matrix(), matrix(0, 1)]],
  Asin: [tf.asin, () => [matrix(-0.8, 0.8)]],
  Asinh: [tf.asinh, () => [matrix()]],
  Atan: [tf.atan, () => [matrix()]],
  Atan2: [tf.atan2, () => [matrix(), row(0.5, 2)]],
  Atanh: [tf.atanh, () => [matrix(-0.8, 0.8)]],
  AvgPool: [(x) => tf.avgPool(x as tf.Tensor4D, 2, 2, "valid"), () => [image()]],
  BatchMatMul: [(a, b) => tf.matMul(a as tf.Tensor, b as tf.Tensor), () => [matrix(), numbers([3, 2])]],
  Cast: [(x) => tf.cast(x as tf.Tensor, "float32"), () => [matrix()]],
  ClipByValue: [(x) => tf.clipByValue(x as tf.Tensor, -1, 1), () => [matrix()]],
  Concat: [(a, b) => tf.concat([a as tf.Tensor, b as tf.Tensor], 1), () => [matrix(), numbers([2, 1])]],
  Conv2D: [
    (x, w) => tf.conv2d(x as tf.Tensor4D, w as tf.Tensor4D, 1, "same"),
    () => [image(), numbers([2, 2, 2, 1], -1, 1)],
  ],
  Cos: [tf.cos, () => [matrix()]],
  Cosh: [tf.cosh, () => [matrix()]],
  Cumsum: [(x) => tf.cumsum(x as tf.Tensor, 1), () => [matrix()]],
  DepthwiseConv2dNative: [
    (x, w) => tf.depthwiseConv2d(x as tf.Tensor4D, w as tf.Tensor4D, 1, "valid"),
    () => [image(), numbers([2, 2, 2, 1], -1, 1)],
  ],
  Elu: [tf.elu, () => [matrix()]],
  Erf: [tf.erf, () => [matrix()]],
  Exp: [tf.exp, () => [matrix()]],
  ExpandDims: [(x) => tf.expandDims(x as tf.Tensor, 1), () => [matrix()]],
  Expm1: [tf.expm1, () => [matrix()]],
  GatherV2: [(x) => tf.gather(x as tf.Tensor, ids([1, 1, 0])), () => [matrix()]],
  LeakyRelu: [(x) => tf.leakyRelu(x as tf.Tensor, 0.1), () => [matrix()]],
  Log: [tf.log, () => [matrix(0.5, 3)]],
  Log1p: [tf.log1p, () => [matrix(-0.5, 3)]],
  Max: [(x) => tf.max(x as tf.Tensor, 1), () => [matrix()]],
  Maximum: [tf.maximum, () => [matrix(), matrix(-1, 1)]],
  MaxPool: [(x) => tf.maxPool(x as tf.Tensor4D, 2, 2, "valid"), () => [image()]],
  Mean: [(x) => tf.mean(x as tf.Tensor, 0), () => [matrix()]],
  Min: [(x) => tf.min(x as tf.Tensor, 0), () => [matrix()]],
  Minimum: [tf.minimum, () => [matrix(), matrix(-1, 1)]],
  Multiply: [tf.mul, () => [matrix(), row()]],
  Neg: [tf.neg, () => [matrix()]],
  Pack: [(a, b) => tf.stack([a as tf.Tensor, b as tf.Tensor], 1), () => [matrix(), matrix(0, 1)]],
  PadV2: [
    (x) =>
      tf.pad(x as tf.Tensor, [
        [1, 0],
        [0, 2],
      ]),
    () => [matrix()],
  ],
  Pow: [tf.pow, () => [matrix(0.5, 2), row()]],
  Prelu: [tf.prelu, () => [matrix(), row(0.1, 0.5)]],
  Prod: [(x) => tf.prod(x as tf.Tensor, 1), () => [matrix()]],
  RealDiv: [tf.div, () => [matrix(), row(0.7, 2)]],
  Reciprocal: [tf.reciprocal, () => [matrix(0.7, 2)]],
  Relu: [tf.relu, () => [matrix()]],
  Reshape: [(x) => tf.reshape(x as tf.Tensor, [3, 2]), () => [matrix()]],
  Reverse: [(x) => tf.reverse(x as tf.Tensor, 1), () => [matrix()]],
  Rsqrt: [tf.rsqrt, () => [matrix(0.7, 2)]],
  Select: [
    (a, b) => tf.where(tf.tensor2d([1, 0, 1, 0, 0, 1], [2, 3], "bool"), a as tf.Tensor, b as tf.Tensor),
    () => [matrix(), matrix(0, 1)],
  ],
  Selu: [tf.selu, () => [matrix()]],
  Sigmoid: [tf.sigmoid, () => [matrix()]],
  Sin: [tf.sin, () => [matrix()]],
  Sinh: [tf.sinh, () => [matrix()]],
  Slice: [(x) => tf.slice(x as tf.Tensor, [0, 1], [2, 2]), () => [matrix()]],
  Softmax: [(x) => tf.softmax(x as tf.Tensor), () => [matrix()]],
  Softplus: [tf.softplus, () => [matrix()]],
  SplitV: [(x) => tf.split(x as tf.Tensor, [1, 2], 1)[1] as tf.Tensor, () => [matrix()]],
  Sqrt: [tf.sqrt, () => [matrix(0.5, 2)]],
  Square: [tf.square, () => [matrix()]],
  SquaredDifference: [tf.squaredDifference, () => [matrix(), matrix(0, 1)]],
  Sub: [tf.sub, () => [matrix(), row()]],
  Sum: [(x) => tf.sum(x as tf.Tensor, 1), () => [matrix()]],
  Tan: [tf.tan, () => [matrix(-1, 1)]],
  Tanh: [tf.tanh, () => [matrix()]],
  Tile: [(x) => tf.tile(x as tf.Tensor, [2, 1, 1, 3, 2]), () => [numbers([1, 2, 1, 2, 1])]],
  Transpose: [(x) => tf.transpose(x as tf.Tensor, [1, 0]), () => [matrix()]],
  Unpack: [(x) => tf.unstack(x as tf.Tensor, 1)[1] as tf.Tensor, () => [matrix()]],
  UnsortedSegmentSum: [(x) => tf.unsortedSegmentSum(x as tf.Tensor, ids([1, 0]), 2), () => [matrix()]],
};

// What TensorFlow.js itself lacks or gets wrong on wasm. Ours convolve with constants only; the test fails when a limit is gone.
const limitsOfWasm: Record<string, string> = {
  Conv2D: "Kernel 'Conv2DBackpropFilter' not registered for backend 'wasm'",
  DepthwiseConv2dNative: "Kernel 'DepthwiseConv2dNativeBackpropInput' not registered for backend 'wasm'",
  MaxPool: "input 0, entry 1", // no gradient where the maximum is negative
};

test("every gradient of tfjs-core is there in plain Node, and none is shipped that ours replace", async () => {
  await useBackend("cpu");
  const dist = dirname(createRequire(import.meta.url).resolve("@tensorflow/tfjs-core"));
  const list = readFileSync(join(dist, "register_all_gradients.js"), "utf8");
  const names = new Map<string | undefined, unknown>(Object.entries(tf));
  const kernels = [...list.matchAll(/'\.\/(gradients\/\w+)'/g)].map(([, file]) => {
    return names.get(/kernelName: (\w+)/.exec(readFileSync(join(dist, `${file}.js`), "utf8"))?.[1]) as string;
  });
  expect(kernels).toHaveLength(101);
  for (const kernel of kernels) expect(tf.getGradient(kernel), kernel).toBeDefined();
  const overridden = new Set(gradientOverrides.map(({ kernelName }) => kernelName));
  expect(coreGradients.map(({ kernelName }) => kernelName).filter((name) => overridden.has(name))).toEqual([]);
  for (const kernel of Object.keys(table)) expect(kernels, "a name in the table").toContain(kernel);
});

for (const backend of ["cpu", "wasm"] as const) {
  describe(backend, () => {
    beforeAll(() => useBackend(backend));

    test.each(Object.entries(table))("gradient of %s against central differences", (kernel, [f, inputs]) => {
      const limit = backend === "wasm" ? limitsOfWasm[kernel] : undefined;
      if (limit === undefined) checkGradient(kernel, f, inputs);
      else expect(() => checkGradient(kernel, f, inputs)).toThrow(limit);
    });
  });
}

// By the tape against central differences (fourth order), of Σ w·f(x).
function checkGradient(kernel: string, f: Op, inputs: () => tf.Tensor[]): void {
  let ran = false;
  const config = tf.getGradient(kernel) as tf.GradConfig;
  tf.unregisterGradient(kernel);
  tf.registerGradient({
    ...config,
    gradFunc: (...values) => {
      ran = true;
      return config.gradFunc(...values);
    },
  });
  tf.tidy(() => {
    const at = inputs();
    const loss: Op = (...x) => {
      const y = f(...x);
      const weights = Float32Array.from({ length: y.size }, (_, i) => Math.sin(i + 1) + 0.3);
      return tf.sum(tf.mul(y, tf.tensor(weights, y.shape)));
    };
    const gradients = tf.grads(loss)(at);
    for (const [k, input] of at.entries()) {
      const gradient = gradients[k] as tf.Tensor;
      expect(gradient.shape).toEqual(input.shape);
      const values = input.dataSync();
      const moved = (i: number, h: number): number => {
        const other = Float32Array.from(values);
        other[i] = (values[i] as number) + h;
        return loss(...at.map((t, j) => (j === k ? tf.tensor(other, input.shape) : t))).dataSync()[0] as number;
      };
      for (const [i, slope] of gradient.dataSync().entries()) {
        const h = 1e-2;
        const expected = (8 * (moved(i, h) - moved(i, -h)) - (moved(i, 2 * h) - moved(i, -2 * h))) / (12 * h);
        expect(Math.abs(slope - expected), `input ${k}, entry ${i}`).toBeLessThanOrEqual(
          2e-3 * Math.max(1, Math.abs(expected)),
        );
      }
    }
  });
  expect(ran, "the gradient of another kernel was used").toBe(true);
}
