import { useBackend } from "@pushforward/backend";
import {
  type Bijection,
  ContextError,
  createKey,
  ModelFileError,
  OptionError,
  type Shape,
  ShapeError,
  type ValueAndLogDet,
} from "@pushforward/core";
import { createRegistry } from "@pushforward/serialization/extend";
import { expectNoLeak, maxError } from "@pushforward/testing";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, test } from "vitest";
import { BACKENDS } from "../../../testing/test/deep.ts";
import { transformsCodecs } from "../codecs.ts";
import { AffineElementwise, ConstantAffine } from "../elementwise/affine-elementwise.ts";
import { LULinear } from "../linear/lu-linear.ts";
import { Permutation } from "../linear/permutation.ts";
import { chain } from "./chain.ts";
import { Identity, invert } from "./independent.ts";

/** y = x + mean of the context; event rank 0. */
class ShiftByContext implements Bijection {
  readonly eventRankIn = 0;
  readonly eventRankOut = 0;
  readonly inverseKind: "analytic" | "iterative" | "none";
  readonly contextShape: Shape;
  constructor(contextShape: Shape, inverseKind: "analytic" | "iterative" | "none" = "analytic") {
    this.contextShape = contextShape;
    this.inverseKind = inverseKind;
  }
  forwardShape(shape: Shape): Shape {
    return shape;
  }
  inverseShape(shape: Shape): Shape {
    return shape;
  }
  forward(x: tf.Tensor, context?: tf.Tensor): tf.Tensor {
    return tf.tidy(() => tf.add(x, tf.mean(context as tf.Tensor, -1, true)));
  }
  inverse(y: tf.Tensor, context?: tf.Tensor): tf.Tensor {
    return tf.tidy(() => tf.sub(y, tf.mean(context as tf.Tensor, -1, true)));
  }
  forwardAndLogDet(x: tf.Tensor, context?: tf.Tensor): ValueAndLogDet {
    return [this.forward(x, context), tf.zeros(x.shape)];
  }
  inverseAndLogDet(y: tf.Tensor, context?: tf.Tensor): ValueAndLogDet {
    return [this.inverse(y, context), tf.zeros(y.shape)];
  }
}

/** [n] → [n/2, 2]: changes the event rank. */
class Fold implements Bijection {
  readonly eventRankIn = 1;
  readonly eventRankOut = 2;
  readonly inverseKind = "analytic";
  forwardShape(shape: Shape): Shape {
    return [(shape[0] as number) / 2, 2];
  }
  inverseShape(shape: Shape): Shape {
    return [(shape[0] as number) * 2];
  }
  forward(x: tf.Tensor): tf.Tensor {
    return tf.reshape(x, [...x.shape.slice(0, -1), -1, 2]);
  }
  inverse(y: tf.Tensor): tf.Tensor {
    return tf.reshape(y, [...y.shape.slice(0, -2), -1]);
  }
  forwardAndLogDet(x: tf.Tensor): ValueAndLogDet {
    return [this.forward(x), tf.zeros(x.shape.slice(0, -1))];
  }
  inverseAndLogDet(y: tf.Tensor): ValueAndLogDet {
    return [this.inverse(y), tf.zeros(y.shape.slice(0, -2))];
  }
}

