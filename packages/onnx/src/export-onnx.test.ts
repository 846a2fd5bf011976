import { useBackend } from "@pushforward/backend";
import { createKey, isConditionalDistribution, type Key, type Module, ndArray, sizeOf } from "@pushforward/core";
import { logProbRows } from "@pushforward/flows";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, test } from "vitest";
import { distributionCases } from "../../flows/cases/index.ts";
import { runOnnx } from "../test/run-onnx.ts";
import type { Density } from "./add-density.ts";
import { exportOnnx } from "./export-onnx.ts";

beforeAll(async () => {
  await useBackend("wasm");
});

const key = createKey("onnx");
const ROWS = 6;

/** A model whose parameters are not those it starts with. */
function moved<T extends Partial<Module>>(model: T, by: Key): T {
  for (const [path, parameter] of model.parameters?.() ?? []) {
    if (!parameter.trainable) continue;
    const noise = by.fold(path).normal(sizeOf(parameter.shape));
    parameter.write(Float32Array.from(parameter.read(), (value, i) => value + 0.2 * (noise[i] as number)));
  }
  return model;
}

describe("density", () => {
  test.for(Object.entries(distributionCases))("%s", async ([name, theCase]) => {
    const model = moved(theCase.make(key.fold(name)) as Density, key);
    const contextShape = isConditionalDistribution(model) ? model.contextShape : [];
    const context = isConditionalDistribution(model)
      ? { shape: [ROWS, ...contextShape], values: key.fold("context").normal(ROWS * sizeOf(contextShape)) }
      : undefined;
    const drawn = tf.tidy(() => {
      const d = isConditionalDistribution(model)
        ? model.given(tf.tensor(context!.values as Float32Array, context!.shape))
        : model;
      const x = d.sample(key, isConditionalDistribution(model) ? [] : [ROWS]);
      return { shape: x.shape, values: x.dataSync().slice() };
    });
    const d = sizeOf(drawn.shape.slice(1));
    const expected = logProbRows(
      model,
      ndArray([ROWS, d], Float64Array.from(drawn.values)),
      context && ndArray([ROWS, sizeOf(contextShape)], Float64Array.from(context.values)),
    );
    const bytes = exportOnnx(model);
    const found = await runOnnx(bytes, { x: drawn, ...(context && { context }) });
    const worst = Math.max(...Array.from(found.values, (v, i) => Math.abs(v - expected[i]!)));
    console.log(name, bytes.length, worst);
    expect(worst).toBeLessThan(1e-4);
  });
});
