import { useBackend } from "@pushforward/backend";
import { createKey, type Json, type Module } from "@pushforward/core";
import type { ParameterValues } from "@pushforward/core/extend";
import { cosineSchedule, warmupSchedule } from "@pushforward/core/plain";
import { maf } from "@pushforward/flows";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, test } from "vitest";
import { BACKENDS } from "../../../testing/test/deep.ts";
import { Gaussian } from "../../test/gaussian.ts";
import { NetworkDensity } from "../../test/network-density.ts";
import type { TrainingData } from "../data/training-data.ts";
import { adamW } from "../optimizer/adam.ts";
import type { Checkpoint, Progress } from "./checkpoint.ts";
import type { TrainEvent } from "./events.ts";
import { train, trainEvents } from "./train.ts";
import type { TrainOptions } from "./train-options.ts";

const key = createKey(7);
const model = (): NetworkDensity => new NetworkDensity(8, key);

const rows = (() => {
  const u = key.fold("context").uniform(210);
  const z = key.fold("noise").normal(210);
  const context = Array.from(u, (v) => [4 * v - 2]);
  return { context, x: context.map(([c], i) => [Math.sin(3 * (c as number)) + 0.2 * (z[i] as number)]) };
})();

/** Through text and bytes, as a file would. */
function stored({ meta, arrays }: Checkpoint): Checkpoint {
  const json: Json = meta;
  const bytes = Array.from(arrays, ([name, values]) => [name, values instanceof Int32Array, values.slice().buffer]) as [
    string,
    boolean,
    ArrayBuffer,
  ][];
  return {
    meta: JSON.parse(JSON.stringify(json)),
    arrays: new Map(
      bytes.map(([name, int, buffer]): [string, ParameterValues] => [
        name,
        int ? new Int32Array(buffer) : new Float32Array(buffer),
      ]),
    ),
  };
}

/** All that a run tells, times aside. */
function told(events: readonly TrainEvent[]): unknown[] {
  return events
    .filter((e) => e.type !== "start" && e.type !== "checkpoint")
    .map((e) => ("seconds" in e ? { ...e, seconds: 0, cpuSeconds: 0 } : e));
}

interface Run {
  readonly events: unknown[];
  readonly weights: unknown;
  readonly saved: Checkpoint[];
}

async function run(
  options: Partial<TrainOptions>,
  make: () => Module = model,
  data: TrainingData = rows,
): Promise<Run> {
  using m = make();
  const events: TrainEvent[] = [];
  const saved: Checkpoint[] = [];
  const checkpoint = { every: { steps: 1 }, save: (c: Checkpoint) => void saved.push(c) };
  for await (const event of trainEvents(m, data, { ...base, checkpoint, ...options })) events.push(event);
  return { events: told(events), weights: weightsOf(m), saved };
}

const weightsOf = (m: Module): unknown => Array.from(m.parameters(), ([path, p]) => [path, p.read()]);

// A rate that is too large, so that the best epoch and the patience matter.
const base: TrainOptions = {
  key,
  maxEpochs: 8,
  batchSize: 50,
  learningRate: (step, total) => (step < 8 ? 0.05 : 0.4 * (1 - step / total)),
  patience: 3,
  minImprovement: 1e-3,
  optimizer: adamW(),
};

