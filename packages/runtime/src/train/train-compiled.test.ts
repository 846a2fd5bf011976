import { useBackend } from "@pushforward/backend";
import { createKey, type Key, ndArray, OptionError, ShapeError, TrainingDivergedError } from "@pushforward/core";
import { GaussianMixture, Mixture, MultivariateStudentT } from "@pushforward/distributions";
import { ConditionalFlow, Flow, gf, logProbRows, maf, nsf, realNvp } from "@pushforward/flows";
import { compileModel } from "@pushforward/flows/compile";
import { trainEvents } from "@pushforward/training";
import { ConstantAffine, chain } from "@pushforward/transforms";
import { Inverse } from "@pushforward/transforms/extend";
import { beforeAll, describe, expect, test } from "vitest";
import { openCompiled, PlanTrainer, scalarEngine, trainCompiledEvents } from "../index.ts";
import { wasmEngine } from "../wasm.ts";

const ROWS = 150;
const engines = { scalar: scalarEngine, wasm: wasmEngine(["simd"]) };

/** Two columns in units of their own, of which the second depends on the first. */
function table(key: Key): Float64Array {
  const z = key.normal(2 * ROWS);
  const at = (i: number): number => z[i] as number;
  return Float64Array.from(z, (_, i) => (i % 2 === 0 ? 50 + 4 * at(i) : 0.3 * at(i) + at(i - 1) ** 2));
}

/** The largest error, relative where values are large. */
const errorOf = (got: ArrayLike<number>, expected: ArrayLike<number>): number =>
  Math.max(...Array.from(expected, (value, i) => Math.abs(value - (got[i] as number)) / Math.max(1, Math.abs(value))));

const standardization = (): ConstantAffine => new ConstantAffine({ scale: [4, 1.5], shift: [50, 1] });

const models = {
  "nsf with dropout": (key: Key) => nsf({ features: 2, transforms: 2, hidden: [12, 12], bins: 4, dropout: 0.2, key }),
  "maf of residual networks, standardized": (key: Key) => {
    const { base, transform } = maf({ features: 2, transforms: 2, hidden: [8, 8], residual: true, key });
    return new Flow(base, chain([transform, standardization()]));
  },
  "realNvp over a mixture": (key: Key) =>
    realNvp({
      features: 2,
      transforms: 2,
      hidden: [8],
      key,
      base: new Mixture({
        learnable: true,
        components: [
          new GaussianMixture({
            means: [
              [-1, 0],
              [1, 0],
            ],
            learnable: true,
          }),
          new MultivariateStudentT({ degreesOfFreedom: 3, features: 2 }),
        ],
      }),
    }),
  gf: (key: Key) => gf({ features: 2, transforms: 2, components: 3, key }),
};

describe("training", () => {
  beforeAll(() => useBackend("wasm"));

  for (const [name, make] of Object.entries(models)) {
    test(name, async () => {
      const x = table(createKey("data"));
      const options = { key: createKey(5), maxEpochs: 6, batchSize: 40 };
      const bytes = compileModel(make(createKey(1)));
      using model = make(createKey(1));
      const expected: number[] = [];
      const data = { x: ndArray([ROWS, 2], x) };
      for await (const event of trainEvents(model, data, { ...options, validation: 0, threads: 1 })) {
        if (event.type === "step") expected.push(event.loss);
      }
      expect(expected).toHaveLength(24);
      for (const [engineName, engine] of Object.entries(engines)) {
        const compiled = openCompiled(bytes, { engine });
        const losses = [...trainCompiledEvents(compiled, { x }, options)].map(({ loss }) => loss);
        expect(losses).toHaveLength(24);
        expect(errorOf(losses, expected), engineName).toBeLessThan(1e-5);
        const after = logProbRows(model, ndArray([ROWS, 2], x));
        const trained = compiled.logProb(x);
        expect(errorOf(trained, after), engineName).toBeLessThan(1e-4);
        // What was trained is what is saved.
        const again = openCompiled(compiled.save(), { engine });
        expect(again.logProb(x)).toEqual(trained);
      }
    });
  }

  test("a conditional flow, standardized at both ends", async () => {
    const make = (): ConditionalFlow => {
      const { base, transform } = nsf({
        features: 2,
        context: 1,
        transforms: 1,
        hidden: [8],
        bins: 4,
        key: createKey(2),
      });
      const contextTransform = new Inverse(new ConstantAffine({ scale: [10], shift: [300] }));
      return new ConditionalFlow(base, chain([transform, standardization()]), { contextTransform });
    };
    const x = table(createKey("data"));
    const context = Float64Array.from(createKey("context").normal(ROWS), (z) => 300 + 10 * z);
    const bytes = compileModel(make());
    using model = make();
    const options = { key: createKey(5), maxEpochs: 3, batchSize: 50, learningRate: 1e-2 };
    const data = { x: ndArray([ROWS, 2], x), context: ndArray([ROWS, 1], context) };
    const expected: number[] = [];
    for await (const event of trainEvents(model, data, { ...options, validation: 0 })) {
      if (event.type === "step") expected.push(event.loss);
    }
    const compiled = openCompiled(bytes, { engine: scalarEngine });
    const losses = [...trainCompiledEvents(compiled, { x, context }, options)].map(({ loss }) => loss);
    expect(errorOf(losses, expected)).toBeLessThan(1e-5);
  });

  test("bad input is refused", () => {
    const open = () => openCompiled(compileModel(maf({ features: 2, key: createKey(0) })), { engine: scalarEngine });
    const model = open();
    expect(() => new PlanTrainer(model, { batchSize: 0 })).toThrow(OptionError);
    const trainer = new PlanTrainer(model, { batchSize: 2 });
    expect(() => trainer.step([1, 2, 3], { learningRate: 1e-3 })).toThrow(ShapeError);
    expect(() => trainer.step([1, 2, 3, 4, 5, 6], { learningRate: 1e-3 })).toThrow(/expected 1 to 2 rows, got 3/);
    expect(() => trainer.step([1, 2], { learningRate: -1 })).toThrow(/a finite learning rate from 0, got -1/);
    expect(() => trainer.step([1, 2], { learningRate: 1e-3, weights: [1, 1] })).toThrow(/expected 1 weights/);
    expect(() => model.sample(createKey(0), 1.5)).toThrow(OptionError);
    expect(() => model.logProb([1, 2], [3])).toThrow(/expected 0 numbers of context, got 1/);
    const before = model.logProb([1, 2]);
    expect(() => trainer.step([1, Number.NaN], { learningRate: 1e-3 })).toThrow(TrainingDivergedError);
    expect(model.logProb([1, 2])).toEqual(before);
    expect(() => [...trainCompiledEvents(model, { x: [1, 2] }, { key: createKey(0), maxEpochs: 0 })]).toThrow(
      OptionError,
    );
  });
});
