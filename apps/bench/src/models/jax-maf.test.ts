import * as tf from "@tensorflow/tfjs-core";
import { createKey, ndArray, train, useBackend } from "pushforward";
import { expect, test } from "vitest";
import { hasJaxMaf, jaxMaf } from "./jax-maf.ts";
import { makeFlow, models } from "./models.ts";

test("the flow of jax-js has the densities and the training steps of ours", async () => {
  await useBackend("cpu");
  const spec = { ...(models[0] as (typeof models)[number]), hidden: [8, 8], transforms: 2 };
  expect(hasJaxMaf(spec)).toBe(true);
  using flow = makeFlow(spec);
  const key = createKey(1);
  for (const [path, parameter] of flow.parameters()) {
    const size = parameter.shape.reduce((product, n) => product * n, 1);
    parameter.write(
      key
        .fold(path)
        .normal(size)
        .map((value) => value / 2),
    );
  }
  const values = key.fold("x").normal(2 * 20);
  const densities = (): Float32Array =>
    tf.tidy(() => flow.logProb(tf.tensor(values, [20, 2])).dataSync() as Float32Array);
  const theirs = await jaxMaf(spec, flow);
  const before = densities();
  theirs.logProb(values).forEach((value, i) => {
    expect(value).toBeCloseTo(before[i] as number, 4);
  });

  const options = { key, batchSize: 20, maxSteps: 3, validation: 0, clipNorm: 0, learningRate: 1e-3 };
  await train(flow, ndArray([20, 2], values), options);
  const losses = [1, 2, 3].map(() => theirs.step(values));
  expect(losses[0]).toBeCloseTo(-before.reduce((sum, value) => sum + value, 0) / 20, 4);
  const after = densities();
  // The steps have moved the densities by much more than the tolerance.
  expect(Math.max(...after.map((value, i) => Math.abs(value - (before[i] as number))))).toBeGreaterThan(0.003);
  theirs.logProb(values).forEach((value, i) => {
    expect(value).toBeCloseTo(after[i] as number, 4);
  });
});
