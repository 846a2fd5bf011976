import { useBackend } from "@pushforward/backend";
import { createKey, type ParameterTree } from "@pushforward/core";
import { cosineSchedule, warmupSchedule } from "@pushforward/core/plain";
import { maf } from "@pushforward/flows";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, test } from "vitest";
import { BACKENDS } from "../../../testing/test/deep.ts";
import { Gaussian } from "../../test/gaussian.ts";
import type { Loss } from "../loss/loss.ts";
import { adam } from "../optimizer/adam.ts";
import type { OptimizerFactory } from "../optimizer/optimizer.ts";
import type { EpochEvent, RollbackEvent, StepEvent, TrainEvent, TrainResult } from "./events.ts";
import { train, trainEvents } from "./train.ts";
import type { TrainOptions } from "./train-options.ts";

const key = createKey(29);
const values = key.normal(200);
const rows = Array.from({ length: 100 }, (_, i) => [values[2 * i] as number, 2 * (values[2 * i + 1] as number)]);

type Bits = [string, number[]][];
const bits = (tree: ParameterTree): Bits => Array.from(tree, ([path, p]) => [path, Array.from(p.read())]);

interface Scripted {
  readonly events: TrainEvent[];
  readonly result: TrainResult;
  /** The weights at each event but the last. */
  readonly weights: Bits[];
}

/** A fit whose validation losses are written down: that of the start, then one for each epoch. */
async function scripted(losses: readonly number[], options: Partial<TrainOptions<Gaussian>>): Promise<Scripted> {
  using model = new Gaussian(2);
  let next = 0;
  const loss: Loss<Gaussian> = (m, batch) =>
    tf.engine().state.gradientDepth === 0
      ? tf.scalar(losses[next++] ?? Number.NaN)
      : tf.neg(tf.mean(m.logProb(batch.x)));
  const stream = trainEvents(model, rows, {
    key,
    batchSize: 30,
    maxEpochs: losses.length - 1,
    loss,
    learningRate: 0.1,
    ...options,
  });
  const [events, weights]: [TrainEvent[], Bits[]] = [[], []];
  for (;;) {
    const { done, value } = await stream.next();
    if (done) return { events, weights, result: value };
    events.push(value);
    weights.push(bits(model.parameters()));
  }
}

const only = <T extends TrainEvent["type"]>(events: TrainEvent[], type: T): Extract<TrainEvent, { type: T }>[] =>
  events.filter((e): e is Extract<TrainEvent, { type: T }> => e.type === type);
const rollbacksOf = (events: TrainEvent[]): RollbackEvent[] => only(events, "rollback");
const stepsOf = (events: TrainEvent[], epoch: number): StepEvent[] =>
  only(events, "step").filter((e) => e.epoch === epoch);

