import { useBackend } from "@pushforward/backend";
import { createKey, ndArray, type ParameterTree, TrainingDivergedError } from "@pushforward/core";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, test } from "vitest";
import { cpuSecondsOf } from "../../../testing/test/cpu-seconds-of.ts";
import { BACKENDS, DEEP } from "../../../testing/test/deep.ts";
import { Gaussian } from "../../test/gaussian.ts";
import { NetworkDensity } from "../../test/network-density.ts";
import type { TrainingData } from "../data/training-data.ts";
import type { Loss } from "../loss/loss.ts";
import { adamW } from "../optimizer/adam.ts";
import type { OptimizerFactory, UpdateOptions } from "../optimizer/optimizer.ts";
import type { EpochEvent, StepEvent, TrainEvent, TrainResult } from "./events.ts";
import { train, trainEvents } from "./train.ts";
import type { TrainOptions } from "./train-options.ts";

const key = createKey(20261124);

/** n rows of N([1, −2], diag(0.5², 2²)). */
function gaussianRows(n: number, name = "gaussian"): number[][] {
  const z = key.fold(name).normal(2 * n);
  return Array.from({ length: n }, (_, i) => [1 + 0.5 * (z[2 * i] as number), -2 + 2 * (z[2 * i + 1] as number)]);
}

/** x = sin(3c) + noise. */
function waveRows(n: number): { x: number[][]; context: number[][] } {
  const u = key.fold("wave").uniform(n);
  const z = key.fold("noise").normal(n);
  const context = Array.from(u, (v) => [4 * v - 2]);
  return { context, x: context.map(([c], i) => [Math.sin(3 * (c as number)) + 0.2 * (z[i] as number)]) };
}

async function collect<E>(stream: AsyncGenerator<E, TrainResult, void>): Promise<{ events: E[]; result: TrainResult }> {
  const events: E[] = [];
  for (;;) {
    const next = await stream.next();
    if (next.done) return { events, result: next.value };
    events.push(next.value);
  }
}

const steps = (events: TrainEvent[]): StepEvent[] => events.filter((e) => e.type === "step");
const epochs = (events: TrainEvent[]): EpochEvent[] => events.filter((e) => e.type === "epoch");
const losses = (events: TrainEvent[]): number[] => steps(events).map((e) => e.loss);

function bits(tree: ParameterTree): Record<string, number[]> {
  return Object.fromEntries(Array.from(tree, ([path, p]) => [path, Array.from(p.read())]));
}

async function error(promise: Promise<unknown>): Promise<Error> {
  try {
    await promise;
  } catch (e) {
    return e as Error;
  }
  throw new Error("expected a rejection");
}

