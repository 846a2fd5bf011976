import { useBackend } from "@pushforward/backend";
import { createKey, type Json, type ParameterValues } from "@pushforward/core";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, test } from "vitest";
import { adamW } from "./adam.ts";
import { Gaussian, NetworkDensity } from "./cases.ts";
import type { Checkpoint } from "./checkpoint.ts";
import type { TrainEvent } from "./events.ts";
import { fit } from "./fit.ts";
import type { FitOptions } from "./fit-options.ts";
import { train } from "./train.ts";

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
    .filter((e) => e.type === "step" || e.type === "epoch" || e.type === "stop")
    .map((e) => ("seconds" in e ? { ...e, seconds: 0, cpuSeconds: 0 } : e));
}

async function run(
  options: Partial<FitOptions>,
): Promise<{ events: unknown[]; weights: unknown; saved: Checkpoint[] }> {
  using m = model();
  const events: TrainEvent[] = [];
  const saved: Checkpoint[] = [];
  const checkpoint = { every: { steps: 1 }, save: (c: Checkpoint) => void saved.push(c) };
  for await (const event of fit(m, rows, { ...base, checkpoint, ...options })) events.push(event);
  return { events: told(events), weights: Array.from(m.parameters(), ([path, p]) => [path, p.read()]), saved };
}

// A rate that is too large, so that the best epoch and the patience matter.
const base: FitOptions = {
  key,
  epochs: 8,
  batchSize: 50,
  learningRate: (step, total) => (step < 8 ? 0.05 : 0.4 * (1 - step / total)),
  patience: 3,
  minImprovement: 1e-3,
  optimizer: adamW(),
};

for (const backend of ["cpu", "wasm"] as const) {
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
      const options = { validation: 0, patience: undefined, epochs: 3 };
      const straight = await run(options);
      const resumed = await run({ ...options, resume: stored(straight.saved[6] as Checkpoint) });
      expect(resumed.weights).toEqual(straight.weights);
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
      for await (const e of fit(m, rows, { key, maxSteps: 4, checkpoint: { every: { steps: 2 }, save } })) {
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
  const cases: [text: string, options: Partial<FitOptions>, change?: (c: Checkpoint) => Checkpoint][] = [
    ["fit: expected the key of the checkpoint that is resumed, got another one.", { key: createKey(8) }],
    ["fit: expected batchSize of the checkpoint that is resumed, 50, got 49.", { batchSize: 49 }],
    ["fit: expected trainRows of the checkpoint that is resumed, 189, got 168.", { validation: 0.2 }],
    [
      "fit: expected the optimiser of the checkpoint that is resumed, pushforward/adam-w, got pushforward/adam.",
      { optimizer: undefined },
    ],
    [
      "fit: expected resume to be a pushforward-checkpoint of version 1, got pushforward-checkpoint of version 9.",
      {},
      (c) => ({ ...c, meta: { ...c.meta, version: 9 } }),
    ],
    [
      "fit: expected 8 values of parameter layers.0.bias in the checkpoint, got 2 values.",
      {},
      (c) => ({ ...c, arrays: new Map([...c.arrays, ["parameter/layers.0.bias", new Float32Array(2)]]) }),
    ],
    [
      "fit: expected no parameter other in the checkpoint, got 2 values.",
      {},
      (c) => ({ ...c, arrays: new Map([...c.arrays, ["best/other", new Float32Array(2)]]) }),
    ],
    [
      "fit: expected parameter layers.0.bias in the checkpoint, got none.",
      {},
      (c) => ({ ...c, arrays: new Map([...c.arrays].filter(([name]) => name !== "parameter/layers.0.bias")) }),
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
      "fit: expected a count as step of the checkpoint, got -1.",
      {},
      (c) => ({ ...c, meta: { ...c.meta, progress: { ...c.meta.progress, step: -1 } } }),
    ],
  ];
  for (const [text, options, change = (c: Checkpoint) => c] of cases) {
    test(text, async () => {
      await expect(run({ resume: change(await saved()), ...options })).rejects.toThrow(text);
    });
  }

  test("and the model stays as it was", async () => {
    using m = new Gaussian(1);
    await expect(train(m, rows.x, { ...base, resume: await saved() })).rejects.toThrow("in the checkpoint");
    expect(Array.from(m.mean.read())).toEqual([0]);
  });
});
