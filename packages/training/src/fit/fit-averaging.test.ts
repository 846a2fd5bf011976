import { type BackendName, useBackend } from "@pushforward/backend";
import { createKey, type Distribution, type Module, type ParameterTree } from "@pushforward/core";
import { maf } from "@pushforward/flows";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, test } from "vitest";
import { BACKENDS } from "../../../testing/test/deep.ts";
import { Gaussian } from "../../test/gaussian.ts";
import type { Loss } from "../loss/loss.ts";
import { trainEvents } from "./train.ts";
import type { TrainOptions } from "./train-options.ts";

const key = createKey(23);
const values = key.normal(440);
const pair = (i: number): number[] => [values[2 * i] as number, 1 + (values[2 * i + 1] as number) ** 2];
const rows = Array.from({ length: 180 }, (_, i) => pair(i));
const validation = Array.from({ length: 40 }, (_, i) => pair(180 + i));
const averaging = { decay: 0.9 };
const base: TrainOptions = { key, validation, batchSize: 45, maxEpochs: 6, learningRate: 0.02, averaging };

type Model = Module & Distribution;
/** One that has a plan, and one whose loss goes over the tape. */
const models: Record<string, () => Model> = {
  plan: () => maf({ features: 2, key, transforms: 2, hidden: [8] }),
  tape: () => new Gaussian(2),
};

type Bits = Map<string, number[]>;
const bits = (tree: ParameterTree): Bits => new Map(Array.from(tree, ([path, p]) => [path, Array.from(p.read())]));

function meanLoss(model: Model, x: number[][]): number {
  const logs = tf.tidy(() => Array.from(model.logProb(x).dataSync()));
  return -logs.reduce((a, b) => a + b, 0) / logs.length;
}

/** `e ← d·e + (1 − d)·θ` in the order of operations that fixes the bits, for what is trained. */
function follow(average: Bits, model: Model, step: number): void {
  const { fround } = Math;
  const decay = Math.min(averaging.decay, (1 + step) / (10 + step));
  const weight = fround(decay < 0.5 ? decay : 1 - decay);
  for (const [path, parameter] of model.parameters()) {
    if (!parameter.trainable) continue;
    const own = average.get(path) as number[];
    for (const [i, v] of parameter.read().entries()) {
      const e = own[i] as number;
      own[i] = decay < 0.5 ? fround(v + fround(weight * fround(e - v))) : fround(e + fround(weight * fround(v - e)));
    }
  }
}

for (const backend of BACKENDS) {
  describe.each(Object.keys(models))(`averaging on ${backend}, by %s`, (kind) => {
    beforeAll(() => useBackend(backend));
    const newModel = models[kind] as () => Model;

    test("training goes on with the weights, bit for bit; validation and the model at an epoch's end have averages", async () => {
      const plain: number[] = [];
      using other = newModel();
      for await (const e of trainEvents(other, rows, { ...base, averaging: undefined }))
        if (e.type === "step") plain.push(e.loss);
      using model = newModel();
      const average = bits(model.parameters());
      const losses: number[] = [];
      let best: Bits | undefined;
      for await (const event of trainEvents(model, rows, base)) {
        if (event.type === "step") {
          losses.push(event.loss);
          follow(average, model, event.step);
        }
        if (event.type !== "epoch") continue;
        expect(bits(model.parameters())).toEqual(average);
        expect(event.validationLoss).toBeCloseTo(meanLoss(model, validation), 5);
        if (event.improved) best = bits(model.parameters());
      }
      expect(losses).toHaveLength(24);
      expect(losses).toEqual(plain);
      expect(bits(model.parameters())).toEqual(best);
      expect(bits(other.parameters())).not.toEqual(best);
    });

    test.each(["completed", "aborted", "left at a step", "left at an epoch"])(
      "without best weights the model ends with averages: %s",
      async (end) => {
        using model = newModel();
        const average = bits(model.parameters());
        const abort = new AbortController();
        const none = { validation: 0, signal: abort.signal };
        for await (const event of trainEvents(model, rows, { ...base, ...none })) {
          if (event.type === "step") follow(average, model, event.step);
          if (event.type === "step" && event.step === 6 && end === "aborted") abort.abort();
          if (event.type === "step" && event.step === 6 && end === "left at a step") break;
          if (event.type === "epoch" && event.epoch === 2 && end === "left at an epoch") break;
        }
        expect(bits(model.parameters())).toEqual(average);
      },
    );

    test("with best weights it ends with these, wherever it is left", async () => {
      for (const type of ["start", "step", "epoch"] as const) {
        using model = newModel();
        let best = bits(model.parameters());
        for await (const event of trainEvents(model, rows, base)) {
          if (event.type === "epoch" && event.improved) best = bits(model.parameters());
          if (event.type === "start" ? type === "start" : event.type === type && event.epoch === 3) break;
        }
        expect(bits(model.parameters())).toEqual(best);
      }
    });

    test("an exception in validation leaves averages, and no tensors", async () => {
      const run = async (): Promise<void> => {
        using model = newModel();
        let average = bits(model.parameters());
        let trained = 0;
        const loss: Loss<Model> = (m, batch) => {
          if (tf.engine().state.gradientDepth > 0) trained++;
          else if (trained > 4) throw new Error("in validation");
          return tf.neg(tf.mean(m.logProb(batch.x)));
        };
        const broken = async (): Promise<void> => {
          for await (const event of trainEvents(model, rows, { ...base, loss })) {
            if (event.type === "epoch") average = bits(model.parameters());
          }
        };
        await expect(broken()).rejects.toThrow("in validation");
        expect(trained).toBe(8);
        expect(bits(model.parameters())).toEqual(average);
      };
      await run();
      const before = tf.memory().numTensors;
      await run();
      expect(tf.memory().numTensors).toBe(before);
    });

    test("an abort in the midst of validation leaves the averages of the first epoch", async () => {
      using model = newModel();
      const average = bits(model.parameters());
      const abort = new AbortController();
      const loss: Loss<Model> = (m, batch) => {
        if (tf.engine().state.gradientDepth === 0 && steps === 4) abort.abort();
        return tf.neg(tf.mean(m.logProb(batch.x)));
      };
      let steps = 0;
      const many = Array.from({ length: 1500 }, (_, i) => pair(i % 220));
      for await (const event of trainEvents(model, rows, { ...base, loss, validation: many, signal: abort.signal })) {
        if (event.type === "step") follow(average, model, ++steps);
        if (event.type === "stop") expect(event).toMatchObject({ reason: "aborted", steps: 4, weights: "last" });
      }
      expect(bits(model.parameters())).toEqual(average);
    });

    test("memory is flat over steps and epochs, and nothing is left", async () => {
      using model = newModel();
      // Parameters take their memory on first use.
      for (const { variable } of model.parameters().values()) variable.dataSync();
      meanLoss(model, rows);
      const before = tf.memory();
      const seen = new Map<string, Set<number>>();
      for await (const event of trainEvents(model, rows, base)) {
        if (event.type !== "step" && event.type !== "epoch") continue;
        // The first step of all allocates.
        if (event.type === "step" && event.step === 1) continue;
        const counts = seen.get(event.type) ?? new Set();
        seen.set(event.type, counts.add(tf.memory().numTensors));
      }
      for (const counts of seen.values()) expect(counts.size).toBe(1);
      expect([tf.memory().numTensors, tf.memory().numBytes]).toEqual([before.numTensors, before.numBytes]);
    });

    test.each([0, validation])("divergence leaves finite weights, validation %j", async (held) => {
      using model = newModel();
      const run = async (): Promise<void> => {
        for await (const event of trainEvents(model, rows, {
          ...base,
          validation: held,
          maxEpochs: 40,
          clipNorm: 0,
          learningRate: (step) => (step < 6 ? 0.01 : 1e30),
        })) {
          if (event.type === "stop") expect(event.reason).toBe("diverged");
        }
      };
      await expect(run()).rejects.toThrow("train: expected a finite");
      expect(Number.isFinite(meanLoss(model, rows))).toBe(true);
    });
  });
}