for (const backend of BACKENDS) {
  describe(backend, () => {
    beforeAll(() => useBackend(backend));

    test("applies the first member first", () => {
      const transform = chain([
        new ConstantAffine({ shift: [1, 2], scale: [2, 2] }),
        new Permutation({ order: [1, 0] }),
        new ConstantAffine({ shift: [0, 0], scale: [10, 100] }),
      ]);
      const [y, logDet] = transform.forwardAndLogDet(tf.tensor1d([3, 4]));
      expect([...y.dataSync()]).toEqual([100, 700]);
      expect(maxError(logDet, [Math.log(4 * 1000)])).toBeLessThan(1e-6);
      expect([...transform.inverse(y).dataSync()]).toEqual([3, 4]);
    });

    test("sums the log-det of a member of lower event rank", () => {
      const transform = chain([
        new AffineElementwise({ shape: [], scale: 2 }),
        new AffineElementwise({ features: 3, scale: 3 }),
        new AffineElementwise({ shape: [2, 3], scale: 5 }),
      ]);
      expect([transform.eventRankIn, transform.eventRankOut]).toEqual([2, 2]);
      const [, logDet] = transform.forwardAndLogDet(tf.ones([4, 2, 3]));
      expect(logDet.shape).toEqual([4]);
      expect(maxError(logDet, new Array(4).fill(6 * Math.log(30)))).toBeLessThan(1e-6);
      const [, inverseLogDet] = transform.inverseAndLogDet(tf.ones([4, 2, 3]));
      expect(maxError(inverseLogDet, new Array(4).fill(-6 * Math.log(30)))).toBeLessThan(1e-6);
    });

    test("follows members that change the event rank", () => {
      const transform = chain([
        new AffineElementwise({ shape: [], scale: 2 }),
        new Fold(),
        new LULinear({ features: 2 }),
        invert(new Fold()),
        new AffineElementwise({ features: 6, scale: 3 }),
      ]);
      expect([transform.eventRankIn, transform.eventRankOut]).toEqual([1, 1]);
      expect(transform.forwardShape([6])).toEqual([6]);
      const [y, logDet] = transform.forwardAndLogDet(tf.ones([5, 6]));
      expect(y.shape).toEqual([5, 6]);
      expect(maxError(y, new Array(30).fill(6))).toBeLessThan(1e-6);
      expect(maxError(logDet, new Array(5).fill(6 * Math.log(6)))).toBeLessThan(1e-6);
      const open = chain([new Identity(), new Fold()]);
      expect([open.eventRankIn, open.eventRankOut]).toEqual([1, 2]);
      expect(open.forwardShape([6])).toEqual([3, 2]);
      expect(open.inverseShape([3, 2])).toEqual([6]);
    });

    test("gives the context to the members that take one", () => {
      const transform = chain([
        new ConstantAffine({ shift: [0, 0], scale: [2, 2] }),
        new ShiftByContext([3]),
        new Identity(),
      ]);
      expect(transform.contextShape).toEqual([3]);
      const context = tf.tensor2d([
        [1, 2, 3],
        [4, 5, 6],
      ]);
      const [y, logDet] = transform.forwardAndLogDet(tf.ones([2, 2]), context);
      expect([...y.dataSync()]).toEqual([4, 4, 7, 7]);
      expect(logDet.shape).toEqual([2]);
      expect([...transform.inverse(y, context).dataSync()]).toEqual([1, 1, 1, 1]);
    });

    test("is borrowed and leaves nothing behind, also when it is empty", () => {
      const x = tf.ones([2, 2]);
      for (const transform of [
        chain([]),
        chain([new Identity()]),
        chain([chain([]), new Permutation({ order: [1, 0] })]),
      ]) {
        expectNoLeak(() => transform.forward(x));
        expectNoLeak(() => transform.inverse(x));
        expectNoLeak(() => transform.forwardAndLogDet(x));
        expectNoLeak(() => transform.inverseAndLogDet(x));
      }
      expect(x.isDisposed).toBe(false);
    });

    test("errors name the member and both shapes", () => {
      const transform = chain([new Permutation({ order: [1, 0] }), new LULinear({ features: 3 })]);
      expect(() => transform.forward(tf.ones([4, 2]))).toThrow(
        new ShapeError(
          "chain.forward: expected member 1 to take the event shape [2] that member 0 gives, got: LULinear.forwardShape: expected event shape [3], got [2].",
        ),
      );
      expect(() => transform.inverseAndLogDet(tf.ones([4, 3]))).toThrow(
        new ShapeError(
          "chain.inverseAndLogDet: expected member 0 to take the event shape [3] that member 1 gives, got: Permutation.inverseShape: expected event shape [2], got [3].",
        ),
      );
      expect(() => transform.forwardShape([5])).toThrow(
        new ShapeError(
          "chain.forwardShape: expected member 0 to take the event shape [5] that the chain was given, got: Permutation.forwardShape: expected event shape [2], got [5].",
        ),
      );
      expect(() => transform.forward(tf.scalar(1))).toThrow(
        new ShapeError("chain.forward: expected a value with at least 1 axes, got shape []."),
      );
      expect(() => transform.forward(tf.ones([2]), tf.ones([1]))).toThrow(
        new ContextError("chain.forward: expected no context, got one of shape [1]. Give it to a conditional flow."),
      );
    });
  });
}