for (const backend of BACKENDS) {
  describe(`fit on ${backend}`, () => {
    beforeAll(() => useBackend(backend));

    test.runIf(DEEP)("recovers a Gaussian by its defaults, from 100 and from 3,000 rows", async () => {
      // Mean excess of the fitted over the true density: (parameters / 2) / rows.
      for (const [n, tolerance] of [
        [100, 0.08],
        [3000, 0.01],
      ] as const) {
        using model = new Gaussian(2);
        const result = await train(model, gaussianRows(n), { key });
        expect(result.reason === "completed" || result.reason === "patience").toBe(true);
        const [mean, logScale] = [model.mean.read(), model.logScale.read()];
        // Held-out NLL by the formula in float64; the entropy is Σ ½ log(2πe σ²).
        const test = gaussianRows(20_000, "test");
        const nll = test.map((row) =>
          row.reduce((sum, x, j) => {
            const z = (x - (mean[j] as number)) / Math.exp(logScale[j] as number);
            return sum + 0.5 * z * z + (logScale[j] as number) + 0.5 * Math.log(2 * Math.PI);
          }, 0),
        );
        const average = nll.reduce((a, b) => a + b) / nll.length;
        const entropy = Math.log(2 * Math.PI * Math.E) + Math.log(0.5 * 2);
        // The variance of −log p is features / 2 = 1.
        const standardError = 1 / Math.sqrt(nll.length);
        expect(average).toBeLessThan(entropy + tolerance + 3 * standardError);
        expect(average).toBeGreaterThan(entropy - 3 * standardError);
      }
    });

    test("trains a conditional model and tells what happens in order", async () => {
      using model = new NetworkDensity(16, key);
      const { events, result } = await collect(
        trainEvents(model, waveRows(600), { key, maxEpochs: 40, batchSize: 100, learningRate: 0.02, patience: 40 }),
      );
      expect(events[0]).toMatchObject({
        type: "start",
        step: 0,
        epochs: 40,
        stepsPerEpoch: 6,
        totalSteps: 240,
        batchSize: 100,
        trainRows: 540,
        validationRows: 60,
        parameters: 66,
      });
      const kinds = events.map((e) => e.type);
      expect(kinds.slice(1, 9)).toEqual(["step", "step", "step", "step", "step", "step", "epoch", "step"]);
      expect(kinds.at(-1)).toBe("stop");
      expect(steps(events).map((e) => e.step)).toEqual(Array.from({ length: 240 }, (_, i) => i + 1));
      expect(steps(events).map((e) => e.epoch)).toEqual(Array.from({ length: 240 }, (_, i) => 1 + Math.floor(i / 6)));
      const first = epochs(events)[0] as EpochEvent;
      expect(first.trainLoss).toBeCloseTo(
        losses(events)
          .slice(0, 6)
          .reduce((a, b) => a + b) / 6,
        10,
      );
      expect(first.seconds).toBeGreaterThan(0);
      expect(first.cpuSeconds).toBeGreaterThan(0);
      expect(result).toMatchObject({ reason: "completed", epochs: 40, steps: 240, weights: "best" });
      const { type: _, ...stop } = events.at(-1) as Extract<TrainEvent, { type: "stop" }>;
      expect({ ...stop, seconds: 0, cpuSeconds: 0 }).toEqual({ ...result, seconds: 0, cpuSeconds: 0 });
      // The noise alone has entropy ½ log(2πe 0.2²) = −0.190; predicting only the mean costs about 1.1.
      expect(result.bestValidationLoss).toBeLessThan(0.4);
      expect(result.bestValidationLoss).toBe(Math.min(...epochs(events).map((e) => e.validationLoss as number)));
    });

    test("the same key gives the same bits, another key others", async () => {
      const run = async (seed: number): Promise<unknown> => {
        using model = new NetworkDensity(8, key);
        const { events } = await collect(
          trainEvents(model, waveRows(200), { key: createKey(seed), maxEpochs: 4, batchSize: 30 }),
        );
        return [losses(events), epochs(events).map((e) => e.validationLoss), bits(model.parameters())];
      };
      const zero = await run(0);
      expect(await run(0)).toEqual(zero);
      expect(await run(1)).not.toEqual(zero);
    });

    test("every row counts once in each epoch, in another order", async () => {
      using model = new Gaussian(1);
      const seen: number[] = [];
      const loss: Loss<Gaussian> = (m, batch) => {
        seen.push(...batch.x.dataSync());
        return tf.neg(tf.mean(m.logProb(batch.x)));
      };
      const x = Array.from({ length: 103 }, (_, i) => [i / 50]);
      const { events } = await collect(
        trainEvents(model, x, { key, maxEpochs: 2, batchSize: 25, validation: 0, loss }),
      );
      expect(steps(events)).toHaveLength(10);
      const sorted = (values: number[]): number[] => values.slice().sort((a, b) => a - b);
      const all = Array.from(Float32Array.from(x.flat()));
      expect(sorted(seen.slice(0, 103))).toEqual(all);
      expect(sorted(seen.slice(103, 206))).toEqual(all);
      expect(seen.slice(0, 103)).not.toEqual(seen.slice(103, 206));
    });

    test("without shuffle every epoch deals the rows in their order", async () => {
      using model = new Gaussian(1);
      const seen: number[] = [];
      const loss: Loss<Gaussian> = (m, batch) => {
        seen.push(...batch.x.dataSync());
        return tf.neg(tf.mean(m.logProb(batch.x)));
      };
      const x = Array.from({ length: 103 }, (_, i) => [i / 50]);
      await collect(trainEvents(model, x, { key, maxEpochs: 2, batchSize: 25, validation: 0, loss, shuffle: false }));
      const all = Array.from(Float32Array.from(x.flat()));
      expect(seen.slice(0, 206)).toEqual([...all, ...all]);
    });

    test("held-out rows are not trained on", async () => {
      using model = new Gaussian(1);
      const trained = new Set<number>();
      const held = new Set<number>();
      let depth = 0;
      const loss: Loss<Gaussian> = (m, batch) => {
        depth = tf.engine().state.gradientDepth;
        for (const v of batch.x.dataSync()) (depth > 0 ? trained : held).add(v);
        return tf.neg(tf.mean(m.logProb(batch.x)));
      };
      const x = Array.from({ length: 100 }, (_, i) => i);
      await train(model, ndArray([100, 1], Float64Array.from(x)), { key, maxEpochs: 1, validation: 0.25, loss });
      expect(trained.size).toBe(75);
      expect(held.size).toBe(25);
      expect([...trained, ...held].sort((a, b) => a - b)).toEqual(x);
    });

    test("weights count like repeated rows", async () => {
      const x = gaussianRows(12);
      const weights = [2, 1, 0, 3, 1, 1, 2, 0, 1, 1, 1, 3];
      const repeated = x.flatMap((row, i) => Array.from({ length: weights[i] as number }, () => row));
      const run = async (data: TrainingData): Promise<[number, number, Record<string, number[]>]> => {
        using model = new Gaussian(2);
        const options = { key, maxEpochs: 20, batchSize: 100, validation: data, learningRate: 0.05 };
        const { result } = await collect(trainEvents(model, data, options));
        return [result.trainLoss as number, result.bestValidationLoss as number, bits(model.parameters())];
      };
      const [a, b] = [await run({ x, weights }), await run(repeated)];
      expect(Math.abs(a[0] - b[0])).toBeLessThan(1e-5);
      expect(Math.abs(a[1] - b[1])).toBeLessThan(1e-5);
      for (const [i, v] of (a[2]["mean"] ?? []).entries()) expect(v).toBeCloseTo(b[2]["mean"]?.[i] as number, 4);
    });

    test("frozen and idle parameters and buffers keep their bits", async () => {
      using model = new Gaussian(2, [0.1, 0.2], [0.3, -0.4]);
      const before = bits(model.parameters());
      await train(model, gaussianRows(50), {
        key,
        maxEpochs: 5,
        optimizer: adamW(),
        freeze: (path) => path === "logScale",
        restoreBest: false,
      });
      const after = bits(model.parameters());
      for (const path of ["logScale", "idle", "buffer"]) expect(after[path]).toEqual(before[path]);
      expect(after["mean"]).not.toEqual(before["mean"]);
    });

    test("clips at norm 5 unless told otherwise, and hands the schedule's rate to the optimizer", async () => {
      const seen: UpdateOptions[] = [];
      const recorder: OptimizerFactory = {
        create: () => ({
          type: "test/recorder",
          update: (_parameters, _gradients, options) => {
            seen.push(options);
            return { gradientNorm: 3 };
          },
          state: () => ({ step: 0, arrays: new Map() }),
          restore: () => {},
          dispose: () => {},
        }),
      };
      using model = new Gaussian(2);
      const options: TrainOptions = {
        key,
        maxSteps: 2,
        validation: 0,
        optimizer: recorder,
        learningRate: (s) => s + 0.5,
      };
      for (const clipNorm of [undefined, 0.1, 0]) {
        const { events } = await collect(trainEvents(model, gaussianRows(70), { ...options, clipNorm }));
        expect(steps(events).map((e) => [e.learningRate, e.gradientNorm])).toEqual([
          [0.5, 3],
          [1.5, 3],
        ]);
      }
      expect(seen).toEqual([
        { learningRate: 0.5, clipNorm: 5 },
        { learningRate: 1.5, clipNorm: 5 },
        { learningRate: 0.5, clipNorm: 0.1 },
        { learningRate: 1.5, clipNorm: 0.1 },
        { learningRate: 0.5 },
        { learningRate: 1.5 },
      ]);
    });

    test("goes back to the best epoch, or not if told so", async () => {
      // A rate that is far too large: the loss falls, then jumps about.
      const options: TrainOptions = {
        key,
        maxEpochs: 12,
        learningRate: (step) => (step < 20 ? 0.05 : 1),
        patience: 12,
      };
      using restored = new Gaussian(2);
      const { events, result } = await collect(trainEvents(restored, gaussianRows(200), options));
      using last = new Gaussian(2);
      const plain = await train(last, gaussianRows(200), { ...options, restoreBest: false });
      const validation = epochs(events).map((e) => e.validationLoss as number);
      expect(result.bestEpoch).toBeLessThan(12);
      expect(result.bestEpoch).toBe(validation.indexOf(Math.min(...validation)) + 1);
      expect(plain).toMatchObject({ weights: "last", bestEpoch: result.bestEpoch });
      expect(bits(last.parameters())).not.toEqual(bits(restored.parameters()));
      // The restored weights are those of the best epoch: a fit that ends there has the same.
      using short = new Gaussian(2);
      await train(short, gaussianRows(200), { ...options, maxEpochs: result.bestEpoch, restoreBest: false });
      expect(bits(short.parameters())).toEqual(bits(restored.parameters()));
    });

    test("stops after patience epochs without an improvement of minImprovement", async () => {
      using model = new Gaussian(2);
      const { events, result } = await collect(
        trainEvents(model, gaussianRows(200), {
          key,
          maxEpochs: 50,
          learningRate: 1e-6,
          minImprovement: 0.01,
          patience: 3,
        }),
      );
      expect(result).toMatchObject({ reason: "patience", epochs: 3, bestEpoch: 0 });
      expect(epochs(events).map((e) => e.improved)).toEqual([false, false, false]);
    });

    test("an untrained model that is better than all epochs stays", async () => {
      const rows = gaussianRows(400);
      using model = new Gaussian(2, [1, -2], [Math.log(0.5), Math.log(2)]);
      const before = bits(model.parameters());
      const result = await train(model, rows, { key, maxEpochs: 3, learningRate: 3 });
      expect(result).toMatchObject({ bestEpoch: 0, weights: "best" });
      expect(bits(model.parameters())).toEqual(before);
    });

    test("maxSteps ends within an epoch, whose weights are judged too", async () => {
      using model = new Gaussian(2);
      const { events, result } = await collect(
        trainEvents(model, gaussianRows(200), { key, maxEpochs: 5, batchSize: 18, maxSteps: 13 }),
      );
      expect(result).toMatchObject({ reason: "completed", steps: 13, epochs: 2, bestEpoch: 2 });
      expect(epochs(events)).toHaveLength(2);
    });

    test("the validation loss is exact at scale", async () => {
      using model = new Gaussian(1, [0], [3]);
      const z = key.fold("scale").normal(200_000);
      const { events } = await collect(
        trainEvents(
          model,
          [0, 1, 2].map((v) => [v]),
          { key, maxSteps: 1, validation: ndArray([z.length, 1], z), restoreBest: false },
        ),
      );
      const expected =
        z.reduce((sum, v) => sum + 0.5 * (v / Math.exp(3)) ** 2, 0) / z.length + 3 + 0.5 * Math.log(2 * Math.PI);
      const start = events[0] as Extract<TrainEvent, { type: "start" }>;
      expect(Math.abs((start.validationLoss as number) / expected - 1)).toBeLessThan(1e-6);
    });

    test("an abort within an epoch ends before the next step, keeps the best weights and does not throw", async () => {
      using model = new Gaussian(2);
      const controller = new AbortController();
      const events: TrainEvent[] = [];
      let atEpochTwo: unknown;
      for await (const event of trainEvents(model, gaussianRows(400), {
        key,
        batchSize: 40,
        signal: controller.signal,
      })) {
        events.push(event);
        if (event.type === "epoch" && event.epoch === 2) atEpochTwo = bits(model.parameters());
        if (event.type === "step" && event.step === 23) controller.abort();
      }
      expect(steps(events).at(-1)?.step).toBe(23);
      expect(events.at(-1)).toMatchObject({
        type: "stop",
        reason: "aborted",
        epochs: 3,
        bestEpoch: 2,
        weights: "best",
      });
      expect(bits(model.parameters())).toEqual(atEpochTwo);
    });

    test("an abort in the first epoch keeps what was learned", async () => {
      using model = new Gaussian(2);
      const controller = new AbortController();
      let last: unknown;
      for await (const event of trainEvents(model, gaussianRows(400), {
        key,
        batchSize: 40,
        signal: controller.signal,
      })) {
        if (event.type === "step" && event.step === 5) {
          controller.abort();
          last = bits(model.parameters());
        }
      }
      expect(bits(model.parameters())).toEqual(last);
      using fresh = new Gaussian(2);
      expect(last).not.toEqual(bits(fresh.parameters()));
    });

    test("timers run while it trains, so that they can stop it", async () => {
      using model = new NetworkDensity(64, key);
      const controller = new AbortController();
      setTimeout(() => controller.abort(), 120);
      const seconds = await cpuSecondsOf(async () => {
        const options = { key, maxEpochs: 5000, patience: 5000, signal: controller.signal };
        expect((await train(model, waveRows(2000), options)).reason).toBe("aborted");
      });
      // All epochs would take more than a minute.
      expect(seconds).toBeLessThan(10);
    });

    test("a consumer that leaves the loop keeps the best weights", async () => {
      using model = new Gaussian(2);
      let best: unknown;
      for await (const event of trainEvents(model, gaussianRows(400), { key, batchSize: 40, learningRate: 0.01 })) {
        if (event.type === "epoch" && event.bestEpoch === event.epoch) best = bits(model.parameters());
        if (event.type === "step" && event.step === 25) {
          expect(bits(model.parameters())).not.toEqual(best);
          break;
        }
      }
      expect(best).toBeDefined();
      expect(bits(model.parameters())).toEqual(best);
    });

    for (const validation of [0, 0.1]) {
      test(`divergence is caught in its step, validation ${validation}`, async () => {
        using model = new NetworkDensity(8, key);
        const events: TrainEvent[] = [];
        const run = async (): Promise<void> => {
          for await (const event of trainEvents(model, waveRows(200), {
            key,
            learningRate: 1e4,
            validation,
            clipNorm: 0,
          })) {
            events.push(event);
          }
        };
        const thrown = (await error(run())) as TrainingDivergedError;
        expect(thrown).toBeInstanceOf(TrainingDivergedError);
        const { detail } = thrown;
        expect(detail.learningRate).toBe(1e4);
        expect(detail.step).toBe((steps(events).at(-1)?.step ?? 0) + 1);
        expect(thrown.message).toMatch(
          /^train: expected a finite .* in step \d+, epoch 1, at learning rate 10000\. The model holds (its best|earlier) weights\. Lower the learning rate\.$/,
        );
        for (const e of steps(events)) expect(Number.isFinite(e.loss) && Number.isFinite(e.gradientNorm)).toBe(true);
        expect(events.at(-1)).toMatchObject({ type: "stop", reason: "diverged" });
        const { x, context } = waveRows(200);
        const density = tf.tidy(() => model.given(context).logProb(x).dataSync());
        expect(density.every((v) => Number.isFinite(v))).toBe(true);
      });
    }

    test("a gradient that is not finite is named by its parameter, and the weights stay", async () => {
      using model = new Gaussian(1);
      // √|·| has a finite value and an infinite slope at 0.
      const loss: Loss<Gaussian> = (m, batch, k) =>
        tf.add(
          tf.neg(tf.mean(m.logProb(batch.x))),
          tf.mul(tf.sum(tf.sqrt(tf.square(tf.mul(m.idle.variable, 0)))), k.uniform(1)[0] as number),
        );
      const before = bits(model.parameters());
      const thrown = (await error(train(model, [[0], [1]], { key, loss }))) as TrainingDivergedError;
      expect(thrown.detail).toMatchObject({ parameter: "idle", step: 1, epoch: 1 });
      expect(thrown.message).toBe(
        "train: expected a finite gradient of parameter idle, got NaN or Infinity in step 1, epoch 1, at learning rate 0.005. The model is unchanged. Check that every row has a density, and standardize the data.",
      );
      expect(bits(model.parameters())).toEqual(before);
    });

    test("a validation loss that is not a number is divergence, an infinite one no improvement", async () => {
      for (const [value, reason] of [
        [Number.NaN, "diverged"],
        [Number.POSITIVE_INFINITY, "patience"],
      ] as const) {
        using model = new Gaussian(1);
        let trained: unknown;
        const loss: Loss<Gaussian> = (m, batch) => {
          const broken = tf.engine().state.gradientDepth === 0 && m.mean.read()[0] !== 0;
          return broken ? tf.scalar(value) : tf.neg(tf.mean(m.logProb(batch.x)));
        };
        const before = bits(model.parameters());
        const run = async (): Promise<void> => {
          for await (const e of trainEvents(model, [[1], [2], [3], [4]], { key, loss, validation: 0.5, patience: 2 })) {
            if (e.type === "step") trained = bits(model.parameters());
            if (e.type === "stop") expect(e).toMatchObject({ reason, bestEpoch: 0, weights: "best" });
          }
        };
        if (reason === "diverged") {
          const thrown = (await error(run())) as TrainingDivergedError;
          expect(thrown.message).toContain("expected a finite validation loss, got NaN in step 1, epoch 1,");
        } else {
          await run();
        }
        expect(trained).not.toEqual(before);
        expect(bits(model.parameters())).toEqual(before);
      }
    });

    test("weights that break with the very last step are not handed over", async () => {
      using model = new Gaussian(1);
      const before = bits(model.parameters());
      const thrown = (await error(
        train(model, [[0], [1]], { key, maxSteps: 1, learningRate: 1e4, validation: 0 }),
      )) as TrainingDivergedError;
      expect(thrown.message).toContain("a finite loss after the last step, got");
      expect(thrown.detail).toMatchObject({ step: 1, epoch: 1, learningRate: 1e4 });
      expect(bits(model.parameters())).toEqual(before);
    });

    test("an exception of the loss reaches the caller with the best weights restored", async () => {
      using model = new Gaussian(2);
      let best: unknown;
      let calls = 0;
      const loss: Loss<Gaussian> = (m, batch) => {
        const value = tf.neg(tf.mean(m.logProb(batch.x)));
        if (++calls === 30) throw new RangeError("from the loss");
        return value;
      };
      const run = async (): Promise<void> => {
        for await (const e of trainEvents(model, gaussianRows(100), { key, loss, batchSize: 10 })) {
          if (e.type === "epoch" && e.improved) best = bits(model.parameters());
        }
      };
      expect((await error(run())).message).toBe("from the loss");
      expect(best).toBeDefined();
      expect(bits(model.parameters())).toEqual(best);
    });

    test("leaves no tensors behind: 1,000 steps, 50 aborted fits, 50 losses that throw, forward and backward", async () => {
      using model = new Gaussian(2);
      const rows = gaussianRows(40);
      const throwing = tf.customGrad((x) => ({
        value: tf.exp(x as tf.Tensor),
        gradFunc: () => {
          throw new Error("backward");
        },
      }));
      await train(model, rows, { key, maxSteps: 1 });
      const before = tf.memory();
      await train(model, rows, { key, batchSize: 4, maxEpochs: 100, patience: 100 });
      for (let i = 0; i < 50; i++) {
        const controller = new AbortController();
        for await (const e of trainEvents(model, rows, { key, batchSize: 4, signal: controller.signal })) {
          if (e.type === "step" && e.step === 1 + (i % 12)) {
            if (i % 2 === 0) controller.abort();
            else break;
          }
        }
        const loss: Loss<Gaussian> = (m, batch) => {
          const value = tf.mean(m.logProb(batch.x));
          if (i % 2 === 0) throw new Error("forward");
          return throwing(value);
        };
        await error(train(model, rows, { key, loss, validation: 0 }));
        await error(train(model, rows, { key, loss: () => tf.scalar(1), validation: 0 }));
        await error(train(model, rows, { key, loss: (m, b) => m.logProb(b.x), validation: 0 }));
      }
      expect(tf.memory().numTensors).toBe(before.numTensors);
      expect(tf.memory().numBytes).toBe(before.numBytes);
    });
  });
}

