import { useBackend } from "@pushforward/backend";
import {
  type ConditionalDistribution,
  ContextError,
  createKey,
  type Distribution,
  DomainError,
  OptionError,
  ShapeError,
  type TensorLike,
} from "@pushforward/core";
import { asTensor } from "@pushforward/core/extend";
import { planLogProb } from "@pushforward/ops";
import { expectNoLeak } from "@pushforward/testing";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, test, vi } from "vitest";
import { ConditionalMixture, DiagonalNormal, StandardNormal, Uniform } from "../index.ts";

const key = createKey(8);

/** A normal around the context plus an offset; the context is a tensor that the caller keeps. */
class Around implements ConditionalDistribution {
  readonly contextShape: readonly number[];
  readonly offset: number;

  constructor(offset: number, contextShape: readonly number[] = [2]) {
    this.offset = offset;
    this.contextShape = contextShape;
  }

  given(context: TensorLike): Distribution {
    return new DiagonalNormal({ mean: tf.add(asTensor(context, "Around"), this.offset), scale: 0.1 });
  }
}

const values = (compute: () => tf.Tensor): number[] => tf.tidy(() => [...compute().dataSync()]);

describe.each(["cpu", "wasm"] as const)("%s", (backend) => {
  beforeAll(() => useBackend(backend));

  test("the density at each context is that of the components, weighted", () => {
    const [a, b] = [new Around(0), new Around(1)];
    const fixed = new DiagonalNormal({ mean: [3, 3] });
    const mixture = new ConditionalMixture({ weights: [1, 2, 5], components: [a, b, fixed] });
    const context = [
      [0, 0],
      [2.5, 2],
    ];
    const x = [
      [0.1, -0.1],
      [3.2, 3],
    ];
    const got = values(() => mixture.given(context).logProb(x));
    const parts = [a, b].map((part) => values(() => part.given(context).logProb(x)));
    parts.push(values(() => fixed.logProb(x)));
    for (const [r, value] of got.entries()) {
      const density = [1, 2, 5].reduce((sum, w, k) => sum + (w / 8) * Math.exp(parts[k]?.[r] as number), 0);
      expect(value).toBeCloseTo(Math.log(density), 4);
    }
    expect(Array.from(mixture.weights)).toEqual([0.125, 0.25, 0.625]);
    expect(mixture.given(context).batchShape).toEqual([2]);
    expect(values(() => tf.tensor(mixture.given([0, 0]).batchShape as number[]))).toEqual([]);
  });

  test("a draw is at its own context, and each component is asked only for its own", () => {
    const components = [new Around(0), new Around(100), new Around(200)];
    const mixture = new ConditionalMixture({ weights: [1, 3, 0], components });
    const context = Array.from({ length: 50 }, (_, i) => [1000 * i, -1000 * i]);
    const spies = components.map((component) => vi.spyOn(component, "given"));
    const given = mixture.given(context);
    for (const spy of spies) spy.mockClear();
    const draws = values(() => given.sample(key, [4, 2]));
    expect(spies[2]?.mock.calls).toEqual([]);
    const shapeOf = (spy: (typeof spies)[number]): number[] => (spy.mock.lastCall as [tf.Tensor])[0].shape;
    const asked = spies.slice(0, 2).map((spy) => shapeOf(spy)[0] as number);
    expect((asked[0] as number) + (asked[1] as number)).toBe(400);
    let second = 0;
    for (let i = 0; i < 400; i++) {
      const [x, y] = [0, 1].map((j) => (draws[2 * i + j] as number) - (context[i % 50]?.[j] as number));
      const offset = (x as number) > 50 ? 100 : 0;
      if (offset === 100) second++;
      expect(Math.abs((x as number) - offset)).toBeLessThan(1);
      expect(Math.abs((y as number) - offset)).toBeLessThan(1);
    }
    expect(second).toBe(asked[1]);
    expect(Math.abs(second / 400 - 0.75)).toBeLessThan(0.11);
    // At a single context nothing is copied.
    for (const spy of spies) spy.mockClear();
    expect(tf.tidy(() => mixture.given([5, 5]).sample(key, [30]).shape)).toEqual([30, 2]);
    expect(spies.slice(0, 2).map((spy) => shapeOf(spy))).toEqual([[2], [2]]);
  });

  test("draws are differentiable in the context", () => {
    const mixture = new ConditionalMixture({ components: [new Around(0), new Around(5)] });
    const weights = tf.tensor3d([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12], [3, 2, 2]);
    const loss = (context: tf.Tensor): tf.Tensor => tf.sum(tf.mul(mixture.given(context).sample(key, [3]), weights));
    const gradient = values(() => tf.grad(loss)(tf.zeros([2, 2])));
    // Every draw moves with its context one to one.
    expect(gradient).toEqual([1 + 5 + 9, 2 + 6 + 10, 3 + 7 + 11, 4 + 8 + 12]);
    weights.dispose();
  });

  test("has a plan when its components that count have one, with the weights as they are now", () => {
    const components = [new Uniform({ low: [0], high: [1] }), new StandardNormal({ features: 1 })];
    const context = { contextShape: [1], given: () => new StandardNormal({ features: 1 }) };
    const lower: NonNullable<ConditionalDistribution["lower"]> = (plan, value) =>
      new DiagonalNormal({ mean: [2], scale: [0.5] }).lower(plan, value);
    const all = [...components, { ...context, lower }];
    expect(planLogProb(new ConditionalMixture({ components: all }), 1).reason).toBe(
      "Uniform is computed with tensors only",
    );
    const { plan } = planLogProb(new ConditionalMixture({ weights: [0, 1, 1], components: all }), 1);
    expect(plan?.steps.map(({ op }) => op)).toEqual([
      "standardNormalLogProb",
      "constantScale",
      "standardNormalLogProb",
      "sumColumns",
      "mixtureLogProb",
      "sumColumns",
    ]);
  });

  test("learned weights are read as they are", () => {
    using mixture = new ConditionalMixture({
      learnable: true,
      weights: [1, 3],
      components: [new Around(0), new Around(1)],
    });
    expect(mixture.weights[1]).toBeCloseTo(0.75, 6);
    mixture.parameters().get("logits")?.write([2, 2]);
    expect(Array.from(mixture.weights)).toEqual([0.5, 0.5]);
  });

  test("nothing leaks, of plain numbers too", () => {
    const mixture = new ConditionalMixture({ components: [new Around(0), new StandardNormal({ features: 2 })] });
    expectNoLeak(() => tf.tidy(() => mixture.given([[1, 2]]).logProb([[3, 4]])));
    expectNoLeak(() => tf.tidy(() => mixture.given([[1, 2]]).sample(key, [3])));
  });

  test.each([
    [
      () => new ConditionalMixture({ components: [] }),
      OptionError,
      "ConditionalMixture: expected at least one component, got none.",
    ],
    [
      () => new ConditionalMixture({ components: [new StandardNormal({ features: 1 })] }),
      ContextError,
      "ConditionalMixture: expected a component with a context, got none. Use Mixture.",
    ],
    [
      () => new ConditionalMixture({ components: [new Around(0), new Around(0, [3])] }),
      ContextError,
      "ConditionalMixture: expected context shape [2] in every component, got [3] in component 1.",
    ],
    [
      () => new ConditionalMixture({ components: [new Around(0), new DiagonalNormal({ mean: [[0, 1]] })] }),
      OptionError,
      "ConditionalMixture: expected components without batch axes, got batch shape [1] in component 1. " +
        "Turn them into event axes with independentDistribution().",
    ],
    [
      () => new ConditionalMixture({ weights: [1], components: [new Around(0), new Around(1)] }),
      ShapeError,
      "ConditionalMixture: expected 2 weights, one for each component, got 1.",
    ],
    [
      () => new ConditionalMixture({ learnable: true, weights: [0, 1], components: [new Around(0), new Around(1)] }),
      DomainError,
      "ConditionalMixture: expected positive weights as start of learnable ones, got 0.",
    ],
    [
      () => new ConditionalMixture({ components: [new Around(0)] }).given([1, 2, 3]),
      ContextError,
      "ConditionalMixture.given: expected a context of shape [..., 2], got [3].",
    ],
    [
      () =>
        tf.tidy(
          () =>
            void new ConditionalMixture({ components: [new Around(0), new StandardNormal({ features: 3 })] }).given([
              1, 2,
            ]),
        ),
      ShapeError,
      "ConditionalMixture.given: expected event shape [2] in every component, got [3] in component 1.",
    ],
    [
      () => tf.tidy(() => new ConditionalMixture({ components: [new Around(0)] }).given([1, 2]).logProb([1])),
      ShapeError,
      "ConditionalMixture.given(…).logProb: expected x of shape [..., 2], got [1].",
    ],
  ])("error %#", (run, kind, message) => {
    expect(run).toThrow(kind);
    expect(run).toThrow(message);
  });
});
