import { useBackend } from "@pushforward/backend";
import { createKey, OptionError } from "@pushforward/core";
import { currentExecutor, currentTraining, setExecutor } from "@pushforward/core/extend";
import { type Flow, maf, nsf, realNvp } from "@pushforward/flows";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, test } from "vitest";
import { BACKENDS } from "../../../testing/test/deep.ts";
import type { Checkpoint } from "./checkpoint.ts";
import type { TrainResult } from "./events.ts";
import { trainEvents } from "./train.ts";
import type { TrainOptions } from "./train-options.ts";

const key = createKey(8);
const values = key.normal(600);
const rows = Array.from({ length: 200 }, (_, i) => Array.from(values.subarray(3 * i, 3 * i + 3)));
const options = { key, validation: 0, batchSize: 64, maxSteps: 10, learningRate: 0.01 };
const newModel = (dropout = 0.3): Flow =>
  nsf({ features: 3, key, transforms: 2, hidden: [16, 16], residual: true, dropout });

interface Fitted {
  readonly losses: number[];
  readonly weights: unknown;
  readonly result: TrainResult | undefined;
}

async function fitted(model: Flow, more: Partial<TrainOptions<Flow>> = {}): Promise<Fitted> {
  const losses: number[] = [];
  let result: TrainResult | undefined;
  for await (const event of trainEvents(model, rows, { ...options, ...more })) {
    if (event.type === "step") losses.push(event.loss);
    if (event.type === "stop") result = event;
  }
  const weights = Array.from(model.parameters(), ([path, parameter]) => [path, parameter.read()]);
  model.dispose();
  return { losses, weights, result };
}

function expectClose(actual: readonly number[], expected: readonly number[]): void {
  expect(actual).toHaveLength(expected.length);
  for (const [i, value] of actual.entries()) expect(Math.abs(value - (expected[i] as number))).toBeLessThan(2e-5);
}

describe.each(BACKENDS)("%s", (backend) => {
  beforeAll(() => useBackend(backend));

  test("a fit drops by its key: the same key gives the same bits, and the first step without weights none", async () => {
    const once = await fitted(newModel());
    expect(await fitted(newModel())).toMatchObject({ losses: once.losses, weights: once.weights });
    const whole = await fitted(newModel(0));
    // The last layers are zero in the first step, whatever is dropped.
    expect(once.losses[0]).toBe(whole.losses[0]);
    for (let step = 2; step < 10; step++) expect(once.losses[step]).not.toBe(whole.losses[step]);
    expect((await fitted(newModel(), { key: createKey(9) })).losses).not.toEqual(once.losses);
  });

  test("by tensors and by a plan on the tape it drops the same", async () => {
    const planned = await fitted(newModel());
    const loss: TrainOptions<Flow>["loss"] = (model, batch) => {
      expect(currentTraining() === undefined).toBe(!tf.engine().isTapeOn());
      return tf.neg(tf.mean(model.logProb(batch.x)));
    };
    expectClose((await fitted(newModel(), { loss })).losses, planned.losses);
    const executor = currentExecutor();
    setExecutor(tf.backend(), undefined);
    try {
      expectClose((await fitted(newModel())).losses, planned.losses);
    } finally {
      setExecutor(tf.backend(), executor);
    }
  });

  test("it resumes to the same bits, within an epoch", async () => {
    const saved: Checkpoint[] = [];
    const checkpoint = { every: { steps: 3 }, save: (state: Checkpoint) => void saved.push(state) };
    const straight = await fitted(newModel(), { checkpoint, validation: 0.2 });
    for (const resume of saved) {
      const resumed = await fitted(newModel(), { resume, validation: 0.2 });
      expect(resumed.weights).toEqual(straight.weights);
      expect(resumed.losses).toEqual(straight.losses.slice(resume.meta.progress.step));
    }
  });

  test("validation, and the density after the fit, drop nothing", async () => {
    const model = newModel();
    const validation = rows.slice(0, 40);
    const seen: number[] = [];
    for await (const event of trainEvents(model, rows, { ...options, validation, restoreBest: false })) {
      if (event.type !== "epoch") continue;
      seen.push(event.validationLoss as number);
      const again = tf.tidy(() => -(tf.mean(model.logProb(validation)).dataSync()[0] as number));
      expect(Math.abs(again - (event.validationLoss as number))).toBeLessThan(1e-5);
    }
    expect(seen.length).toBeGreaterThan(1);
    expect(currentTraining()).toBeUndefined();
    const twice = tf.tidy(() => [model.logProb(validation), model.logProb(validation)].map((lp) => lp.dataSync()));
    expect(twice[0]).toEqual(twice[1]);
    const samples = tf.tidy(() => [1, 2].map(() => model.sample(key, [20]).dataSync()));
    expect(samples[0]).toEqual(samples[1]);
    model.dispose();
  });

  test("leaks nothing, also when the loss throws in a step of training", async () => {
    await fitted(newModel());
    const before = tf.memory().numTensors;
    await fitted(newModel());
    const loss = (): never => {
      throw new Error("no");
    };
    const model = newModel();
    await expect(fitted(model, { loss })).rejects.toThrow("no");
    model.dispose();
    expect(currentTraining()).toBeUndefined();
    expect(tf.memory().numTensors).toBe(before);
  });
});

test("threads drop what one thread drops", async () => {
  await useBackend("wasm");
  const alone = await fitted(newModel(), { threads: 1 });
  const two = await fitted(newModel(), { threads: 2 });
  expectClose(two.losses, alone.losses);
  expect(await fitted(newModel(), { threads: 2 })).toMatchObject({ losses: two.losses, weights: two.weights });
});

test("every architecture takes it, and refuses a share out of range", () => {
  for (const make of [maf, nsf, realNvp]) {
    for (const residual of [false, true]) {
      using model = make({ features: 2, key, residual, dropout: 0.2 });
      expect(model.parameters().size).toBeGreaterThan(0);
      expect(() => make({ features: 2, key, residual, dropout: 1 })).toThrow(OptionError);
    }
  }
});