test("cpu and wasm have the same averages of the same weights, also over a switch at an epoch's end", async () => {
  const run = async (switches: Record<number, BackendName>): Promise<number[]> => {
    await useBackend("cpu");
    using model = new Gaussian(2);
    const average = bits(model.parameters());
    const losses: number[] = [];
    for await (const event of trainEvents(model, rows, base)) {
      if (event.type === "step") follow(average, model, event.step);
      if (event.type !== "epoch") continue;
      expect(bits(model.parameters())).toEqual(average);
      losses.push(event.validationLoss as number);
      const next = switches[event.epoch];
      if (next !== undefined) await useBackend(next);
    }
    return losses;
  };
  const straight = await run({});
  for (const [i, loss] of (await run({ 1: "wasm", 3: "cpu", 4: "wasm" })).entries()) {
    expect(Math.abs(loss - (straight[i] as number))).toBeLessThan(1e-5);
  }
});

test("the backend may be switched in the midst of a validation", async () => {
  await useBackend("wasm");
  using model = new Gaussian(2);
  const average = bits(model.parameters());
  // So many rows take more than one slice of time, between which the event loop runs.
  const many = Array.from({ length: 200_000 }, (_, i) => pair(i % 220));
  let switched = 0;
  let steps = 0;
  const timer = setInterval(() => {
    if (steps % 4 === 0 && steps > 0) void useBackend(switched++ % 2 === 0 ? "cpu" : "wasm");
  }, 1);
  for await (const event of trainEvents(model, rows, { ...base, validation: many, restoreBest: false })) {
    if (event.type === "step") follow(average, model, ++steps);
    if (event.type === "epoch") expect(bits(model.parameters())).toEqual(average);
  }
  clearInterval(timer);
  expect(switched).toBeGreaterThan(3);
  expect(bits(model.parameters())).toEqual(average);
});

test("threads change nothing but roundings, and not the number of them the rest", async () => {
  await useBackend("wasm");
  const run = async (threads: number): Promise<[number[], Bits]> => {
    using model = (models["plan"] as () => Model)();
    const average = bits(model.parameters());
    const losses: number[] = [];
    for await (const event of trainEvents(model, rows, { ...base, threads })) {
      if (event.type === "step") follow(average, model, event.step);
      if (event.type !== "epoch") continue;
      expect(bits(model.parameters())).toEqual(average);
      losses.push(event.validationLoss as number);
    }
    return [losses, bits(model.parameters())];
  };
  const [alone, two] = [await run(1), await run(2)];
  for (const [i, loss] of two[0].entries()) expect(Math.abs(loss - (alone[0][i] as number))).toBeLessThan(1e-5);
  expect(await run(2)).toEqual(two);
});

test.each([-0.1, 1, Number.NaN])("a decay of %d is refused", async (decay) => {
  await useBackend("cpu");
  using model = new Gaussian(2);
  const text = `train: expected averaging.decay from 0 to below 1, got ${decay}.`;
  await expect(trainEvents(model, rows, { key, averaging: { decay } }).next()).rejects.toThrow(text);
});
