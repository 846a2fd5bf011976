import { useBackend } from "@pushforward/backend";
import { type Bijection, createKey, type Distribution } from "@pushforward/core";
import { currentExecutor, setExecutor } from "@pushforward/core/extend";
import { DiagonalNormal, StandardNormal, Uniform } from "@pushforward/distributions";
import { AffineElementwise, chain, PositiveLinear } from "@pushforward/transforms";
import type { Chain } from "@pushforward/transforms/extend";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, test, vi } from "vitest";
import { BACKENDS } from "../../testing/test/deep.ts";
import { Flow } from "./flow.ts";
import { plannedTail } from "./planned-tail.ts";
import { maf } from "./presets/common.ts";

const layersOf = (): readonly Bijection[] =>
  (maf({ features: 3, key: createKey(1), transforms: 2, hidden: [8] }).transform as Chain).layers;
const tensors = (): Bijection => new PositiveLinear({ features: 3, key: createKey(2) });
const shapeOf = (): number[] => [3];

function withoutExecutor<T>(compute: () => T): T {
  const executor = currentExecutor();
  setExecutor(tf.backend(), undefined);
  try {
    return compute();
  } finally {
    setExecutor(tf.backend(), executor);
  }
}

function expectClose(actual: tf.Tensor, expected: tf.Tensor): void {
  expect(actual.shape).toEqual(expected.shape);
  const want = expected.dataSync();
  for (const [i, value] of actual.dataSync().entries()) {
    expect(Math.abs(value - (want[i] as number)) / Math.max(1, Math.abs(want[i] as number))).toBeLessThan(2e-5);
  }
}

describe.each(BACKENDS)("%s", (backend) => {
  beforeAll(() => useBackend(backend));

  const flows: Readonly<Record<string, () => Flow>> = {
    "last layer": () => new Flow(new StandardNormal({ features: 3 }), chain([...layersOf(), tensors()])),
    "layer in the midst": () => {
      const layers = layersOf();
      return new Flow(
        new DiagonalNormal({ features: 3 }),
        chain([...layers.slice(0, 2), tensors(), ...layers.slice(2)]),
      );
    },
    "first layer": () => new Flow(new StandardNormal({ features: 3 }), chain([tensors(), ...layersOf()])),
    "two layers": () =>
      new Flow(new StandardNormal({ features: 3 }), chain([...layersOf(), tensors(), ...layersOf(), tensors()])),
    "base without a plan": () =>
      new Flow(new Uniform({ low: [-50, -50, -50], high: [50, 50, 50] }), chain([...layersOf(), tensors()])),
  };

  test.each(Object.entries(flows))("%s: density and gradient are those of tensors", (_, make) => {
    using flow = make();
    for (const [i, parameter] of [...flow.parameters().values()].entries()) {
      const { trainable } = parameter;
      const noise = createKey(i).normal(parameter.read().length);
      if (trainable) parameter.write(parameter.read().map((v, j) => v + 0.2 * (noise[j] as number)));
    }
    for (const shape of [[7, 3], [3], [2, 4, 3]]) {
      tf.tidy(() => {
        const values = createKey(3).uniform(shape.reduce((a, b) => a * b, 1));
        const x = tf.tensor(values, shape);
        expectClose(
          flow.logProb(x),
          withoutExecutor(() => flow.logProb(x)),
        );
        const slope = (): tf.Tensor => tf.grad((v: tf.Tensor) => tf.sum(flow.logProb(v)))(x);
        expectClose(slope(), withoutExecutor(slope));
      });
    }
  });

  test("the base is part of the plan, and derivatives of derivatives are computed with tensors", () => {
    using flow = new Flow(new StandardNormal({ features: 3 }), chain([...layersOf(), tensors()]));
    const x = tf.tensor2d(createKey(3).normal(15), [5, 3]);
    const spy = vi.spyOn(tf.engine(), "runKernel");
    tf.tidy(() => tf.grad((v: tf.Tensor) => tf.sum(flow.logProb(v)))(x));
    const names = spy.mock.calls.map(([name]) => name);
    spy.mockRestore();
    expect(names.filter((name) => name.startsWith("Pushforward"))).toEqual(["PushforwardPlan"]);
    tf.tidy(() => {
      const slope = (v: tf.Tensor): tf.Tensor => tf.grad((w: tf.Tensor) => tf.sum(tf.square(flow.logProb(w))))(v);
      const curve = (): tf.Tensor => tf.grad((v: tf.Tensor) => tf.sum(slope(v)))(x);
      expectClose(curve(), withoutExecutor(curve));
    });
    x.dispose();
  });

  test("it is the longest beginning with a plan, found once", () => {
    const base: Distribution = new StandardNormal({ features: 3 });
    const layers = layersOf();
    const [first, second] = [tensors(), tensors()];
    const transform = chain([...layers, first, ...layers, second]);
    const found = plannedTail(base, transform, shapeOf);
    expect(found?.tail.layers).toEqual(layers);
    expect(found?.head.layers).toEqual([first, ...layers, second]);
    expect(plannedTail(base, transform, shapeOf)).toBe(found);
    expect(plannedTail(base, chain([first, ...layers]), shapeOf)).toBeUndefined();
    expect(plannedTail(new Uniform({ low: [0], high: [1] }), transform, shapeOf)).toBeUndefined();
    expect(plannedTail(base, first, shapeOf)).toBeUndefined();
    expect(withoutExecutor(() => plannedTail(base, transform, shapeOf))).toBeUndefined();
    transform.dispose();
  });

  test("a tail with events of fewer axes than the head", () => {
    const head = tensors();
    using flow = new Flow(new StandardNormal({ features: 3 }), chain([new AffineElementwise({ features: 3 }), head]));
    tf.tidy(() => {
      const x = tf.tensor2d(createKey(3).normal(15), [5, 3]);
      expectClose(
        flow.logProb(x),
        withoutExecutor(() => flow.logProb(x)),
      );
    });
  });
});