test("cpu and wasm agree for the first 50 steps", async () => {
  const runs: number[][] = [];
  for (const backend of ["cpu", "wasm"] as const) {
    await useBackend(backend);
    using model = new NetworkDensity(16, key);
    const { events } = await collect(trainEvents(model, waveRows(400), { key, maxSteps: 50, batchSize: 64 }));
    runs.push(losses(events));
  }
  for (const [i, loss] of (runs[0] as number[]).entries()) {
    expect(Math.abs((runs[1]?.[i] as number) - loss)).toBeLessThanOrEqual(1e-4 * Math.max(1, Math.abs(loss)));
  }
});

test("the backend may be switched in the middle of a fit", async () => {
  await useBackend("cpu");
  using model = new NetworkDensity(16, key);
  const events: TrainEvent[] = [];
  for await (const event of trainEvents(model, waveRows(400), {
    key,
    maxSteps: 60,
    learningRate: 0.02,
    validation: 0.1,
  })) {
    events.push(event);
    if (event.type === "step" && event.step % 20 === 0) await useBackend(event.step === 20 ? "wasm" : "cpu");
  }
  await useBackend("cpu");
  using straight = new NetworkDensity(16, key);
  const plain = await collect(
    trainEvents(straight, waveRows(400), { key, maxSteps: 60, learningRate: 0.02, validation: 0.1 }),
  );
  const expected = losses(plain.events);
  for (const [i, loss] of losses(events).entries()) {
    expect(Math.abs(loss - (expected[i] as number))).toBeLessThan(1e-3 * Math.max(1, Math.abs(loss)));
  }
  expect(losses(events).at(-1)).toBeLessThan(losses(events)[0] as number);
});

