import { useBackend } from "@pushforward/backend";
import { createKey, type Key } from "@pushforward/core";
import { ConditionalGaussianMixture, GaussianMixture, GaussianMixturePerClass } from "@pushforward/distributions";
import { maf } from "@pushforward/flows";
import * as tf from "@tensorflow/tfjs-core";
import { expect, test } from "vitest";
import { BACKENDS } from "../../testing/test/deep.ts";
import { train, trainEvents } from "./fit/train.ts";

const key = createKey(5);

/** Two ellipses that touch, in turn; their mean log-density is known. */
const truth = {
  weights: [1, 1],
  means: [
    [-1, 0],
    [1.5, 1],
  ],
  covariances: [
    [
      [0.5, 0.45],
      [0.45, 0.5],
    ],
    [
      [0.1, -0.05],
      [-0.05, 0.4],
    ],
  ],
};

function rowsOf(distribution: GaussianMixture, count: number, of: Key): number[][] {
  return tf.tidy(() => distribution.sample(of, [count]).arraySync() as number[][]);
}

function meanLogProb(distribution: GaussianMixture, rows: number[][]): number {
  return tf.tidy(() => tf.mean(distribution.logProb(rows)).dataSync()[0] as number);
}

for (const backend of BACKENDS) {
  test(`${backend}: a mixture that starts badly becomes the one that the rows come from`, async () => {
    await useBackend(backend);
    const [dataKey, testKey, trainKey] = key.split(3);
    const source = new GaussianMixture(truth);
    const [data, held] = [rowsOf(source, 4000, dataKey), rowsOf(source, 4000, testKey)];
    using mixture = new GaussianMixture({
      means: [
        [0, 1],
        [1, 0],
      ],
      weights: [1, 4],
      learnable: true,
    });
    const [best, before] = [meanLogProb(source, held), meanLogProb(mixture, held)];
    expect(best - before).toBeGreaterThan(0.5);
    await train(mixture, data, { key: trainKey, maxSteps: 500, learningRate: 0.02 });
    expect(best - meanLogProb(mixture, held)).toBeLessThan(0.02);
  });
}

test("a conditional mixture learns a line that its start does not know", async () => {
  await useBackend("wasm");
  // x = 2c + noise of 0.3: the mean log-density is −ln 0.3 − ½ ln 2πe.
  const [c, noise] = [key.fold("c").normal(3000), key.fold("noise").normal(3000)];
  const x = Array.from(c, (value, i) => [2 * value + 0.3 * (noise[i] as number)]);
  const context = Array.from(c, (value) => [value]);
  using model = new ConditionalGaussianMixture({
    contextFeatures: 1,
    features: 2,
    means: [
      [-1, 0],
      [1, 0],
    ],
    learnable: true,
  });
  await train(model, { x: x.slice(500), context: context.slice(500) }, { key, maxSteps: 600, learningRate: 0.02 });
  const mean = tf.tidy(
    () => tf.mean(model.given(context.slice(0, 500)).logProb(x.slice(0, 500))).dataSync()[0] as number,
  );
  const entropy = Math.log(0.3) + 0.5 * Math.log(2 * Math.PI * Math.E);
  expect(mean).toBeGreaterThan(-entropy - 0.1);
});

test("threads change nothing but roundings, and a frozen mixture stays as it is", async () => {
  await useBackend("wasm");
  const x = Array.from({ length: 200 }, (_, i) => Array.from(key.fold(i).normal(2)));
  const context = x.map((_, i) => [0, 1, 2].map((c) => Number(i % 3 === c)));
  const losses = async (threads: number): Promise<number[]> => {
    using model = new GaussianMixturePerClass({
      contextFeatures: 3,
      classColumns: [0, 1, 2],
      means: key.normal(12),
      components: 2,
      learnable: true,
    });
    const seen: number[] = [];
    const options = { key, validation: 0, batchSize: 64, maxSteps: 8, learningRate: 0.05, threads };
    for await (const event of trainEvents(model, { x, context }, options))
      if (event.type === "step") seen.push(event.loss);
    return seen;
  };
  const [alone, shared] = [await losses(1), await losses(3)];
  expect(alone).toHaveLength(8);
  for (const [i, loss] of alone.entries()) expect(Math.abs(loss - (shared[i] as number))).toBeLessThan(1e-5);
  using flow = maf({
    features: 2,
    key,
    base: new GaussianMixture({
      means: [
        [0, 1],
        [1, 0],
      ],
      learnable: true,
    }),
  });
  const numbers = (): unknown =>
    [...flow.parameters()].flatMap(([path, p]) => (path.startsWith("base") ? [p.read()] : []));
  const before = numbers();
  await train(flow, x, { key, maxSteps: 5, freeze: (path) => path.startsWith("base"), restoreBest: false });
  expect(numbers()).toEqual(before);
});
