import { useBackend } from "@pushforward/backend";
import { Made, type MadeOptions, Mlp } from "@pushforward/conditioners";
import { type BijectionFamily, ContextError, createKey, OptionError, ShapeError } from "@pushforward/core";
import type { AutoregressiveSteps } from "@pushforward/core/extend";
import { affine, rationalQuadratic } from "@pushforward/transforms";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, test, vi } from "vitest";
import { BACKENDS } from "../../../testing/test/deep.ts";
import { Autoregressive } from "./autoregressive.ts";
import { Coupling } from "./coupling.ts";
import { Elementwise } from "./elementwise.ts";

const key = createKey(0);

describe.each(BACKENDS)("%s", (backend) => {
  beforeAll(() => useBackend(backend));

  test("the sequential direction makes one step of the network for each variable and no pass", () => {
    using made = new Made({ features: 4, outputsPerVariable: 2, hidden: [8], key });
    let passes = 0;
    let steps = 0;
    const counting = Object.assign(Object.create(made) as Made, {
      apply: (x: tf.Tensor, context?: tf.Tensor) => {
        passes++;
        return made.apply(x, context);
      },
      begin: (rows: number, context?: tf.Tensor) => {
        const inner = made.begin(rows, context);
        return {
          next: (previous?: tf.Tensor) => {
            steps++;
            return inner.next(previous);
          },
        };
      },
    });
    const layer = new Autoregressive({ conditioner: counting, family: affine() });
    layer.forward(tf.ones([3, 4]));
    expect([passes, steps]).toEqual([0, 4]);
    layer.inverse(tf.ones([3, 4]));
    expect([passes, steps]).toEqual([1, 4]);
  });

  test("a graph takes a step for each variable of its longest path", () => {
    const count = (adjacency: MadeOptions["adjacency"]) => {
      using made = new Made({ features: 4, outputsPerVariable: 2, hidden: [8], key, adjacency: adjacency ?? [] });
      const begin = vi.spyOn(made, "begin");
      new Autoregressive({ conditioner: made, family: affine() }).forward(tf.ones([3, 4]));
      const steps = begin.mock.results[0]?.value as AutoregressiveSteps;
      expect(() => steps.next(tf.ones([3, 1]))).toThrow(/got one more/);
      return Math.max(...made.order) + 1;
    };
    const star = [
      [0, 0, 0, 0],
      [1, 0, 0, 0],
      [1, 0, 0, 0],
      [1, 0, 0, 0],
    ] as const;
    expect(count(star)).toBe(2);
    expect(count(star.map((row, i) => (i === 3 ? [0, 0, 1, 0] : row)))).toBe(3);
  });

  test("the other orientation is the inverse", () => {
    using conditioner = new Made({ features: 3, outputsPerVariable: 23, order: [1, 2, 0], hidden: [8], key });
    for (const [path, parameter] of conditioner.parameters()) {
      parameter.write(
        key
          .fold(path)
          .normal(parameter.read().length)
          .map((v) => 0.3 * v),
      );
    }
    const density = new Autoregressive({ conditioner, family: rationalQuadratic() });
    const sampling = new Autoregressive({ conditioner, family: rationalQuadratic(), orientation: "sampling" });
    const x = tf.tensor2d(key.normal(15), [5, 3]);
    const [a, logDetA] = density.inverseAndLogDet(x);
    const [b, logDetB] = sampling.forwardAndLogDet(x);
    expect(a.dataSync()).toEqual(b.dataSync());
    expect(logDetA.dataSync()).toEqual(logDetB.dataSync());
    expect(tf.max(tf.abs(tf.sub(density.forward(a), x))).dataSync()[0]).toBeLessThan(1e-4);
    expect(tf.max(tf.abs(tf.sub(sampling.inverse(b), x))).dataSync()[0]).toBeLessThan(1e-4);
  });

  test("coupling passes the variables outside its mask on bit for bit", () => {
    const conditioner = new Mlp({ inputSize: 3, outputSize: 4, hidden: [6], key });
    const mask = [false, true, false, true, false];
    using layer = new Coupling({ mask, family: affine(), conditioner });
    for (const [path, parameter] of layer.parameters()) parameter.write(key.fold(path).normal(parameter.read().length));
    const x = tf.tensor2d(key.normal(20), [4, 5]);
    const before = x.arraySync() as number[][];
    const after = layer.forward(x).arraySync() as number[][];
    for (const [row, values] of before.entries()) {
      for (const [i, value] of values.entries()) {
        if (mask[i]) expect(after[row]?.[i]).not.toBe(value);
        else expect(after[row]?.[i]).toBe(value);
      }
    }
  });

  test("each says what is wrong", () => {
    using made = new Made({ features: 3, outputsPerVariable: 2, context: 2, key });
    using layer = new Autoregressive({ conditioner: made, family: affine() });
    const x = tf.zeros([4, 3]);
    expect(() => layer.inverse(x)).toThrow(
      new ContextError("Made.apply: expected a context of shape [..., 2], got none."),
    );
    expect(() => layer.forward(x)).toThrow(
      new ContextError("Made.begin: expected a context of shape [..., 2], got none."),
    );
    expect(() => layer.forward(x, tf.zeros([4, 3]))).toThrow(
      new ContextError("Made.begin: expected a context of shape [..., 2], got [4, 3]."),
    );
    expect(() => layer.forward(x, tf.zeros([5, 2]))).toThrow(
      new ContextError(
        "Made.apply: expected a context with batch axes that broadcast with x of shape [4, 3], got [5, 2].",
      ),
    );
    expect(() => layer.forward(tf.zeros([4, 2]), tf.zeros([4, 2]))).toThrow(
      new ShapeError("Autoregressive.forward: expected x of shape [..., 3], got [4, 2]."),
    );
    expect(() => layer.forwardShape([2])).toThrow(
      new ShapeError("Autoregressive: expected an event of shape [3], got [2]."),
    );
    using elementwise = new Elementwise({ family: affine(), features: 2 });
    expect(() => elementwise.forward(tf.zeros([1, 2]), tf.zeros([1, 2]))).toThrow(
      new ContextError(
        "Elementwise.forward: expected no context, got one of shape [1, 2]. Give it a conditioner to use one.",
      ),
    );
    const conditioner = new Mlp({ inputSize: 3, outputSize: 4, key });
    using conditional = new Elementwise({ family: affine(), features: 2, conditioner });
    expect(() => conditional.inverse(tf.zeros([1, 2]))).toThrow(
      new ContextError("Elementwise.inverse: expected a context of shape [..., 3], got none."),
    );
  });
});