for (const backend of BACKENDS) {
  describe(`checkpoints on ${backend}`, () => {
    beforeAll(() => useBackend(backend));

    test("a fit resumed after any step goes on to the same bits", async () => {
      const straight = await run({});
      expect(straight.saved.length).toBeGreaterThan(12);
      for (const [i, checkpoint] of straight.saved.entries()) {
        const resumed = await run({ resume: stored(checkpoint), checkpoint: undefined });
        const step = i + 1;
        const after = straight.events.slice(straight.events.length - resumed.events.length);
        expect(resumed.events).toEqual(after);
        expect(resumed.weights).toEqual(straight.weights);
        const first = resumed.events.find((e) => (e as TrainEvent).type === "step") as { step: number } | undefined;
        if (step < straight.saved.length) expect(first?.step).toBe(step + 1);
      }
    });

    test("a fit resumed after any epoch goes on to the same bits, also after the last", async () => {
      const straight = await run({ checkpoint: undefined });
      const saved: Checkpoint[] = [];
      await run({ checkpoint: { every: { epochs: 1 }, save: (c) => void saved.push(c) } });
      for (const checkpoint of saved) {
        const resumed = await run({ resume: stored(checkpoint), checkpoint: undefined });
        expect(resumed.events).toEqual(straight.events.slice(straight.events.length - resumed.events.length));
        expect(resumed.weights).toEqual(straight.weights);
      }
    });

    test("without validation too", async () => {
      const options = { validation: 0, patience: undefined, maxEpochs: 3 };
      const straight = await run(options);
      const resumed = await run({ ...options, resume: stored(straight.saved[6] as Checkpoint) });
      expect(resumed.weights).toEqual(straight.weights);
    });

    // All that can change the way of a fit, on the tape and by a plan.
    const all: Partial<TrainOptions> = {
      maxEpochs: 9,
      learningRate: warmupSchedule(cosineSchedule({ learningRate: 0.3 }), 6),
      averaging: { decay: 0.9 },
      rollback: { patience: 1, factor: 0.5, times: 3 },
      patience: undefined,
      minImprovement: 0.05,
      learningRateMultipliers: (path) => (path.endsWith("weight") ? 0.5 : 1),
    };
    const pairs = Array.from({ length: 210 }, (_, i) => [rows.x[i]?.[0] as number, rows.context[i]?.[0] as number]);
    const flow = (): Module => maf({ features: 2, key, transforms: 2, hidden: [8] });
    const atRollbacks = ({ events }: Run): number[] =>
      (events as TrainEvent[]).filter((e) => e.type === "rollback").map((e) => e.step);

    test.each([
      ["on the tape", all, model, rows],
      ["by a plan", all, flow, pairs],
    ] as const)("with averages, rollbacks, rates and warm-up, after any step and any epoch, %s", async (...args) => {
      const [, options, make, data] = args;
      const straight = await run(options, make, data);
      const rollbacks = atRollbacks(straight);
      expect(rollbacks.length).toBeGreaterThan(1);
      expect(rollbacks.at(-1)).toBeLessThan(straight.saved.length);
      const byEpoch: Checkpoint[] = [];
      await run({ ...options, checkpoint: { every: { epochs: 1 }, save: (c) => void byEpoch.push(c) } }, make, data);
      // Among these: the one right before a rollback, at the end of a step and of an epoch, and the one right after it.
      const steps = byEpoch.map((c) => c.meta.progress.step);
      for (const step of rollbacks) expect(steps).toContain(step);
      for (const checkpoint of [...straight.saved, ...byEpoch]) {
        const resumed = await run({ ...options, resume: stored(checkpoint), checkpoint: undefined }, make, data);
        expect(resumed.events).toEqual(straight.events.slice(straight.events.length - resumed.events.length));
        expect(resumed.weights).toEqual(straight.weights);
        const { step } = checkpoint.meta.progress;
        expect(atRollbacks(resumed)).toEqual(rollbacks.filter((at) => at >= step));
      }
      const [before, after] = [0, 1].map((i) => straight.saved[(rollbacks[0] as number) - 1 + i] as Checkpoint);
      expect([before?.meta.progress.rollbacks, after?.meta.progress.rollbacks]).toEqual([0, 1]);
      expect([before?.meta.optimizerStep, after?.meta.optimizerStep]).toEqual([rollbacks[0], 1]);
    });

    test("averages without validation rows, and every later checkpoint has the same arrays", async () => {
      const options = { ...all, rollback: undefined, validation: 0, maxEpochs: 2 };
      const straight = await run(options);
      for (const checkpoint of straight.saved) {
        const resumed = await run({ ...options, resume: stored(checkpoint) });
        expect(resumed.weights).toEqual(straight.weights);
        const later = straight.saved.slice(checkpoint.meta.progress.step);
        expect(resumed.saved.map((c) => c.arrays)).toEqual(later.map((c) => c.arrays));
      }
    });

    test("who resumes and diverges at once has the averages, a few steps later weights from after the checkpoint", async () => {
      const steady = { ...all, rollback: undefined, validation: 0, learningRate: 0.01, clipNorm: 0 };
      const { saved } = await run({ ...steady, maxSteps: 9 });
      const resume = saved.at(-1) as Checkpoint;
      for (const [good, name] of [
        [0, "average"],
        [3, "parameter"],
      ] as const) {
        using m = model();
        const diverging = (step: number): number => (step < 9 + good ? 0.01 : 1e39);
        let taken = 0;
        const events = async (): Promise<void> => {
          for await (const e of trainEvents(m, rows, { ...base, ...steady, resume, learningRate: diverging })) {
            if (e.type === "step") taken++;
          }
        };
        await expect(events()).rejects.toThrow("train: expected a finite");
        const inFile = Array.from(m.parameters().keys(), (path) => [path, resume.arrays.get(`${name}/${path}`)]);
        expect(weightsOf(m)).toEqual(inFile);
        expect(taken).toBe(good);
      }
    });

    test("a checkpoint is a copy: later steps do not change it, and it leaves no tensors", async () => {
      using m = model();
      await train(m, rows, { key, maxSteps: 1 });
      const before = tf.memory().numTensors;
      let first: Checkpoint | undefined;
      let text = "";
      const save = (c: Checkpoint): void => {
        if (first !== undefined) return;
        first = c;
        text = JSON.stringify(Array.from(c.arrays, ([name, values]) => [name, Array.from(values)]));
      };
      await train(m, rows, { ...base, checkpoint: { every: { steps: 2 }, save } });
      expect(JSON.stringify(Array.from(first?.arrays ?? [], ([name, values]) => [name, Array.from(values)]))).toBe(
        text,
      );
      expect(tf.memory().numTensors).toBe(before);
    });

    test("training waits for the save and tells of it; a failed save reaches the caller", async () => {
      using m = model();
      const log: string[] = [];
      const save = async (): Promise<void> => {
        await new Promise((resolve) => setTimeout(resolve, 5));
        log.push("saved");
      };
      for await (const e of trainEvents(m, rows, { key, maxSteps: 4, checkpoint: { every: { steps: 2 }, save } })) {
        if (e.type === "step" || e.type === "checkpoint") log.push(`${e.type} ${e.step}`);
      }
      expect(log).toEqual(["step 1", "step 2", "saved", "checkpoint 2", "step 3", "step 4", "saved", "checkpoint 4"]);
      const failing = { every: { steps: 2 }, save: () => Promise.reject(new Error("disk full")) };
      await expect(train(m, rows, { key, maxSteps: 4, checkpoint: failing })).rejects.toThrow("disk full");
    });
  });
}

