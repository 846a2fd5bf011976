import { useBackend } from "@pushforward/backend";
import {
  type ConditionalDistribution,
  createKey,
  type Distribution,
  type Key,
  type NdArray,
  ndArray,
} from "@pushforward/core";
import { disposeParameters, isConditionalDistribution, isModule, sampleRecipe, sizeOf } from "@pushforward/core/extend";
import { logProbRows, sampleRows } from "@pushforward/flows";
import { compileModel } from "@pushforward/flows/compile";
import { planLogProb } from "@pushforward/ops";
import { beforeAll, describe, expect, test } from "vitest";
import { cases as distributions } from "../../distributions/cases/index.ts";
import { distributionCases as flows } from "../../flows/cases/index.ts";
import { openCompiled, scalarEngine } from "./index.ts";
import { wasmEngine } from "./wasm.ts";

const ROWS = 40;
const engines = { scalar: scalarEngine, wasm: wasmEngine(["simd"]) };

/** Moves every trained parameter, so that nothing is the identity. */
function disturb(model: object, key: Key): void {
  if (!isModule(model)) return;
  for (const [path, parameter] of model.parameters()) {
    if (!parameter.trainable) continue;
    const noise = key.fold(path).normal(parameter.read().length);
    parameter.write(parameter.read().map((value, i) => value + 0.1 * (noise[i] as number)));
  }
}

function contextFor(model: Distribution | ConditionalDistribution): NdArray | undefined {
  if (!isConditionalDistribution(model)) return undefined;
  const size = sizeOf(model.contextShape);
  return ndArray([ROWS, size], Float64Array.from(createKey("context").normal(ROWS * size)));
}

/** The largest error, relative where values are large. */
const errorOf = (got: ArrayLike<number>, expected: ArrayLike<number>): number =>
  Math.max(
    0,
    ...Array.from(expected, (value, i) =>
      Object.is(value, got[i]) ? 0 : Math.abs(value - (got[i] as number)) / Math.max(1, Math.abs(value)),
    ),
  );

describe("every distribution with a plan", () => {
  beforeAll(() => useBackend("wasm"));
  let planned = 0;
  let sampled = 0;

  for (const [name, { make }] of Object.entries({ ...distributions, ...flows })) {
    test(name, () => {
      const model = make(createKey(17)) as Distribution | ConditionalDistribution;
      disturb(model, createKey(18));
      const { recipe } = sampleRecipe(model);
      const features = recipe?.columns ?? ("eventShape" in model ? sizeOf(model.eventShape) : 0);
      if (features === 0 || planLogProb(model, features).plan === undefined) {
        if (features > 0) expect(() => compileModel(model)).toThrow(/compileModel: expected a model with a plan/);
        return;
      }
      planned++;
      const context = contextFor(model);
      const samples =
        context === undefined ? sampleRows(model, createKey(3), ROWS) : sampleRows(model, createKey(3), 1, context);
      const expected = logProbRows(model, samples, context);
      const bytes = compileModel(model);
      for (const [engineName, engine] of Object.entries(engines)) {
        const compiled = openCompiled(bytes, { engine });
        const got = compiled.logProb(samples.data, context?.data);
        expect(errorOf(got, expected), engineName).toBeLessThan(1e-5);
        expect(compiled.canSample).toBe(recipe !== undefined);
        if (recipe === undefined) continue;
        sampled++;
        const drawn = compiled.sample(createKey(3), ROWS, context?.data);
        expect(errorOf(drawn, samples.data), engineName).toBeLessThan(1e-4);
      }
      if (isModule(model)) disposeParameters(model.parameters());
    });
  }

  test("are many", () => {
    expect(planned).toBeGreaterThan(50);
    expect(sampled).toBeGreaterThan(90);
  });
});