test("parts that do not fit are refused", () => {
  const made = new Made({ features: 3, outputsPerVariable: 3 });
  expect(() => new Autoregressive({ conditioner: made, family: affine() })).toThrow(
    new ShapeError("Autoregressive: expected a conditioner with 2 outputs per variable for pushforward/affine, got 3."),
  );
  const mlp = new Mlp({ inputSize: 1, outputSize: 2 });
  expect(() => new Coupling({ conditioner: mlp, family: affine(), mask: [true] })).toThrow(
    new OptionError(
      "Coupling: expected a mask that transforms some variables and keeps some, got [true]. " +
        "Use Elementwise to transform all of them.",
    ),
  );
  expect(() => new Coupling({ conditioner: mlp, family: affine(), mask: [true, false, false] })).toThrow(
    new ShapeError("Coupling: expected a conditioner with inputSize 2, one for each unchanged variable, got 1."),
  );
  expect(() => new Coupling({ conditioner: mlp, family: affine(), mask: [true, true, false] })).toThrow(
    new ShapeError(
      "Coupling: expected a conditioner with outputSize 4 (2 transformed variables × 2 for pushforward/affine), got 2.",
    ),
  );
  expect(() => new Elementwise({ family: affine(), features: 2, conditioner: mlp })).toThrow(
    new ShapeError(
      "Elementwise: expected a conditioner with outputSize 4 (2 features × 2 for pushforward/affine) " +
        "and no context of its own, got outputSize 2 and context size 0.",
    ),
  );
  expect(() => new Elementwise({ family: affine(), features: 0 })).toThrow(
    new OptionError("Elementwise: expected features to be an integer of at least 1, got 0."),
  );
});

test("a layer is as invertible as its family", () => {
  const family: BijectionFamily & { inverseKind: "iterative" } = {
    ...affine(),
    inverseKind: "iterative",
    type: "me/a",
    parameterCount: 2,
    bind: () => {
      throw new Error("not called");
    },
  };
  const conditioner = new Made({ features: 2, outputsPerVariable: 2 });
  expect(new Autoregressive({ conditioner, family }).inverseKind).toBe("analytic");
  expect(new Autoregressive({ conditioner, family, orientation: "sampling" }).inverseKind).toBe("iterative");
  expect(new Autoregressive({ conditioner, family: affine(), orientation: "sampling" }).inverseKind).toBe("analytic");
});