describe("what is refused before the first step", () => {
  beforeAll(() => useBackend("cpu"));

  const rows = gaussianRows(30);
  const model = new Gaussian(2);
  const conditional = new NetworkDensity(2, key);
  const { x } = waveRows(30);
  const cases: [text: string, run: () => Promise<unknown>][] = [
    [
      "train: expected options.key, got none. Pass { key: createKey(0) }.",
      () => train(model, rows, {} as TrainOptions),
    ],
    ["train: expected maxEpochs to be an integer from 1, got 0.", () => train(model, rows, { key, maxEpochs: 0 })],
    ["train: expected batchSize to be an integer from 1, got 1.5.", () => train(model, rows, { key, batchSize: 1.5 })],
    [
      "train: expected maxSteps to be an integer from 1, got NaN.",
      () => train(model, rows, { key, maxSteps: Number.NaN }),
    ],
    ["train: expected patience to be an integer from 1, got 0.", () => train(model, rows, { key, patience: 0 })],
    ["train: expected clipNorm of at least 0, got -1.", () => train(model, rows, { key, clipNorm: -1 })],
    ["train: expected minImprovement of at least 0, got -1.", () => train(model, rows, { key, minImprovement: -1 })],
    ["train: expected validation from 0 to below 1, got 1.", () => train(model, rows, { key, validation: 1 })],
    [
      "train: expected validation rows, because patience is set, got validation: 0.",
      () => train(model, rows, { key, validation: 0, patience: 3 }),
    ],
    [
      "constantSchedule: expected a learning rate of at least 0, got -1.",
      () => train(model, rows, { key, learningRate: -1 }),
    ],
    [
      "train: expected a schedule of finite rates from 0, got NaN in step 1.",
      () => train(model, rows, { key, learningRate: () => Number.NaN }),
    ],
    [
      "train: expected checkpoint.every.steps to be an integer from 1, got 0.",
      () => train(model, rows, { key, checkpoint: { every: { steps: 0 }, save: () => {} } }),
    ],
    [
      "train: expected a parameter to train, got a model where all are frozen or not trainable.",
      () => train(model, rows, { key, freeze: () => true }),
    ],
    [
      "train: expected a distribution, a conditional distribution or options.loss, got neither.",
      () => train({ parameters: () => model.parameters(), dispose() {}, [Symbol.dispose]() {} }, rows, { key }),
    ],
    ["train: expected rows of shape [2], the model's event, got [1].", () => train(model, x, { key })],
    [
      "train: expected data without a context, because the model takes none, got one.",
      () => train(model, { x: rows, context: rows }, { key }),
    ],
    [
      "train: expected data with a context of shape [1] for each row, got none. Pass { x, context }.",
      () => train(conditional, x, { key }),
    ],
    [
      "train: expected a context of shape [1] for each row, got [2].",
      () => train(conditional, { x, context: rows }, { key }),
    ],
    [
      "train: expected rows of shape [2], the model's event, got [1].",
      () => train(model, rows, { key, validation: x }),
    ],
    [
      "train: validation: expected finite float32 numbers in x, got NaN in row 1, column 2. Drop these rows or fill them in.",
      () => train(model, rows, { key, validation: [[0, Number.NaN]] }),
    ],
    [
      "train: expected at least 2 rows, to hold out some for validation, got 1.",
      () => train(model, [[1, 2]], { key, validation: 0.5 }),
    ],
    [
      "train: expected a scalar loss, got shape [27]. Take its mean over the rows.",
      () => train(model, rows, { key, loss: (m: Gaussian, b) => m.logProb(b.x), validation: gaussianRows(27) }),
    ],
    [
      "train: expected a loss that depends on a parameter that is trained, got one that depends on none.",
      () => train(model, rows, { key, loss: () => tf.scalar(1) }),
    ],
  ];
  for (const [text, run] of cases) {
    test(text, async () => {
      expect((await error(run())).message).toBe(text);
    });
  }

  test("one row is enough", async () => {
    using single = new Gaussian(2);
    const result = await train(single, [[1, 2]], { key, maxSteps: 20 });
    expect(result).toMatchObject({ reason: "completed", steps: 20, weights: "last" });
    expect(result.bestEpoch).toBeUndefined();
  });
});
