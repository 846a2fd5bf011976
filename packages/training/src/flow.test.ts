import { useBackend } from "@pushforward/backend";
import { createKey } from "@pushforward/core";
import { Flow, maf, nsf } from "@pushforward/flows";
import { BatchNorm, chain } from "@pushforward/transforms";
import type { Chain } from "@pushforward/transforms/extend";
import * as tf from "@tensorflow/tfjs-core";
import { expect, test } from "vitest";
import type { Checkpoint } from "./fit/checkpoint.ts";
import { train } from "./fit/train.ts";

const key = createKey(11);

/** x₁ ~ N(0, 1), x₂ ~ N(sin 2x₁, 0.3²): its entropy is ln(2πe) + ln 0.3. */
function wave(n: number, name: string): number[][] {
  const [u, z] = [key.fold(name).normal(n), key.fold(name).fold("noise").normal(n)];
  return Array.from(u, (x, i) => [x, Math.sin(2 * x) + 0.3 * (z[i] as number)]);
}

test("a spline flow learns a wave and not more than there is to learn", async () => {
  await useBackend("wasm");
  using flow = nsf({ features: 2, key });
  await train(flow, wave(50, "warm-up"), { key, maxSteps: 1, restoreBest: false, learningRate: 0 });
  const before = tf.memory().numTensors;
  const result = await train(flow, wave(2000, "train"), { key, maxSteps: 150 });
  expect(result.weights).toBe("best");
  const rows = wave(4000, "test");
  const nll = tf.tidy(() => Array.from(flow.logProb(rows).dataSync(), (v) => -v));
  const average = nll.reduce((a, b) => a + b) / nll.length;
  const variance = nll.reduce((a, b) => a + (b - average) ** 2, 0) / nll.length;
  const entropy = Math.log(2 * Math.PI * Math.E) + Math.log(0.3);
  expect(average).toBeLessThan(entropy + 0.15);
  expect(average).toBeGreaterThan(entropy - 3 * Math.sqrt(variance / nll.length));
  expect(tf.memory().numTensors).toBe(before);
});

test("and resumes within an epoch to the same bits", async () => {
  await useBackend("wasm");
  const rows = wave(300, "small");
  const run = async (resume?: Checkpoint): Promise<[Checkpoint[], unknown]> => {
    using flow = nsf({ features: 2, key });
    const saved: Checkpoint[] = [];
    const checkpoint = { every: { steps: 3 }, save: (c: Checkpoint) => void saved.push(c) };
    const { bestValidationLoss } = await train(flow, rows, { key, maxSteps: 12, checkpoint, resume });
    return [saved, [bestValidationLoss, Array.from(flow.parameters(), ([path, p]) => [path, p.read()])]];
  };
  const [saved, straight] = await run();
  expect((await run(saved[1]))[1]).toEqual(straight);
});

test("running statistics of batch normalization are restored with the best weights, and kept by checkpoints", async () => {
  await useBackend("wasm");
  const make = (): Flow => {
    const { base, transform } = maf({ features: 2, transforms: 2, hidden: [8], key });
    const layers = (transform as Chain).layers;
    return new Flow(base, chain([...layers, new BatchNorm({ features: 2 })]));
  };
  const [rows, held] = [wave(300, "train"), wave(200, "test")];
  const options = { key, validation: held, maxEpochs: 6, batchSize: 50, learningRate: 0.02 };
  using flow = make();
  const checkpoints: Checkpoint[] = [];
  const save = (checkpoint: Checkpoint): void => void checkpoints.push(checkpoint);
  const { bestValidationLoss } = await train(flow, rows, { ...options, checkpoint: { every: { epochs: 3 }, save } });
  const nll = -(tf.tidy(() => tf.mean(flow.logProb(held)).dataSync()[0] as number) as number);
  expect(Math.abs(nll - (bestValidationLoss as number))).toBeLessThan(1e-4);
  const means = (of: Flow): number[] => [...(of.parameters().get("transform.layers.2.mean")?.read() ?? [])];
  expect(Math.abs(means(flow)[1] as number)).toBeGreaterThan(1e-4);
  using again = make();
  await train(again, rows, { ...options, resume: checkpoints[0] as Checkpoint });
  expect(means(again)).toEqual(means(flow));
});
