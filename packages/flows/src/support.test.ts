import { useBackend } from "@pushforward/backend";
import { type Bijection, createKey, type Shape, type ValueAndLogDet } from "@pushforward/core";
import { StandardNormal } from "@pushforward/distributions";
import { AffineElementwise, BoxConstraint, chain } from "@pushforward/transforms";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, expect, test } from "vitest";
import { Flow } from "./flow.ts";
import { maf } from "./presets/common.ts";

beforeAll(() => useBackend("cpu"));

/** A map of a user: ℝᵈ onto positive numbers. */
class Exponential implements Bijection {
  readonly eventRankIn = 1;
  readonly eventRankOut = 1;
  readonly inverseKind = "analytic";

  get support(): Bijection {
    return this;
  }

  forwardShape(shape: Shape): Shape {
    return shape;
  }

  inverseShape(shape: Shape): Shape {
    return shape;
  }

  forward(x: tf.Tensor): tf.Tensor {
    return tf.exp(x);
  }

  inverse(y: tf.Tensor): tf.Tensor {
    return tf.log(y);
  }

  forwardAndLogDet(x: tf.Tensor): ValueAndLogDet {
    return tf.tidy(() => [tf.exp(x), tf.sum(x, -1)]);
  }

  inverseAndLogDet(y: tf.Tensor): ValueAndLogDet {
    return tf.tidy(() => [tf.log(y), tf.neg(tf.sum(tf.log(y), -1))]);
  }
}

const base = new StandardNormal({ features: 2 });

test("a map of a user that ends a chain is the support of the flow", () => {
  const exponential = new Exponential();
  using layers = maf({ features: 2, key: createKey(0), transforms: 1 });
  const flow = new Flow(base, chain([layers.transform, exponential]));
  expect(flow.support).toBe(exponential);
  const x = flow.sample(createKey(1), [100]).dataSync();
  expect(Math.min(...x)).toBeGreaterThan(0);
  // What the support says is what the flow reaches.
  const onto = (flow.support as Bijection).forward(tf.tensor2d([[-3, 2]])).dataSync();
  expect([...onto].every((value) => value > 0)).toBe(true);
});

test("alone, and at the end of a chain in a chain, too", () => {
  const exponential = new Exponential();
  expect(new Flow(base, exponential).support).toBe(exponential);
  expect(new Flow(base, chain([chain([exponential])])).support).toBe(exponential);
  const box = new BoxConstraint({ low: [0, 0], high: [1, 2] });
  expect(new Flow(base, chain([exponential, box])).support).toBe(box);
});

test("a map without a support, or one that does not come last, leaves the flow without", () => {
  const affine = new AffineElementwise({ features: 2 });
  expect(new Flow(base, affine).support).toBeUndefined();
  expect(new Flow(base, chain([new Exponential(), affine])).support).toBeUndefined();
});
