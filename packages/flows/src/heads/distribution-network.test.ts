import { useBackend } from "@pushforward/backend";
import { Mlp } from "@pushforward/conditioners";
import { conditionersCodecs } from "@pushforward/conditioners/extend";
import { ContextError, createKey, ModelFileError, OptionError, ShapeError } from "@pushforward/core";
import { TruncatedNormal } from "@pushforward/distributions";
import { decodeModel, encodeModel } from "@pushforward/serialization";
import { createRegistry } from "@pushforward/serialization/extend";
import { train } from "@pushforward/training";
import { affine } from "@pushforward/transforms";
import { transformsCodecs } from "@pushforward/transforms/extend";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, test } from "vitest";
import { BACKENDS } from "../../../testing/test/deep.ts";
import { flowsCodecs } from "../codecs.ts";
import {
  CategoricalHead,
  type DistributionHead,
  UnivariateHead,
  type UnivariateHeadName,
} from "./distribution-head.ts";
import { DistributionNetwork, distributionNetwork } from "./distribution-network.ts";

const key = createKey(5);

function values(make: () => tf.Tensor): number[] {
  return tf.tidy(() => Array.from(make().dataSync()));
}

const NAMES: readonly UnivariateHeadName[] = [
  "bernoulli",
  "beta",
  "cauchy",
  "exponential",
  "gamma",
  "gumbel",
  "half-normal",
  "laplace",
  "log-normal",
  "logistic",
  "negative-binomial",
  "normal",
  "poisson",
  "student-t",
  "von-mises",
];

for (const backend of BACKENDS) {
  describe(backend, () => {
    beforeAll(() => useBackend(backend));

    test.each(NAMES)("any output of a network is a parameter: %s", (distribution) => {
      const head = new UnivariateHead({ distribution, features: 1 });
      const x = distribution === "beta" ? 0.5 : 1;
      // The density of a Gumbel falls by an exponential of an exponential.
      const most = distribution === "gumbel" ? 3 : 1000;
      const far = Float32Array.from({ length: 5 * head.parameterCount }, (_, i) => {
        return ([-most, -most / 30, 0, most / 30, most] as const)[(i + Math.floor(i / 5)) % 5] as number;
      });
      const found = values(() => {
        const raw = tf.tensor2d(far, [5, head.parameterCount]);
        const logProb = (outputs: tf.Tensor): tf.Tensor => head.bind(outputs).logProb([x]);
        return tf.concat([tf.reshape(tf.grad(logProb)(raw), [-1]), logProb(raw)]);
      });
      expect(found.filter((value) => !Number.isFinite(value))).toEqual([]);
    });

    test("a Poisson regression finds its line", async () => {
      // log-rates 0.5 + c: a network without hidden layers would need an exponential link, softplus bends.
      const context = Array.from(key.fold("context").uniform(2000), (u) => [2 * u]);
      const rates = context.map(([c = 0]) => [0.5 + c]);
      const x = tf.tidy(() => {
        using truth = truePoisson();
        return truth.given(rates).sample(key.fold("x")).arraySync() as number[][];
      });
      using model = distributionNetwork({ distribution: "poisson", features: 1, context: 1, hidden: [], key });
      await train(model, { x, context }, { key, maxEpochs: 12, batchSize: 64, learningRate: 0.05, validation: 0 });
      const means = values(() =>
        model.at([[0.2], [1], [1.8]], (poisson) => (poisson as ReturnType<UnivariateHead["bind"]>).mean()),
      );
      // Standard error of about 0.04 of the mean of a count, from 2,000 of them.
      for (const [i, expected] of [0.7, 1.5, 2.3].entries()) {
        expect(Math.abs((means[i] as number) - expected)).toBeLessThan(0.15);
      }
    });

    test("a classifier finds the probabilities of Bayes' rule", async () => {
      // Two classes, N(∓1, 1): P(1 | c) = sigmoid(2c).
      const labels = Array.from(key.fold("labels").uniform(4000), (u) => [u < 0.5 ? 0 : 1]);
      const noise = key.fold("noise").normal(4000);
      const context = labels.map(([label = 0], i) => [2 * label - 1 + (noise[i] as number)]);
      using model = distributionNetwork({ categories: [2], context: 1, hidden: [], key });
      await train(
        model,
        { x: labels, context },
        { key, maxEpochs: 8, batchSize: 128, learningRate: 0.05, validation: 0 },
      );
      const found = values(() => tf.exp(model.given([[-1], [0], [0.5]]).logProb([[1], [1], [1]])));
      for (const [i, c] of [-1, 0, 0.5].entries()) {
        expect(Math.abs((found[i] as number) - 1 / (1 + Math.exp(-2 * c)))).toBeLessThan(0.03);
      }
    });
  });
}

/** Rates that are the context. */
function truePoisson(): DistributionNetwork {
  const softplusInverse = (y: tf.Tensor): tf.Tensor => tf.log(tf.sub(tf.exp(y), 1));
  const inner = new UnivariateHead({ distribution: "poisson", features: 1 });
  const head: DistributionHead = {
    eventShape: [1],
    parameterCount: 1,
    bind: (raw) => inner.bind(tf.sub(softplusInverse(raw), Math.log(Math.E - 1))),
  };
  const conditioner = new Mlp({ inputSize: 1, outputSize: 1, hidden: [] });
  conditioner.layers[0]?.weight.write([1]);
  return new DistributionNetwork({ head, conditioner });
}

