import { useBackend } from "@pushforward/backend";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, test } from "vitest";
import { type OnnxRows, runOnnx } from "../../test/run-onnx.ts";
import { encodeModel } from "../graph/encode-model.ts";
import { GraphBuilder } from "../graph/graph-builder.ts";
import { recordProgram } from "../program/merge-recordings.ts";
import { translateProgram } from "../translate-program.ts";
import { operators } from "./operators.ts";

beforeAll(async () => {
  await useBackend("cpu");
});

/** Numbers with all that is special about them; those of one row are a multiple of 4. */
const VALUES = [
  [-2.5, 0.3, 1, 4],
  [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, -0],
  [1e-7, -1e-7, 30, -30],
  [0.5, -0.5, 1.5, 2.5],
  [100, -100, 1e30, -1e-30],
];

type Case = (x: tf.Tensor) => tf.Tensor;
const half = (x: tf.Tensor): tf.Tensor => tf.slice(x, [0, 1], [x.shape[0] as number, 2]);
const cube = (x: tf.Tensor): tf.Tensor => tf.reshape(x, [-1, 2, 2]);
const finite = (x: tf.Tensor): tf.Tensor => tf.where(tf.isFinite(x), tf.clipByValue(x, -3, 3), 0);
const bounded = (x: tf.Tensor): tf.Tensor => tf.tanh(x);
const asNumbers = (x: tf.Tensor): tf.Tensor => tf.cast(x, "float32");
const places = (x: tf.Tensor): tf.Tensor => tf.cast(tf.clipByValue(tf.abs(finite(x)), 0, 1.5), "int32");

