import { useBackend } from "@pushforward/backend";
import { conditionersCodecs } from "@pushforward/conditioners/extend";
import { createKey, OptionError, ShapeError } from "@pushforward/core";
import { StandardNormal, Uniform } from "@pushforward/distributions";
import { distributionsCodecs, independentDistribution } from "@pushforward/distributions/extend";
import { createRegistry } from "@pushforward/serialization/extend";
import { expectNoLeak } from "@pushforward/testing";
import { AffineElementwise, chain, Sigmoid } from "@pushforward/transforms";
import { transformsCodecs } from "@pushforward/transforms/extend";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, test } from "vitest";
import { BACKENDS } from "../../../testing/test/deep.ts";
import { flowsCodecs } from "../codecs.ts";
import { ConditionalFlow } from "../conditional-flow.ts";
import { Flow } from "../flow.ts";
import { realNvp } from "../presets/common.ts";
import { bitsPerDimension, Dequantized } from "./dequantized.ts";

const key = createKey(8);

/** A logistic-like density of two numbers in (0, 1). */
const density = (): Flow =>
  new Flow(
    new StandardNormal({ shape: [2, 1] }),
    chain([new AffineElementwise({ shape: [2, 1], shift: [0.5, -0.5] }), new Sigmoid()]),
  );

/** Noise in (0, 1) whose network has seen the values. */
function noise(): ConditionalFlow {
  const inside = realNvp({ features: 2, context: 2, transforms: 2, hidden: [4], key });
  for (const [path, parameter] of inside.parameters()) {
    parameter.write(
      key
        .fold(path)
        .normal(parameter.read().length)
        .map((v) => 0.25 * v),
    );
  }
  return new ConditionalFlow(inside.base, chain([inside.transform, new Sigmoid()]));
}

describe.each(BACKENDS)("%s", (backend) => {
  beforeAll(() => useBackend(backend));

  test("a uniform density gives each integer the same probability, without a gap", () => {
    const flat = independentDistribution(new Uniform({ low: [[0], [0]], high: [[1], [1]] }), 1);
    const model = new Dequantized({ density: flat, levels: 4 });
    const bound = model.logProbBound(tf.tensor3d([0, 3, 1, 2], [2, 2, 1]), key).dataSync();
    for (const value of bound) expect(value).toBeCloseTo(-2 * Math.log(4), 5);
  });

  // log-probabilities of the bins by numerical integration of the density.
  test.each(["uniform", "learned"])("with %s noise the weights exp(bound) average to the probability", (kind) => {
    using model = new Dequantized({ density: density(), levels: 3, ...(kind === "learned" && { noise: noise() }) });
    const cells = 200;
    const x = [1, 2];
    const fine = Array.from({ length: cells * cells }, (_, i) => [
      [((x[0] as number) + (Math.floor(i / cells) + 0.5) / cells) / 3],
      [((x[1] as number) + ((i % cells) + 0.5) / cells) / 3],
    ]);
    const probability =
      tf.tidy(() => tf.mean(tf.exp(model.density.logProb(tf.tensor3d(fine)))).dataSync()[0] as number) / 9;
    const draws = 20_000;
    const bounds = model.logProbBound(tf.tile(tf.tensor3d(x, [1, 2, 1]), [draws, 1, 1]), key).dataSync();
    const weights = Array.from(bounds, Math.exp);
    const mean = weights.reduce((a, b) => a + b) / draws;
    const error = Math.sqrt(weights.reduce((a, b) => a + (b - mean) ** 2, 0)) / draws;
    expect(Math.abs(mean - probability)).toBeLessThan(5 * error);
    expect(error / mean).toBeLessThan(0.05);
    // Jensen: the bound is below.
    expect(Array.from(bounds).reduce((a, b) => a + b) / draws).toBeLessThan(Math.log(probability));
  });

  test("samples are integers, every parameter of density and noise learns, and nothing leaks", () => {
    using model = new Dequantized({ density: density(), levels: 5, noise: noise() });
    const x = model.sample(key, [200]).dataSync();
    expect(new Set(x)).toEqual(new Set([0, 1, 2, 3, 4]));
    const values = tf.tensor3d([0, 4, 2, 1], [2, 2, 1]);
    const trained = [...model.parameters()].filter(([, p]) => p.trainable);
    const loss = (): tf.Scalar => tf.neg(tf.mean(model.logProbBound(values, key)));
    const { value, grads } = tf.variableGrads(
      loss,
      trained.map(([, p]) => p.variable),
    );
    for (const [path, { variable }] of trained) {
      expect(tf.max(tf.abs(grads[variable.name] as tf.Tensor)).dataSync()[0], path).toBeGreaterThan(0);
    }
    tf.dispose([value, grads]);
    expectNoLeak(() => model.logProbBound(values, key).dispose());
  });

  test("comes back from a file", () => {
    const registry = createRegistry(...flowsCodecs, ...transformsCodecs, ...distributionsCodecs, ...conditionersCodecs);
    for (const parts of [{}, { noise: noise() }]) {
      const node = registry.encode(new Dequantized({ density: density(), levels: 7, ...parts }));
      expect(registry.encode(registry.decode({ ...node }))).toEqual(node);
    }
  });
});

test("refuses levels and noise that do not fit", () => {
  expect(() => new Dequantized({ density: density(), levels: 1 })).toThrow(
    new OptionError("Dequantized: expected levels to be an integer from 2 to 65536, got 1."),
  );
  const other = realNvp({ features: 2, context: 3, key });
  expect(() => new Dequantized({ density: density(), levels: 4, noise: other })).toThrow(
    new ShapeError("Dequantized: expected noise with a context of the 2 numbers of an event, got shape [3]."),
  );
});

test("uniform pixels of 8 bits have 8 bits, as integers and as numbers in [0, 1]", () => {
  expect(bitsPerDimension(-784 * Math.log(256), { dimensions: 784 })).toBeCloseTo(8, 12);
  expect(bitsPerDimension(0, { dimensions: 784, levels: 256 })).toBe(8);
});

test("a fair coin has one bit, and a density of 2 on [0, 1] one less", () => {
  expect(bitsPerDimension(Math.log(0.5), { dimensions: 1 })).toBe(1);
  expect(bitsPerDimension(3 * Math.LN2, { dimensions: 3, levels: 256 })).toBe(7);
});

test("refuses sizes that are none", () => {
  expect(() => bitsPerDimension(0, { dimensions: 0 })).toThrow(
    new OptionError("bitsPerDimension: expected dimensions to be an integer of at least 1, got 0."),
  );
});
