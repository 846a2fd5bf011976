import { useBackend } from "@pushforward/backend";
import { Made } from "@pushforward/conditioners";
import { type Bijection, ContextError, createKey, DisposedError, OptionError, ShapeError } from "@pushforward/core";
import { DiagonalNormal, StandardNormal } from "@pushforward/distributions";
import { AffineElementwise, affine, affineSpline, ConstantAffine, chain, Identity } from "@pushforward/transforms";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, test } from "vitest";
import { BACKENDS } from "../../testing/test/deep.ts";
import { ConditionalFlow } from "./conditional-flow.ts";
import { Flow } from "./flow.ts";
import { ncsf } from "./presets/autoregressive.ts";
import { iaf, maf, nsf, realNvp } from "./presets/common.ts";
import { Autoregressive } from "./schemes/autoregressive.ts";
import { Elementwise } from "./schemes/elementwise.ts";

const key = createKey(0);

/** Moves every parameter away from where it starts. */
function perturb<M extends Flow | ConditionalFlow>(flow: M): M {
  for (const [path, parameter] of flow.parameters()) {
    const values = parameter.read();
    const noise = createKey(5).fold(path).normal(values.length);
    parameter.write(Float32Array.from(values, (v, i) => v + 0.2 * (noise[i] as number)));
  }
  return flow;
}

/** log N(x; 0, 1) summed over a row, in float64. */
const standardNormal = (row: readonly number[]): number =>
  row.reduce((sum, v) => sum - 0.5 * (v * v + Math.log(2 * Math.PI)), 0);

