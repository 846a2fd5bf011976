import { useBackend } from "@pushforward/backend";
import { ContextError, createKey, OptionError, ShapeError } from "@pushforward/core";
import { planLogProb } from "@pushforward/ops";
import { createRegistry } from "@pushforward/serialization/extend";
import { expectNoLeak } from "@pushforward/testing";
import { train } from "@pushforward/training";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, test } from "vitest";
import { Classifier } from "./classifier.ts";
import { classifierCodec, conditionersCodecs } from "./codecs.ts";
import { Mlp } from "./dense-network.ts";

const [initKey, fitKey, dataKey, labelKey] = createKey(3).split(4);

function make(outputSize = 1): Classifier {
  return new Classifier(new Mlp({ inputSize: 2, outputSize, hidden: [16, 16], key: initKey }));
}

/** Draws of N((1, 0), I), label 1, and of N((−1, 0), I): the logit of the truth is 2·x₁. */
function rows(n: number): {
  x: { shape: number[]; data: Float32Array };
  context: { shape: number[]; data: Float32Array };
} {
  const labels = labelKey.uniform(n).map((u) => (u < 0.5 ? 1 : 0));
  const features = dataKey.normal(2 * n).map((z, i) => (i % 2 === 0 ? z + 2 * (labels[i / 2] as number) - 1 : z));
  return { x: { shape: [n, 1], data: labels }, context: { shape: [n, 2], data: features } };
}

describe.each(["cpu", "wasm"] as const)("%s", (backend) => {
  beforeAll(async () => {
    await useBackend(backend);
  });

  test("learns the log-ratio of two normals, by a plan", async () => {
    using classifier = make();
    expect(planLogProb(classifier, 1).reason).toBeUndefined();
    const result = await train(classifier, rows(4000), { key: fitKey, maxEpochs: 30 });
    // The entropy of the label given x, ∫ h(σ(2x₁)) p(x₁) dx₁, by quadrature in SciPy, is 0.3563 nats.
    expect(Math.abs((result.bestValidationLoss as number) - 0.3563)).toBeLessThan(0.06);
    const at = [-1, -0.5, 0, 0.5, 1].map((v) => [v, 0.3]);
    const logits = classifier.logits(at).dataSync();
    for (const [i, [v]] of at.entries()) expect(Math.abs((logits[i] as number) - 2 * (v as number))).toBeLessThan(0.5);
  });

  test("log-probabilities, labels and the plan agree with the logits", async () => {
    using classifier = make();
    await train(classifier, rows(500), { key: fitKey, maxEpochs: 5 });
    const features = tf.tensor2d([
      [-1, 0.5],
      [0.1, 2],
      [3, -1],
    ]);
    const label = classifier.given(features);
    const logits = classifier.logits(features).dataSync();
    const [ones, zeros] = [1, 0].map((y) => label.logProb(tf.fill([3, 1], y)).dataSync()) as [
      Float32Array,
      Float32Array,
    ];
    for (let i = 0; i < 3; i++) {
      expect(Math.exp(ones[i] as number) + Math.exp(zeros[i] as number)).toBeCloseTo(1, 5);
      expect((ones[i] as number) - (zeros[i] as number)).toBeCloseTo(logits[i] as number, 4);
    }
    const [draws, logProb] = label.sampleAndLogProb(createKey(5), [4000]);
    expect(draws.shape).toEqual([4000, 3, 1]);
    expect(logProb.shape).toEqual([4000, 3]);
    const shares = tf.mean(draws, 0).dataSync();
    for (let i = 0; i < 3; i++) {
      expect(Math.abs((shares[i] as number) - Math.exp(ones[i] as number))).toBeLessThan(4 * Math.sqrt(0.25 / 4000));
    }
  });

  test("no leak", async () => {
    using classifier = make();
    const features = [[0.2, 0.3]];
    expectNoLeak(() => classifier.logits(features));
    expectNoLeak(() => classifier.given(features).logProb([[1]]));
    expectNoLeak(() => classifier.given(features).sampleAndLogProb(createKey(1), [3]));
    await expectNoLeak(async () => {
      using other = make();
      await train(other, rows(40), { key: fitKey, maxEpochs: 2 });
    });
  });
});

test("comes back from a file", () => {
  const registry = createRegistry(...conditionersCodecs);
  using classifier = make();
  const node = JSON.parse(JSON.stringify(registry.encode(classifier)));
  expect(node.type).toBe(classifierCodec.type);
  const copy = registry.decode(node) as Classifier;
  expect(copy).toBeInstanceOf(Classifier);
  expect([...copy.parameters().keys()]).toEqual([...classifier.parameters().keys()]);
});

test("what does not fit is refused", () => {
  expect(() => make(2)).toThrow(OptionError);
  expect(() => make(2)).toThrow("Classifier: expected a network with one output, the logit, got 2.");
  using classifier = make();
  expect(() => classifier.logits([[1, 2, 3]])).toThrow(ContextError);
  expect(() => classifier.given([1])).toThrow("Classifier.given: expected a context of shape [..., 2], got [1].");
  expect(() => classifier.given([[1, 2]]).logProb([[1, 0]])).toThrow(ShapeError);
});