describe("a checkpoint of another fit is refused", () => {
  beforeAll(() => useBackend("cpu"));

  const saved = async (): Promise<Checkpoint> => (await run({ maxSteps: 1 })).saved[0] as Checkpoint;
  const cases: [text: string, options: Partial<TrainOptions>, change?: (c: Checkpoint) => Checkpoint][] = [
    ["train: expected the key of the resumed checkpoint, got a different key.", { key: createKey(8) }],
    ["train: expected batchSize of the resumed checkpoint, 50, got 49.", { batchSize: 49 }],
    ["train: expected trainRows of the resumed checkpoint, 189, got 168.", { validation: 0.2 }],
    [
      "train: expected the optimizer of the resumed checkpoint, pushforward/adam-w, got pushforward/adam.",
      { optimizer: undefined },
    ],
    [
      "train: expected resume to be a pushforward-checkpoint of version 2, got pushforward-checkpoint of version 1. Start the fit again without it.",
      {},
      (c) => ({ ...c, meta: { ...c.meta, version: 1 } }),
    ],
    [
      "train: expected 8 values of parameter layers.0.bias in the checkpoint, got 2 values.",
      {},
      (c) => ({ ...c, arrays: new Map([...c.arrays, ["parameter/layers.0.bias", new Float32Array(2)]]) }),
    ],
    [
      "train: expected no parameter other in the checkpoint, got 2 values.",
      {},
      (c) => ({ ...c, arrays: new Map([...c.arrays, ["best/other", new Float32Array(2)]]) }),
    ],
    [
      "train: expected parameter layers.0.bias in the checkpoint, got none.",
      {},
      (c) => ({ ...c, arrays: new Map([...c.arrays].filter(([name]) => name !== "parameter/layers.0.bias")) }),
    ],
    [
      "train: expected the average of layers.0.bias in the checkpoint, got none.",
      { averaging: { decay: 0.9 } },
      (c) => ({ ...c, arrays: new Map([...c.arrays, ["average/layers.0.weight", new Float32Array(8)]]) }),
    ],
    [
      "train: expected averaging, because the resumed checkpoint has averages, got none.",
      {},
      (c) => ({ ...c, arrays: new Map([...c.arrays, ["average/layers.0.bias", new Float32Array(8)]]) }),
    ],
    [
      "train: expected 8 values of parameter layers.0.bias in the checkpoint, got 2 values.",
      { averaging: { decay: 0.9 } },
      (c) => ({ ...c, arrays: new Map([...c.arrays, ["average/layers.0.bias", new Float32Array(2)]]) }),
    ],
    [
      "Optimizer.restore: expected two moments of 8 values for layers.0.bias, got 1 and 1.",
      {},
      (c) => ({
        ...c,
        arrays: new Map([
          ...c.arrays,
          ["optimizer/first/layers.0.bias", new Float32Array(1)],
          ["optimizer/second/layers.0.bias", new Float32Array(1)],
        ]),
      }),
    ],
    [
      "train: expected a count as rollbacks of the checkpoint, got undefined.",
      {},
      (c) => {
        const { rollbacks: _, ...progress } = c.meta.progress;
        return { ...c, meta: { ...c.meta, progress: progress as Progress } };
      },
    ],
    [
      "train: expected a count as step of the checkpoint, got -1.",
      {},
      (c) => ({ ...c, meta: { ...c.meta, progress: { ...c.meta.progress, step: -1 } } }),
    ],
  ];
  for (const [text, options, change = (c: Checkpoint) => c] of cases) {
    test(text, async () => {
      await expect(run({ resume: change(await saved()), ...options })).rejects.toThrow(text);
    });
  }

  test("arrays that belong to no part are left alone, also under names that objects inherit", async () => {
    const checkpoint = await saved();
    const names = ["constructor/x", "toString/x", "__proto__/x", "other/x"];
    const arrays = new Map([...checkpoint.arrays, ...names.map((name) => [name, new Float32Array(1)] as const)]);
    const resumed = await run({ resume: { ...checkpoint, arrays }, maxSteps: 2 });
    expect(resumed.weights).toEqual((await run({ resume: checkpoint, maxSteps: 2 })).weights);
  });

  test("and the model stays as it was", async () => {
    using m = new Gaussian(1);
    await expect(train(m, rows.x, { ...base, resume: await saved() })).rejects.toThrow("in the checkpoint");
    expect(Array.from(m.mean.read())).toEqual([0]);
  });
});