describe.each(BACKENDS)("%s", (backend) => {
  beforeAll(() => useBackend(backend));

  describe.each([
    ["maf", maf],
    ["iaf", iaf],
    ["nsf", nsf],
    ["realNvp", realNvp],
  ] as const)("%s", (_, make: typeof maf) => {
    test.each([1, 2, 5])("untrained, with %i features, it is its base", (features) => {
      using flow = make({ features, key });
      using conditional = make({ features, context: 2, key });
      const rows = Array.from({ length: 9 }, (_, i) => Array.from(createKey(i).normal(features), (v) => 2 * v));
      const expected = rows.map(standardNormal);
      const got = flow.logProb(rows).dataSync();
      const given = conditional.given([0.3, -2]).logProb(rows).dataSync();
      for (const [i, value] of expected.entries()) {
        const tolerance = 1e-6 * Math.max(1, Math.abs(value));
        expect(Math.abs((got[i] as number) - value)).toBeLessThanOrEqual(tolerance);
        expect(Math.abs((given[i] as number) - value)).toBeLessThanOrEqual(tolerance);
      }
    });

    test("draws change with the context once the parameters do", () => {
      using flow = perturb(make({ features: 3, context: 2, activation: "tanh", key }));
      const draws = flow
        .given([
          [0, 0],
          [1, -1],
        ])
        .sample(key, [4]);
      expect(draws.shape).toEqual([4, 2, 3]);
      // Each variable, the first in order too, must hear of the context.
      const [a, b] = tf.unstack(draws, 1) as [tf.Tensor, tf.Tensor];
      const same = flow.given([[1, -1]]).sample(key, [4]);
      expect(same.shape).toEqual([4, 1, 3]);
      const uA = flow.transform.inverse(a, tf.tensor1d([0, 0]));
      const uB = flow.transform.inverse(a, tf.tensor1d([1, -1]));
      expect(tf.min(tf.abs(tf.sub(uA, uB))).dataSync()[0]).toBeGreaterThan(0);
      expect(tf.max(tf.abs(b)).dataSync()[0]).toBeGreaterThan(0);
    });
  });

  test("splines with coupling and LU layers start at the base too", () => {
    using flow = nsf({ features: 3, coupling: true, key });
    expect([...flow.parameters().keys()].filter((path) => /^transform\.layers\.\d+\.weight$/.test(path))).toHaveLength(
      5,
    );
    const row = [0.5, -1, 2];
    expect(flow.logProb(row).dataSync()[0]).toBeCloseTo(standardNormal(row), 5);
  });

  test("so do affine splines, by masks in any order and residual networks", () => {
    const family = affineSpline();
    const layers = [
      [0, 1, 2],
      [2, 1, 0],
    ].map((order, i) => {
      const sizes = { features: 3, outputsPerVariable: family.parameterCount, hidden: [16, 16, 16], residual: true };
      return new Autoregressive({ conditioner: new Made({ ...sizes, order, key: key.fold(i) }), family });
    });
    using flow = new Flow(new StandardNormal({ features: 3 }), chain(layers));
    // Beyond the box as well.
    for (const row of [
      [0.5, -1, 2],
      [-9, 40, 7],
    ]) {
      const expected = standardNormal(row);
      expect(Math.abs((flow.logProb(row).dataSync()[0] as number) - expected)).toBeLessThan(1e-5 * Math.abs(expected));
    }
  });

  test.each([1, 2])("a conditional density of %i features integrates to 1 at five contexts", (features) => {
    using flow = perturb(nsf({ features, context: 2, transforms: 2, hidden: [8, 8], key }));
    const count = features === 1 ? 2001 : 161;
    const step = 12 / (count - 1);
    const axis = Array.from({ length: count }, (_, i) => -6 + i * step);
    const points = features === 1 ? axis.map((a) => [a]) : axis.flatMap((a) => axis.map((b) => [a, b]));
    const contexts = tf.tensor2d(createKey(3).normal(10), [5, 2]);
    const densities = tf.tidy(() => tf.exp(flow.given(contexts).logProb(tf.expandDims(tf.tensor2d(points), 1))));
    const integrals = Array(5).fill(0);
    for (const [i, density] of densities.dataSync().entries()) integrals[i % 5] += density * step ** features;
    for (const integral of integrals) expect(Math.abs(integral - 1)).toBeLessThan(1e-3);
    expect(new Set(integrals).size).toBe(5);
  });

  test("standardize makes densities and samples those of the units", () => {
    const mean = [100, -3];
    const sd = [20, 0.1];
    using flow = maf({ features: 2, key, standardize: { mean, sd } });
    const row = [130, -2.9];
    const z = row.map((v, i) => (v - (mean[i] as number)) / (sd[i] as number));
    const expected = standardNormal(z) - Math.log(20) - Math.log(0.1);
    expect(flow.logProb(row).dataSync()[0]).toBeCloseTo(expected, 4);
    const draws = flow.sample(createKey(1), [4000]);
    const means = tf.mean(draws, 0).dataSync();
    expect(Math.abs((means[0] as number) - 100)).toBeLessThan((5 * 20) / Math.sqrt(4000));
    expect(Math.abs((means[1] as number) + 3)).toBeLessThan((5 * 0.1) / Math.sqrt(4000));
  });

  test("standardizeContext lets a context be given in its own units", () => {
    const options = { features: 2, context: 1, hidden: [8], activation: "tanh", key } as const;
    using raw = perturb(maf({ ...options, standardizeContext: { mean: [50], sd: [10] } }));
    using plain = perturb(maf(options));
    expect(raw.contextShape).toEqual([1]);
    const a = raw
      .given([[65], [40]])
      .logProb([0.3, 0.4])
      .dataSync();
    const b = plain
      .given([[1.5], [-1]])
      .logProb([0.3, 0.4])
      .dataSync();
    expect(Math.abs((a[0] as number) - (b[0] as number))).toBeLessThan(1e-5);
    expect(Math.abs((a[1] as number) - (b[1] as number))).toBeLessThan(1e-5);
    expect(a[0]).not.toBeCloseTo(a[1] as number, 3);
  });

  test("a conditional flow broadcasts contexts and samples", () => {
    using flow = perturb(maf({ features: 2, context: 3, hidden: [8], key }));
    const context = tf.tensor2d(createKey(9).normal(15), [5, 3]);
    const p = flow.given(context);
    expect(p.batchShape).toEqual([5]);
    expect(p.eventShape).toEqual([2]);
    const [x, logProb] = p.sampleAndLogProb(key, [7]);
    expect(x.shape).toEqual([7, 5, 2]);
    expect(logProb.shape).toEqual([7, 5]);
    expect(p.logProb([0.1, 0.2]).shape).toEqual([5]);
    const third = flow.given(tf.slice(context, [2, 0], [1, 3])).logProb(tf.slice(x, [0, 2, 0], [7, 1, 2]));
    const error = tf.max(tf.abs(tf.sub(third, tf.slice(p.logProb(x), [0, 2], [7, 1])))).dataSync()[0];
    expect(error).toBeLessThan(1e-5);
    // Same contexts as plain numbers.
    const numbers = flow.given(context.arraySync()).logProb(x);
    expect(tf.max(tf.abs(tf.sub(numbers, p.logProb(x)))).dataSync()[0]).toBe(0);
  });

  test("a transform of lower event rank is summed over the event", () => {
    class Double implements Bijection {
      readonly eventRankIn = 0;
      readonly eventRankOut = 0;
      readonly inverseKind = "analytic";
      forwardShape = (shape: readonly number[]) => shape;
      inverseShape = (shape: readonly number[]) => shape;
      forward = (x: tf.Tensor) => tf.mul(x, 2);
      inverse = (y: tf.Tensor) => tf.div(y, 2);
      forwardAndLogDet = (x: tf.Tensor): [tf.Tensor, tf.Tensor] => [tf.mul(x, 2), tf.fill(x.shape, Math.LN2)];
      inverseAndLogDet = (y: tf.Tensor): [tf.Tensor, tf.Tensor] => [tf.div(y, 2), tf.fill(y.shape, -Math.LN2)];
    }
    const flow = new Flow(new StandardNormal({ shape: [2, 3] }), new Double());
    const expected = standardNormal([0, 0, 0, 0, 0, 1]) - 6 * Math.LN2;
    expect(
      flow
        .logProb([
          [0, 0, 0],
          [0, 0, 2],
        ])
        .dataSync()[0],
    ).toBeCloseTo(expected, 5);
    const [x, logProb] = flow.sampleAndLogProb(key, [4]);
    expect(tf.max(tf.abs(tf.sub(flow.logProb(x), logProb))).dataSync()[0]).toBeLessThan(1e-4);
  });

  test("says what is wrong", () => {
    using flow = maf({ features: 3, key });
    using conditional = maf({ features: 3, context: 2, key });
    expect(() => flow.logProb([[1, 2]])).toThrow(
      new ShapeError("Flow.logProb: expected x of shape [..., 3], got [1, 2]."),
    );
    expect(() => conditional.given([[1, 2, 3]])).toThrow(
      new ContextError("ConditionalFlow.given: expected a context of shape [..., 2], got [1, 3]."),
    );
    expect(() =>
      conditional
        .given([
          [1, 2],
          [3, 4],
        ])
        .logProb(tf.zeros([5, 3])),
    ).toThrow(
      new ShapeError(
        "ConditionalFlow.given(…).logProb: expected x with batch axes that broadcast with [2], got [5, 3].",
      ),
    );
    expect(() => new Flow(new StandardNormal({ features: 3 }), conditional.transform)).toThrow(
      new ContextError("Flow: expected a transform without context, got one with context [2]. Use ConditionalFlow."),
    );
    expect(() => new ConditionalFlow(new StandardNormal({ features: 3 }), flow.transform)).toThrow(
      new ContextError("ConditionalFlow: expected a transform or a base with a context, got none. Use Flow."),
    );
    expect(() => new ConditionalFlow(conditional, maf({ features: 3, context: 1, key }).transform)).toThrow(
      new ContextError("ConditionalFlow: expected base and transform with one context, got [2] and [1]."),
    );
    const batched = new DiagonalNormal({
      mean: [
        [0, 0, 0],
        [1, 1, 1],
      ],
      scale: [1, 1, 1],
    });
    expect(() => new ConditionalFlow(batched, conditional.transform)).toThrow(
      new OptionError(
        "ConditionalFlow: expected a base without batch axes, got batch shape [2]. " +
          "Turn them into event axes with independent().",
      ),
    );
    expect(() => new Flow(new StandardNormal({ shape: [] }), new AffineElementwise({ features: 1 }))).toThrow(
      new ShapeError(
        "Flow: expected a base with events of rank 1, got event shape []. " +
          "Turn batch axes of the base into event axes with independent().",
      ),
    );
    expect(() => new Flow(new StandardNormal({ features: 2 }), flow.transform)).toThrow(ShapeError);
  });

  test("frees everything, masks too, and can not be used afterwards", () => {
    const before = tf.memory().numTensors;
    const flow = maf({ features: 3, context: 1, key });
    tf.tidy(() => {
      flow.given([[1], [2]]).sampleAndLogProb(key, [3]);
      flow.given([1]).logProb([0, 0, 0]);
    });
    expect(tf.memory().numTensors).toBeGreaterThan(before);
    flow.dispose();
    flow.dispose();
    expect(tf.memory().numTensors).toBe(before);
    expect(() => flow.given([1]).logProb([0, 0, 0])).toThrow(DisposedError);
    expect(tf.memory().numTensors).toBe(before);
  });
});