for (const backend of BACKENDS) {
  describe(`rollback on ${backend}`, () => {
    beforeAll(() => useBackend(backend));

    test("after a stall the best weights come back with smaller rates, so often, and the next stall ends the fit", async () => {
      const losses = [9, 8, 8.1, 8.2, 8.3, 7, 7.1, 7.2, 7.3, 7.4, 7.5, 7.6];
      const rollback = { patience: 2, factor: 0.5, times: 2 };
      const { events, weights, result } = await scripted(losses, { rollback });
      expect(rollbacksOf(events)).toEqual([
        { type: "rollback", epoch: 3, step: 9, bestEpoch: 1, scale: 0.5 },
        { type: "rollback", epoch: 7, step: 21, bestEpoch: 5, scale: 0.25 },
      ]);
      expect(result).toMatchObject({ reason: "patience", epochs: 9, steps: 27, bestEpoch: 5, weights: "best" });
      // In the stream: right after the epoch that was one too many.
      for (const [i, event] of events.entries()) {
        if (event.type !== "rollback") continue;
        expect(events[i - 1]).toMatchObject({ type: "epoch", epoch: event.epoch });
        expect(events[i + 1]).toMatchObject({ type: "step", epoch: event.epoch + 1 });
        const best = events.findIndex((e) => e.type === "epoch" && e.epoch === event.bestEpoch);
        expect(weights[i]).toEqual(weights[best]);
        expect(weights[i - 1]).not.toEqual(weights[best]);
      }
      const rates = [1, 1, 1, 0.5, 0.5, 0.5, 0.5, 0.25, 0.25].map((scale) => 0.1 * scale);
      for (const [i, rate] of rates.entries()) {
        expect(stepsOf(events, i + 1).map((e) => e.learningRate)).toEqual([rate, rate, rate]);
        expect(only(events, "epoch")[i]?.learningRate).toBe(rate);
      }
    });

    test("the state of the optimizer is cleared: its first step has the length of a first step", async () => {
      const losses = [9, 8, 8.1, 8.2];
      const { events, weights } = await scripted(losses, { rollback: { patience: 1, times: 1 }, maxEpochs: 3 });
      const at = events.findIndex((e) => e.type === "rollback");
      expect(events[at + 1]).toMatchObject({ type: "step", epoch: 3 });
      const { scale } = events[at] as RollbackEvent;
      expect(scale).toBe(0.3);
      const mean = (i: number): number[] => weights[i]?.find(([path]) => path === "mean")?.[1] ?? [];
      for (const [j, before] of mean(at).entries()) {
        // Adam's first step: the rate, whatever the gradient.
        expect(Math.abs((mean(at + 1)[j] as number) - before)).toBeCloseTo(0.03, 5);
      }
    });

    test("every rollback makes an optimizer and frees the one before", async () => {
      const log: string[] = [];
      const real = adam();
      const optimizer: OptimizerFactory = {
        create: () => {
          const own = real.create();
          const name = log.filter((entry) => entry.startsWith("new")).length;
          log.push(`new ${name}`);
          return {
            type: own.type,
            update: (...all) => own.update(...all),
            state: () => own.state(),
            restore: (...all) => own.restore(...all),
            dispose: () => {
              log.push(`dispose ${name}`);
              own.dispose();
            },
          };
        },
      };
      await scripted([9, 8, 8.1, 8.2, 8.3, 8.4], { rollback: { patience: 1, times: 2 }, optimizer });
      expect(log).toEqual(["new 0", "new 1", "dispose 0", "new 2", "dispose 1", "dispose 2"]);
    });

    test("the averages go back as well: they and the weights start anew at the best averages", async () => {
      const losses = [9, 8, 8.1, 8.2, 7, 7.1];
      const averaging = { decay: 0.9, warmup: false };
      const { events, weights } = await scripted(losses, { rollback: { patience: 2 }, averaging });
      const at = events.findIndex((e) => e.type === "rollback");
      const best = weights[events.findIndex((e) => e.type === "epoch" && e.epoch === 1)];
      expect(weights[at]).toEqual(best);
      // Three steps later the average is made of these weights alone.
      const read = (i: number): number[] => weights[i]?.find(([path]) => path === "mean")?.[1] ?? [];
      let expected = read(at);
      for (const i of [1, 2, 3]) expected = expected.map((e, j) => 0.9 * e + 0.1 * (read(at + i)[j] as number));
      expect(events[at + 4]).toMatchObject({ type: "epoch", epoch: 4, improved: true });
      for (const [j, e] of expected.entries()) expect(Math.abs((read(at + 4)[j] as number) - e)).toBeLessThan(1e-6);
    });

    test("patience counts on over rollbacks and ends the fit before they are used up", async () => {
      const losses = [9, 8, 8.1, 8.2, 8.3, 8.4, 8.5, 8.6];
      const { events, result } = await scripted(losses, { rollback: { patience: 2, times: 9 }, patience: 5 });
      expect(rollbacksOf(events).map((e) => e.epoch)).toEqual([3, 5]);
      expect(result).toMatchObject({ reason: "patience", epochs: 6, bestEpoch: 1 });
    });

    test("without patience of its own only rollbacks end it, and the untrained start is good enough to go back to", async () => {
      const losses = [7, ...Array.from({ length: 30 }, (_, i) => 8 + i)];
      const { events, weights, result } = await scripted(losses, { rollback: { patience: 7 } });
      expect(rollbacksOf(events).map((e) => [e.epoch, e.bestEpoch])).toEqual([
        [7, 0],
        [14, 0],
        [21, 0],
      ]);
      expect(result).toMatchObject({ reason: "patience", epochs: 28, bestEpoch: 0, weights: "best" });
      for (const [i, e] of events.entries()) if (e.type === "rollback") expect(weights[i]).toEqual(weights[0]);
    });

    test("there is none after the last epoch, none without validation, and none to what was never finite", async () => {
      const last = await scripted([9, 8, 8.1], { rollback: { patience: 1 } });
      expect(last.result.reason).toBe("completed");
      expect(rollbacksOf(last.events)).toEqual([]);
      using model = new Gaussian(2);
      const result = await train(model, rows.slice(0, 10), { key, maxEpochs: 20, rollback: { patience: 1 } });
      expect(result.reason).toBe("completed");
      // After three epochs without a finite one it ends, and looks once more at what it hands over.
      const infinite = new Array(4).fill(Number.POSITIVE_INFINITY);
      const never = await scripted([...infinite, 1, 1, 1], { rollback: { patience: 3 }, restoreBest: false });
      expect(rollbacksOf(never.events)).toEqual([]);
      expect(never.result).toMatchObject({ reason: "patience", epochs: 3, weights: "last" });
    });

    test("who leaves at a rollback has the best weights, and no tensors are left", async () => {
      using model = new Gaussian(2);
      for (const { variable } of model.parameters().values()) variable.dataSync();
      const before = tf.memory();
      const options: TrainOptions = {
        key,
        batchSize: 10,
        maxEpochs: 60,
        learningRate: 2,
        rollback: { patience: 1, times: 9 },
        averaging: { decay: 0.5 },
      };
      for (const end of [1, 3, 99]) {
        let best: Bits | undefined = bits(model.parameters());
        let seen = 0;
        for await (const event of trainEvents(model, rows, options)) {
          if (event.type === "epoch" && (event as EpochEvent).improved) best = bits(model.parameters());
          if (event.type === "rollback" && ++seen === end) break;
        }
        expect(seen).toBeGreaterThan(0);
        expect(bits(model.parameters())).toEqual(best);
      }
      expect([tf.memory().numTensors, tf.memory().numBytes]).toEqual([before.numTensors, before.numBytes]);
    });

    // A start that is hard to improve on, and rates that are too large for it.
    test.each<[string, Partial<TrainOptions>]>([
      ["averaging", { averaging: { decay: 0.99 } }],
      ["averaging without warm-up", { averaging: { decay: 0.9, warmup: false } }],
      ["rollback", { rollback: { patience: 1 } }],
      ["rates", { learningRateMultipliers: (path) => (path.endsWith("bias") ? 0.1 : 3) }],
      ["warm-up", { learningRate: warmupSchedule(cosineSchedule({ learningRate: 0.5 }), 10) }],
      [
        "all",
        {
          averaging: { decay: 0.9 },
          rollback: { patience: 1, factor: 0.1 },
          learningRateMultipliers: (path) => (path.endsWith("bias") ? 0 : 2),
          learningRate: warmupSchedule(0.3, 5),
        },
      ],
    ])("the result on the validation rows is never worse than the start: %s", async (_, options) => {
      const normal = key.fold("standard").normal(480);
      const all = Array.from({ length: 240 }, (_, i) => [normal[2 * i] as number, normal[2 * i + 1] as number]);
      const [x, validation] = [all.slice(0, 120), all.slice(120)];
      for (const learningRate of [0.001, 0.2, 3]) {
        for (const seed of [1, 2]) {
          // The identity on a standard normal: the truth.
          using model = maf({ features: 2, key: createKey(seed), transforms: 2, hidden: [8] });
          const judge = (): number => -tf.tidy(() => tf.mean(model.logProb(validation)).dataSync()[0] as number);
          const start = judge();
          const moved = bits(model.parameters());
          let wentWrong = false;
          const all = { key: createKey(seed), validation, maxEpochs: 8, batchSize: 40, learningRate, ...options };
          for await (const event of trainEvents(model, x, all)) {
            if (event.type === "epoch") wentWrong ||= (event.validationLoss as number) > start;
            if (event.type === "step") expect(bits(model.parameters())).not.toEqual(moved);
            if (event.type !== "stop") continue;
            expect(event.bestValidationLoss).toBeLessThanOrEqual(start + 1e-6);
            expect(judge()).toBeCloseTo(event.bestValidationLoss as number, 5);
          }
          expect(judge()).toBeLessThanOrEqual(start + 1e-6);
          if (learningRate === 3 || options.learningRate !== undefined) expect(wentWrong).toBe(true);
        }
      }
    });
  });
}

describe("what is refused", () => {
  beforeAll(() => useBackend("cpu"));

  const cases: [text: string, options: Partial<TrainOptions>][] = [
    [
      "train: expected validation rows, because rollback is set, got validation: 0.",
      { validation: 0, rollback: { patience: 3 } },
    ],
    ["train: expected rollback.patience to be an integer from 1, got 0.", { rollback: { patience: 0 } }],
    ["train: expected rollback.factor above 0 and at most 1, got 0.", { rollback: { patience: 3, factor: 0 } }],
    ["train: expected rollback.factor above 0 and at most 1, got 1.5.", { rollback: { patience: 3, factor: 1.5 } }],
    ["train: expected rollback.times to be an integer from 1, got 0.", { rollback: { patience: 3, times: 0 } }],
    [
      "train: expected patience above rollback.patience, 3, got 3. The fit would stop before a rollback: leave patience out.",
      { rollback: { patience: 3 }, patience: 3 },
    ],
  ];
  test.each(cases)("%s", async (text, options) => {
    using model = new Gaussian(2);
    await expect(train(model, rows, { key, ...options })).rejects.toThrow(text);
  });
});