test("members that take different contexts are refused", () => {
  expect(() => chain([new Identity(), new ShiftByContext([3]), new ShiftByContext([2])])).toThrow(
    new ContextError("chain: expected member 2 to take the context shape [3] of member 1, got [2]."),
  );
});

test("what is not a bijection is refused", () => {
  expect(() => chain([new Identity(), {} as Bijection])).toThrow(
    new OptionError("chain: expected member 1 to be a bijection, got object."),
  );
  expect(() => invert({} as Bijection)).toThrow(new OptionError("invert: expected a bijection, got object."));
});

test("the inverse is as available as that of its members", () => {
  const kinds = ["analytic", "iterative", "none"] as const;
  const kindOf = (...list: (typeof kinds)[number][]) =>
    chain(list.map((kind) => new ShiftByContext([1], kind))).inverseKind;
  expect(kindOf("analytic", "analytic")).toBe("analytic");
  expect(kindOf("analytic", "iterative")).toBe("iterative");
  expect(kindOf("iterative", "none", "analytic")).toBe("none");
});

test("parameters have the paths of the members, and invert twice is the same object", () => {
  const linear = new LULinear({ features: 2, key: createKey(1) });
  expect([
    ...chain([new Identity(), invert(linear)])
      .parameters()
      .keys(),
  ]).toEqual(["layers.1.bijection.weight", "layers.1.bijection.shift"]);
  expect(invert(invert(linear))).toBe(linear);
});

test("a file can't smuggle something else into a chain", () => {
  const registry = createRegistry(...transformsCodecs);
  const family = { type: "pushforward/affine", version: 1, config: {} };
  const decode = () => registry.decode({ type: "pushforward/chain", version: 1, config: { layers: [family] } });
  expect(decode).toThrow(ModelFileError);
  expect(decode).toThrow("pushforward/chain.layers[0]: expected a bijection");
});

describe("traces", () => {
  const features = 2;
  const make = (): ReturnType<typeof chain> =>
    chain([
      new AffineElementwise({ features, scale: [2, 0.5], shift: [1, -1] }),
      new Permutation({ order: [1, 0] }),
      new ConstantAffine({ shift: [3, 4], scale: [10, 100] }),
    ]);

  test("hold the value before the first member and after each one, in both directions", () => {
    const transform = make();
    const x = tf.tensor2d([
      [0.5, -1],
      [2, 3],
    ]);
    const forward = transform.forwardTrace(x);
    expect(forward.map((value) => value.arraySync())).toEqual([
      [
        [0.5, -1],
        [2, 3],
      ],
      [
        [2, -1.5],
        [5, 0.5],
      ],
      [
        [-1.5, 2],
        [0.5, 5],
      ],
      [
        [-12, 204],
        [8, 504],
      ],
    ]);
    const back = transform.inverseTrace(forward.at(-1) as tf.Tensor);
    for (const [i, value] of back.reverse().entries())
      expect(maxError(value, forward[i] as tf.Tensor)).toBeLessThan(1e-6);
    expect(maxError(forward.at(-1) as tf.Tensor, transform.forward(x))).toBe(0);
  });

  test("of the empty chain are the value alone", () => {
    expect(
      chain([])
        .forwardTrace(tf.tensor1d([1, 2]))
        .map((value) => value.arraySync()),
    ).toEqual([[1, 2]]);
  });

  test("give the context to the members that take one", () => {
    const transform = chain([new AffineElementwise({ features }), new ShiftByContext([1])]);
    const [, before, after] = transform.forwardTrace(tf.tensor2d([[1, 2]]), tf.tensor2d([[5]]));
    expect(maxError(after as tf.Tensor, tf.add(before as tf.Tensor, 5))).toBe(0);
    expect(() => make().forwardTrace(tf.tensor2d([[1, 2]]), tf.tensor2d([[5]]))).toThrow(ContextError);
  });

  test("refuse what does not fit, and leak nothing", () => {
    const transform = make();
    expect(() => transform.forwardTrace(tf.tensor1d([1, 2, 3]))).toThrow("chain.forwardTrace: expected member 0");
    expect(() => transform.inverseTrace(tf.scalar(1))).toThrow(ShapeError);
    const x = tf.tensor2d([[1, 2]]);
    expectNoLeak(() => {
      for (const value of [...transform.forwardTrace(x), ...transform.inverseTrace(x)]) value.dispose();
    });
  });
});