test("architectures refuse options that make no flow", () => {
  expect(() => maf({ features: 0, key })).toThrow(
    new OptionError("maf: expected features to be an integer of at least 1, got 0."),
  );
  expect(() => nsf({ features: 2, transforms: 0, key })).toThrow(
    new OptionError("nsf: expected transforms to be an integer of at least 1, got 0."),
  );
  expect(() => realNvp({ features: 2, context: 0, key })).toThrow(
    new OptionError("realNvp: expected context to be an integer of at least 1, got 0."),
  );
  expect(() => maf({ features: 2, key, standardize: { mean: [0], sd: [1] } })).toThrow(
    new OptionError("maf: expected standardize with 2 means and sds, got 1 and 1."),
  );
  expect(() => maf({ features: 2, key, order: "natural" as "random" })).toThrow(
    new OptionError('maf: expected order to be "alternate" or "random", got "natural".'),
  );
});

test("the order of variables alternates, or is drawn from the key", () => {
  const orders = (flow: Flow): unknown[] =>
    (flow.transform as ReturnType<typeof chain>).layers.map(
      (layer) => (layer as unknown as { conditioner: { order: number[] } }).conditioner.order,
    );
  expect(orders(maf({ features: 3, transforms: 3, key }))).toEqual([
    [0, 1, 2],
    [2, 1, 0],
    [0, 1, 2],
  ]);
  const random = orders(maf({ features: 8, transforms: 2, order: "random", key }));
  expect(random).toEqual(orders(maf({ features: 8, transforms: 2, order: "random", key })));
  expect(random[0]).not.toEqual(random[1]);
});