/** By what is tested, a program that has the kernel in it. */
const cases: Readonly<Record<string, Case>> = {
  abs: tf.abs,
  acos: (x) => tf.acos(bounded(x)),
  acosh: (x) => tf.acosh(tf.add(tf.abs(finite(x)), 1)),
  add: (x) => tf.add(x, tf.tensor1d([1, 2, Number.NaN, 4])),
  addN: (x) => tf.addN([x, tf.ones(x.shape as [number, number]), x]),
  all: (x) => asNumbers(tf.all(tf.greater(x, -3), 1)),
  any: (x) => asNumbers(tf.any(tf.greater(x, 3), 1, true)),
  "any of all": (x) => tf.add(finite(x), asNumbers(tf.any(tf.less(x, 0)))),
  argMax: (x) => asNumbers(tf.argMax(finite(x), 1)),
  asin: (x) => tf.asin(bounded(x)),
  asinh: (x) => tf.asinh(finite(x)),
  atan: tf.atan,
  atan2: (x) => tf.atan2(tf.add(finite(x), 0), tf.tensor1d([1, -1, 0, -2])),
  atanh: (x) => tf.atanh(tf.mul(bounded(x), 0.9)),
  batchMatMul: (x) => tf.matMul(cube(finite(x)), tf.tensor3d([1, 2, 3, 4], [1, 2, 2]), false, true),
  "matMul of rows": (x) => tf.matMul(finite(x) as tf.Tensor2D, tf.tensor2d([1, 2, 3, 4, 5, 6, 7, 8], [4, 2])),
  ceil: tf.ceil,
  clipByValue: (x) => tf.clipByValue(finite(x), -1, 2),
  concat: (x) => tf.concat([x, tf.zeros([x.shape[0] as number, 1]), half(x)], 1),
  conv2d: (x) =>
    tf.conv2d(
      tf.reshape(finite(x), [-1, 2, 2, 1]) as tf.Tensor4D,
      tf.tensor4d(Float32Array.from({ length: 18 }, Math.sin), [3, 3, 1, 2]),
      1,
      "same",
    ),
  cos: (x) => tf.cos(finite(x)),
  cosh: (x) => tf.cosh(finite(x)),
  cumsum: (x) => tf.add(tf.cumsum(finite(x), 1), tf.cumsum(finite(x), 1, true, true)),
  elu: tf.elu,
  equal: (x) => asNumbers(tf.equal(x, 1)),
  erf: tf.erf,
  exp: tf.exp,
  expandDims: (x) => tf.expandDims(x, 1),
  expm1: tf.expm1,
  floor: tf.floor,
  floorDiv: (x) => asNumbers(tf.floorDiv(finite(x), 2)),
  gather: (x) => tf.gather(x, tf.tensor1d([3, 0, 0], "int32"), 1),
  "gather by rows": (x) => tf.gather(tf.tensor2d([1, 2, 3, 4], [2, 2]), places(x)),
  "gather within rows": (x) => tf.gather(x, places(x), 1, 1),
  gatherND: (x) => tf.gatherND(tf.tensor2d([1, 2, 3, 4], [2, 2]), tf.reshape(places(x), [-1, 2, 2])),
  greater: (x) => asNumbers(tf.greater(x, 0)),
  greaterEqual: (x) => asNumbers(tf.greaterEqual(x, 1)),
  identity: tf.clone,
  isFinite: (x) => asNumbers(tf.isFinite(x)),
  isInf: (x) => asNumbers(tf.isInf(x)),
  isNaN: (x) => asNumbers(tf.isNaN(x)),
  leakyRelu: (x) => tf.leakyRelu(x, 0.1),
  less: (x) => asNumbers(tf.less(x, 1)),
  lessEqual: (x) => asNumbers(tf.lessEqual(x, 1)),
  log: (x) => tf.log(x),
  log1p: (x) => tf.log1p(x),
  logicalAnd: (x) => asNumbers(tf.logicalAnd(tf.greater(x, 0), tf.less(x, 2))),
  logicalNot: (x) => asNumbers(tf.logicalNot(tf.greater(x, 0))),
  logicalOr: (x) => asNumbers(tf.logicalOr(tf.greater(x, 2), tf.less(x, 0))),
  logicalXor: (x) => asNumbers(tf.logicalXor(tf.greater(x, 0), tf.less(x, 2))),
  logSoftmax: (x) => tf.logSoftmax(finite(x)),
  max: (x) => tf.max(x, 1),
  maximum: (x) => tf.maximum(x, 0.5),
  mean: (x) => tf.mean(x, 1, true),
  min: (x) => tf.min(finite(x), -1),
  minimum: (x) => tf.minimum(x, 0.5),
  mod: (x) => tf.mod(finite(x), tf.tensor1d([2, -2, 0.7, 3])),
  multiply: (x) => tf.mul(x, tf.tensor1d([1, 2, 0, 4])),
  negative: tf.neg,
  notEqual: (x) => asNumbers(tf.notEqual(x, 1)),
  oneHot: (x) => asNumbers(tf.oneHot(places(x) as tf.Tensor2D, 2)),
  onesLike: (x) => tf.add(tf.onesLike(x), finite(x)),
  pad: (x) =>
    tf.pad(
      x,
      [
        [0, 0],
        [1, 2],
      ],
      7,
    ),
  pow: (x) => tf.pow(tf.abs(x), 0.5),
  prelu: (x) => tf.prelu(x, tf.tensor1d([0.1, 0.2, 0.3, 0.4])),
  prod: (x) => tf.prod(finite(x), 1),
  realDiv: (x) => tf.div(x, tf.tensor1d([2, 0, -3, 0.1])),
  reciprocal: tf.reciprocal,
  relu: tf.relu,
  reshape: (x) => tf.reshape(tf.reshape(x, [-1]), [-1, 2, 2]),
  reverse: (x) => tf.reverse(x, 1),
  round: tf.round,
  rsqrt: tf.rsqrt,
  select: (x) => tf.where(tf.less(x, 1), x, tf.zerosLike(x)),
  sigmoid: tf.sigmoid,
  sign: tf.sign,
  sin: (x) => tf.sin(finite(x)),
  sinh: (x) => tf.sinh(finite(x)),
  slice: half,
  softmax: (x) => tf.softmax(finite(x)),
  softplus: tf.softplus,
  split: (x) => tf.add(...(tf.split(finite(x), [1, 1, 2], 1).slice(0, 2) as [tf.Tensor, tf.Tensor])),
  sqrt: tf.sqrt,
  square: tf.square,
  squaredDifference: (x) => tf.squaredDifference(x, 1),
  stack: (x) => tf.stack([x, tf.neg(x)], 1),
  step: (x) => tf.step(x, 0.2),
  sub: (x) => tf.sub(1, x),
  sum: (x) => tf.sum(x, -1),
  tan: (x) => tf.tan(tf.mul(bounded(x), 0.5)),
  tanh: tf.tanh,
  tile: (x) => tf.tile(x, [1, 2]),
  "tile of one": (x) => tf.add(finite(x), tf.tile(tf.sum(finite(x), 1, true), [1, 4])),
  transpose: (x) => tf.transpose(cube(x), [0, 2, 1]),
  unstack: (x) => tf.add(...(tf.unstack(cube(finite(x)), 1).slice(0, 2) as [tf.Tensor, tf.Tensor])),
  zerosLike: (x) => tf.add(tf.zerosLike(x), finite(x)),
};

const used = new Set<string>();

async function byOnnx(run: Case, x: OnnxRows): Promise<OnnxRows> {
  const program = recordProgram({}, [[4]], ([rows]) => run(rows as tf.Tensor));
  for (const { kernel } of program.calls) used.add(kernel);
  const graph = new GraphBuilder();
  const input = graph.input("x", { shape: [{ rows: 1 }, 4], type: "float64" });
  const output = graph.cast(translateProgram(graph, program, [graph.cast(input, "float32")]), "float64");
  return runOnnx(encodeModel(graph.finish("test", [graph.named("y", output)]), {}), { x });
}

describe("a kernel gives the numbers of TensorFlow.js", () => {
  test.for(Object.entries(cases))("%s", async ([, run]) => {
    const expected = tf.tidy(() => {
      const y = run(tf.tensor2d(VALUES));
      return { shape: y.shape, values: y.dataSync().slice() };
    });
    const found = await byOnnx(run, { shape: [VALUES.length, 4], values: VALUES.flat() });
    expect(found.shape).toEqual(expected.shape);
    for (const [i, value] of Array.from(expected.values).entries()) {
      const other = found.values[i] as number;
      if (Number.isFinite(value)) expect(other, `value ${i}`).toBeCloseTo(value, Math.abs(value) > 1e3 ? -30 : 5);
      else expect(other, `value ${i}`).toBe(value);
    }
  });

  test("there is a case for every kernel", () => {
    expect(Object.keys(operators).filter((kernel) => !used.has(kernel))).toEqual([]);
  });
});
