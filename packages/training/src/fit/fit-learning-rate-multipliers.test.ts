import { useBackend } from "@pushforward/backend";
import { createKey, OptionError, type ParameterTree } from "@pushforward/core";
import { maf } from "@pushforward/flows";
import { beforeAll, describe, expect, test } from "vitest";
import { BACKENDS } from "../../../testing/test/deep.ts";
import { Gaussian } from "../../test/gaussian.ts";
import { adamW } from "../optimizer/adam.ts";
import type { OptimizerFactory, UpdateOptions } from "../optimizer/optimizer.ts";
import { train, trainEvents } from "./train.ts";
import type { TrainOptions } from "./train-options.ts";

const key = createKey(37);
const values = key.normal(120);
const rows = Array.from({ length: 60 }, (_, i) => [1 + (values[2 * i] as number), 3 * (values[2 * i + 1] as number)]);
const base: TrainOptions = { key, validation: 0, batchSize: 20, maxEpochs: 3, learningRate: 0.01 };

const bits = (tree: ParameterTree): Record<string, number[]> =>
  Object.fromEntries(Array.from(tree, ([path, p]) => [path, Array.from(p.read())]));

async function run(options: Partial<TrainOptions>): Promise<{ norms: number[]; weights: Record<string, number[]>[] }> {
  using model = new Gaussian(2);
  const weights = [bits(model.parameters())];
  const norms: number[] = [];
  for await (const event of trainEvents(model, rows, { ...base, ...options })) {
    if (event.type !== "step") continue;
    norms.push(event.gradientNorm);
    weights.push(bits(model.parameters()));
  }
  return { norms, weights };
}

const distance = (a: number[] = [], b: number[] = []): number[] => a.map((v, i) => Math.abs(v - (b[i] as number)));

for (const backend of BACKENDS) {
  describe(`learning-rate multipliers on ${backend}`, () => {
    beforeAll(() => useBackend(backend));

    test("multiply the step of their parameter: Adam's first has just that length", async () => {
      const { weights } = await run({ learningRateMultipliers: (path) => (path === "mean" ? 0.1 : 2), maxSteps: 1 });
      for (const moved of distance(weights[1]?.["mean"], weights[0]?.["mean"])) expect(moved).toBeCloseTo(0.001, 6);
      for (const moved of distance(weights[1]?.["logScale"], weights[0]?.["logScale"])) {
        expect(moved).toBeCloseTo(0.02, 6);
      }
    });

    test("leave the norm that clips as it is, over all parameters", async () => {
      // The first gradients are those of the same weights.
      const [plain, uneven] = [
        await run({ maxSteps: 1 }),
        await run({ learningRateMultipliers: () => 0.5, maxSteps: 1 }),
      ];
      expect(uneven.norms).toEqual(plain.norms);
      const clipped = await run({
        learningRateMultipliers: (path) => (path === "mean" ? 0.1 : 1),
        maxSteps: 1,
        clipNorm: 1e-3,
      });
      expect(clipped.norms).toEqual(plain.norms);
    });

    test("0 is frozen, bit for bit", async () => {
      const options = { optimizer: adamW(), restoreBest: false };
      const still = await run({ ...options, learningRateMultipliers: (path) => (path === "mean" ? 0 : 1) });
      expect(still).toEqual(await run({ ...options, freeze: (path) => path === "mean" }));
      expect(still.weights.at(-1)?.["mean"]).toEqual([0, 0]);
      expect(still.weights.at(-1)?.["logScale"]).not.toEqual([0, 0]);
    });

    test("1 is no rate, bit for bit, and all alike are another learning rate", async () => {
      const plain = await run({});
      expect(await run({ learningRateMultipliers: () => 1 })).toEqual(plain);
      expect(await run({ learningRateMultipliers: () => 0.5 })).toEqual(await run({ learningRate: 0.005 }));
    });

    test("work in a plan too", async () => {
      using model = maf({ features: 2, key, transforms: 2, hidden: [8] });
      const before = bits(model.parameters());
      const first = (path: string): boolean => path.startsWith("transform.layers.0.");
      expect(Object.keys(before).some(first)).toBe(true);
      await train(model, rows, { ...base, learningRateMultipliers: (path) => (first(path) ? 1e-3 : 1), maxSteps: 1 });
      const largest = { first: 0, other: 0 };
      for (const [path, after] of Object.entries(bits(model.parameters()))) {
        const group = first(path) ? "first" : "other";
        largest[group] = Math.max(largest[group], ...distance(after, before[path]));
      }
      expect(largest.first).toBeCloseTo(1e-5, 7);
      expect(largest.other).toBeCloseTo(1e-2, 4);
    });
  });
}

describe("learningRateMultipliers", () => {
  beforeAll(() => useBackend("cpu"));

  test("are asked once for each trained parameter, and an optimizer of one's own gets them", async () => {
    const seen: UpdateOptions[] = [];
    const optimizer: OptimizerFactory = {
      create: () => ({
        type: "test/recorder",
        update: (_parameters, _gradients, options) => {
          seen.push(options);
          return { gradientNorm: 0 };
        },
        state: () => ({ step: 0, arrays: new Map() }),
        restore: () => {},
        dispose: () => {},
      }),
    };
    const asked: string[] = [];
    const learningRateMultipliers = (path: string): number => {
      asked.push(path);
      return path === "mean" ? 0.5 : 1;
    };
    await run({ optimizer, learningRateMultipliers, freeze: (path) => path === "idle", maxSteps: 2 });
    expect(asked).toEqual(["mean", "logScale"]);
    const options = {
      learningRate: 0.01,
      clipNorm: 5,
      learningRateMultipliers: new Map([
        ["mean", 0.5],
        ["logScale", 1],
      ]),
    };
    expect(seen).toEqual([options, options]);
  });

  test.each([-1, Number.NaN, Number.POSITIVE_INFINITY])("of %d are refused", async (rate) => {
    const refused = run({ learningRateMultipliers: (path) => (path === "logScale" ? rate : 1) });
    await expect(refused).rejects.toThrow(OptionError);
    await expect(refused).rejects.toThrow(
      `train: expected a learning-rate multiplier of at least 0 for parameter logScale, got ${rate}.`,
    );
  });

  test("of 0 for all leave nothing to train", async () => {
    await expect(run({ learningRateMultipliers: () => 0 })).rejects.toThrow(
      "train: expected a parameter to train, got a model where all",
    );
  });
});