test("forgetting the context does not compile", () => {
  const flow = maf({ features: 2, key });
  const conditional = maf({ features: 2, context: 3, key });
  const either = maf({ features: 2, context: undefined as number | undefined, key });
  expect(typeof flow.logProb).toBe("function");
  expect(typeof conditional.given).toBe("function");
  // @ts-expect-error a conditional flow has no density of its own.
  expect(conditional.logProb).toBeUndefined();
  // @ts-expect-error nor samples.
  expect(conditional.sample).toBeUndefined();
  // @ts-expect-error a flow without context is not given one.
  expect(flow.given).toBeUndefined();
  // @ts-expect-error when the context is known at run time only, it has to be looked at.
  expect(either.logProb).toBeDefined();
  // @ts-expect-error a key is needed.
  expect(() => maf({ features: 2 })).toThrow();
  // @ts-expect-error there is no context to standardize.
  expect(() => maf({ features: 2, key, standardizeContext: { mean: [0], sd: [1] } })).toThrow(
    new OptionError("maf: expected standardizeContext only with a context, got it without one."),
  );
});

test("a flow of parts without parameters needs none", () => {
  const flow = new Flow(new StandardNormal({ features: 2 }), chain([new Identity()]));
  expect(flow.parameters().size).toBe(0);
  expect(
    new Flow(new StandardNormal({ features: 1 }), new ConstantAffine({ shift: [1], scale: [2] })).eventShape,
  ).toEqual([1]);
  const learnable = new Flow(
    new DiagonalNormal({ features: 1, learnable: true }),
    new Elementwise({ family: affine(), features: 1 }),
  );
  expect([...learnable.parameters().keys()].at(-1)).toBe("transform.unconstrained");
});

test("an adjacency goes with no other order of the variables", () => {
  const options = {
    features: 2,
    adjacency: [
      [false, false],
      [true, false],
    ],
    key: createKey(0),
  };
  expect(() => maf({ ...options, passes: 1 })).toThrow(
    new OptionError(
      "maf: expected adjacency or passes, got both. The order of the variables follows from the adjacency.",
    ),
  );
  expect(() => maf({ ...options, permutation: "reverse" })).toThrow(/adjacency or permutation, got both/);
  expect(() => nsf({ ...options, coupling: true })).toThrow(
    new OptionError("nsf: expected adjacency or coupling, got both. A graph is for autoregressive layers alone."),
  );
  expect(() => nsf({ ...options, linear: true })).toThrow(/adjacency or linear, got both/);
  expect(() => ncsf(options)).toThrow(/^ncsf: expected no adjacency/);
});