describe("without training", () => {
  beforeAll(() => useBackend("cpu"));

  test("a head of one's own", () => {
    const head: DistributionHead<TruncatedNormal> = {
      eventShape: [1],
      parameterCount: 2,
      bind(raw) {
        const [location, logScale] = tf.split(raw, 2, -1) as [tf.Tensor, tf.Tensor];
        return new TruncatedNormal({ location, scale: tf.exp(logScale), low: [0] });
      },
    };
    using model = distributionNetwork({ head, context: 1, key });
    const truth = new TruncatedNormal({ features: 1, low: [0] });
    expect(values(() => model.at([0.3], (d) => d.mean()))).toEqual(values(() => truth.mean()));
    expect(values(() => model.given([0.3]).logProb([[0.5], [-1]]))).toEqual(values(() => truth.logProb([[0.5], [-1]])));
    expect(
      values(() => model.given([0.3]).support?.forward(tf.tensor1d([-30])) as tf.Tensor)[0],
    ).toBeGreaterThanOrEqual(0);
  });

  test("features with few categories have no others", () => {
    const head = new CategoricalHead({ categories: [2, 4] });
    const raw = [Math.log(3), 0, Math.log(4), Math.log(3), Math.log(2), 0];
    const logProb = values(() =>
      head.bind(tf.tensor1d(raw)).logProb([
        [0, 1],
        [1, 3],
        [2, 0],
      ]),
    );
    expect(logProb[0]).toBeCloseTo(Math.log((3 / 4) * (3 / 10)), 5);
    expect(logProb[1]).toBeCloseTo(Math.log((1 / 4) * (1 / 10)), 5);
    expect(logProb[2]).toBe(Number.NEGATIVE_INFINITY);
  });

  test("saved and loaded", () => {
    const registry = createRegistry(...conditionersCodecs, ...flowsCodecs);
    const heads = [
      new UnivariateHead({ distribution: "student-t", features: 2 }),
      new CategoricalHead({ categories: [3, 2] }),
    ];
    for (const head of heads) {
      using model: DistributionNetwork = distributionNetwork({
        head: head as DistributionHead,
        context: 2,
        hidden: [4],
        key,
      });
      for (const [path, p] of model.conditioner.parameters()) p.write(key.fold(path).normal(p.variable.size));
      using loaded = decodeModel(encodeModel(model, registry), registry).model as DistributionNetwork;
      const logProb = (of: DistributionNetwork): number[] => values(() => of.given([0.5, -1]).logProb([1, 0]));
      expect(logProb(loaded)).toEqual(logProb(model));
    }
  });

  test("a family of bijections in the place of a head is a damaged file", () => {
    const registry = createRegistry(...conditionersCodecs, ...transformsCodecs, ...flowsCodecs);
    using model = distributionNetwork({ distribution: "normal", features: 1, context: 1, key });
    const node = registry.encode(model);
    const config = { ...(node.config as object), head: { ...registry.encode(affine()) } };
    expect(() => registry.decode({ ...node, config })).toThrow(ModelFileError);
    expect(registry.decode({ ...node })).toBeInstanceOf(DistributionNetwork);
  });

  test("errors", () => {
    const head = new UnivariateHead({ distribution: "gamma", features: 2 });
    expect(() => new DistributionNetwork({ head, conditioner: new Mlp({ inputSize: 1, outputSize: 3 }) })).toThrow(
      new ShapeError(
        "DistributionNetwork: expected a conditioner of vectors with outputSize 4 and no context of its own, " +
          "got outputSize 3 and context size 0.",
      ),
    );
    expect(() => new UnivariateHead({ distribution: "gauss" as "normal", features: 1 })).toThrow(OptionError);
    expect(() => new UnivariateHead({ distribution: "normal", features: 0 })).toThrow(
      new OptionError("UnivariateHead: expected features to be an integer of at least 1, got 0."),
    );
    expect(() => new CategoricalHead({ categories: [3, 1] })).toThrow(
      new OptionError(
        "CategoricalHead: expected categories to be integers of at least 2, one for each feature, got 1.",
      ),
    );
    expect(() => new CategoricalHead({ categories: [] })).toThrow(OptionError);
    const both = { distribution: "gamma", features: 1, categories: [2], context: 1, key } as const;
    expect(() => distributionNetwork(both)).toThrow(
      new OptionError(
        "distributionNetwork: expected one of distribution, categories and head, got distribution and categories.",
      ),
    );
    using model = distributionNetwork({ distribution: "gamma", features: 2, context: 3, key });
    expect(() => model.given([1, 2])).toThrow(
      new ContextError("DistributionNetwork.given: expected a context of shape [..., 3], got [2]."),
    );
    expect(() => model.given([1, 2, 3]).logProb([1])).toThrow(ShapeError);
  });
});
