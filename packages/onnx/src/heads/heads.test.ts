import { useBackend } from "@pushforward/backend";
import { type Conditioner, type Distribution, ndArray } from "@pushforward/core";
import type { UnivariateStatistics } from "@pushforward/distributions";
import { logProbRows, type UnivariateHeadName } from "@pushforward/flows";
import { CategoricalHead, DistributionNetwork, UnivariateHead } from "@pushforward/flows/extend";
import * as tf from "@tensorflow/tfjs-core";
import { expect, test } from "vitest";
import { type OnnxRows, runOnnx } from "../../test/run-onnx.ts";
import { exportOnnx } from "../export-onnx.ts";
import { headDensities } from "./heads.ts";

await useBackend("wasm");

/** A network that gives its context, so that a test chooses the outputs. */
function outputsAsContext(size: number): Conditioner {
  return {
    inputSize: size,
    outputSize: size,
    contextSize: 0,
    apply: (x: tf.Tensor) => tf.clone(x),
    parameters: () => new Map(),
    dispose: () => {},
    [Symbol.dispose]: () => {},
  };
}

/** Outputs of a network, and numbers at them. */
const OUTPUTS = [-30, -8, -2.5, -0.4, 0, 0.3, 1.7, 6, 25];
const POINTS = [
  ...[-1e30, -2000, -3, -1, -0.25, 0, 1e-30, 1e-3, 0.4, 0.999, 1, 2, 2.5, 7, 40, 1234, 1e6, 1e30],
  ...[Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, Math.PI, -Math.PI],
];

/** All points at all outputs. */
function grid(count: number): { readonly x: OnnxRows; readonly context: OnnxRows } {
  let outputs: number[][] = [[]];
  for (let i = 0; i < count; i++) {
    const some = count < 3 ? OUTPUTS : OUTPUTS.filter((_, j) => j % 2 === 0);
    outputs = outputs.flatMap((row) => some.map((value) => [...row, value]));
  }
  const rows = outputs.flatMap((row) => POINTS.map((point) => ({ row, point })));
  return {
    x: { shape: [rows.length, 1], values: rows.map(({ point }) => point) },
    context: { shape: [rows.length, count], values: rows.flatMap(({ row }) => row) },
  };
}

function asTable({ shape, values }: OnnxRows) {
  return ndArray([shape[0] as number, shape[1] as number], Float64Array.from(values));
}

function modelOf(distribution: UnivariateHeadName): {
  readonly head: UnivariateHead;
  readonly model: DistributionNetwork;
} {
  const head = new UnivariateHead({ distribution, features: 1 });
  return { head, model: new DistributionNetwork({ head, conditioner: outputsAsContext(head.parameterCount) }) };
}

const names = Object.keys(headDensities) as UnivariateHeadName[];

/** Numbers at which float32 decides, in the library or in an engine. */
const isLimit: Readonly<Record<string, (outputs: readonly number[], x: number) => boolean>> = {
  // The smallest float32, which stands for 0, over 1e6 keeps four bits.
  gamma: ([, rate = 0], x) => x === 0 && rate <= -30,
  // The sigmoid of a large logit is a few units of float32 below 1; so many successes multiply the last bit.
  "negative-binomial": ([, logit = 0], x) => logit >= 25 && x > 1000,
};

test.for(names)("log-densities of %s are those of the library for all outputs and numbers", async (distribution) => {
  const { head, model } = modelOf(distribution);
  const { x, context } = grid(head.parameterCount);
  const expected = logProbRows(model, asTable(x), asTable(context));
  const { values } = await runOnnx(exportOnnx(model), { x, context });
  const all = Array.from(context.values);
  let compared = 0;
  for (const [i, own] of expected.entries()) {
    const outputs = all.slice(i * head.parameterCount, (i + 1) * head.parameterCount);
    const point = x.values[i] as number;
    if (isLimit[distribution]?.(outputs, point)) continue;
    compared++;
    const found = values[i] as number;
    const error = Object.is(found, own) ? 0 : Math.abs(found - own) / Math.max(1, Math.abs(own));
    // A NaN on one side is an error, too.
    if (!(error < 1e-4)) expect.fail(`${outputs} at ${point}: ${found}, ${own}`);
  }
  expect(compared).toBeGreaterThan(0.97 * expected.length);
});

const categories = new CategoricalHead({ categories: [3, 2] });

function categoriesModel(): DistributionNetwork {
  return new DistributionNetwork({ head: categories, conditioner: outputsAsContext(5) });
}

test("log-probabilities of categories are those of the library", async () => {
  const rows = [
    [0, 1],
    [2, 0],
    [1, 2],
    [3, 0],
    [0.5, 0],
    [-1, 0],
    [Number.NaN, 0],
    [0, Number.POSITIVE_INFINITY],
  ];
  const x = { shape: [rows.length, 2], values: rows.flat() };
  const context = { shape: [rows.length, 5], values: rows.flatMap((_, i) => [i, -30, 2, 0.5 - i, 40]) };
  const model = categoriesModel();
  const { values } = await runOnnx(exportOnnx(model), { x, context });
  for (const [i, own] of logProbRows(model, asTable(x), asTable(context)).entries()) {
    if (Number.isFinite(own)) expect(values[i]).toBeCloseTo(own, 4);
    else expect(values[i], `row ${i}`).toBe(own);
  }
});

/** Distributions that are drawn by rejection. */
const rejected = ["beta", "gamma", "negative-binomial", "poisson", "student-t", "von-mises"];

test.for(names)("rows of %s are quantiles of uniform numbers, or refused", async (distribution) => {
  const { head, model } = modelOf(distribution);
  if (rejected.includes(distribution)) {
    expect(() => exportOnnx(model, { task: "sampler" })).toThrow(
      `exportOnnx: expected task "density" for a ${distribution} distribution, whose rows are drawn by rejection, got "sampler".`,
    );
    return;
  }
  const shares = [1e-6, 0.01, 0.2, 0.499, 0.5, 0.77, 0.999].map(Math.fround);
  const outputs = [-8, -0.4, 0, 1.7].flatMap((a) => [-2.5, 0.3, 6].map((b) => [a, b].slice(0, head.parameterCount)));
  const rows = outputs.flatMap((row) => shares.map((u) => ({ row, u })));
  const uniform = { shape: [rows.length, 1], values: rows.map(({ u }) => u) };
  const context = { shape: [rows.length, head.parameterCount], values: rows.flatMap(({ row }) => row) };
  const { values } = await runOnnx(exportOnnx(model, { task: "sampler" }), { uniform, context });
  const own = quantilesOf(model, uniform, context);
  for (const [i, x] of own.entries()) {
    expect(
      Math.abs((values[i] as number) - x) / Math.max(1, Math.abs(x)),
      `${rows[i]?.row} at ${rows[i]?.u}`,
    ).toBeLessThan(1e-5);
  }
});

test("categories are the quantiles of a uniform number for each feature", async () => {
  const shares = [0, 0.1, 0.31, 0.5, 0.8, 0.999];
  const uniform = { shape: [6, 2], values: shares.flatMap((u, i) => [u, shares[5 - i] as number]) };
  const context = { shape: [6, 5], values: shares.flatMap(() => [0, -30, 0.5, 1, 0]) };
  const model = categoriesModel();
  const { values, shape } = await runOnnx(exportOnnx(model, { task: "sampler" }), { uniform, context });
  expect(shape).toEqual([6, 2]);
  expect(Array.from(values)).toEqual(quantilesOf(model, uniform, context));
});

/** By the library. */
function quantilesOf(model: DistributionNetwork, uniform: OnnxRows, context: OnnxRows): number[] {
  return tf.tidy(() => {
    const at = tf.tensor(Float32Array.from(context.values), [...context.shape]);
    const u = tf.tensor(Float32Array.from(uniform.values), [...uniform.shape]);
    return Array.from(model.at(at, (own) => (own as Distribution & UnivariateStatistics).icdf(u)).dataSync());
  });
}
