import { useBackend } from "@pushforward/backend";
import { createKey, OptionError, type Parameter } from "@pushforward/core";
import { maxError } from "@pushforward/testing";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, test } from "vitest";
import { BACKENDS } from "../../../testing/test/deep.ts";
import { pluLinear, qrLinear, svdLinear, TriangularLinear } from "./decompositions.ts";
import { LULinear } from "./lu-linear.ts";

for (const backend of BACKENDS) {
  describe(backend, () => {
    beforeAll(() => useBackend(backend));

    test("starts at the identity", () => {
      using transform = new LULinear({ features: 3 });
      const x = tf.tensor1d([1.5, -20, 3]);
      const [y, logDet] = transform.forwardAndLogDet(x);
      expect(maxError(y, x)).toBeLessThan(3e-7);
      expect(maxError(logDet, [0])).toBeLessThan(5e-7);
    });

    // One copy of the rows is solved for directly, three go through the inverse of the matrix.
    test.each([1, 3])("agrees with PyTorch, %i times", (copies) => {
      using transform = new LULinear({ features: 3 });
      const [weight, shift] = [...transform.parameters().values()] as [Parameter, Parameter];
      weight.write([0.3, -0.8, 0.45, 0.6, -1.1, 0.2, -0.35, 0.75, 0.9]);
      shift.write([0.5, -1, 2]);
      const x = tf.tile(tf.tensor2d([0.5, -1.25, 2, 1.5, 0.25, -0.75], [2, 3]), [copies, 1]);
      const repeated = (values: number[]): number[] => new Array<number[]>(copies).fill(values).flat();
      // PyTorch 2.6 in float64: L = tril(W, −1) + 1, U = triu(W, 1) + diag(softplus(diag W + log(e − 1))), and the
      // gradients of Σ u²/2 − Σ log|det ∂u/∂x|.
      const [y, logDet] = transform.forwardAndLogDet(x);
      const forward = [2.99989772, 0.334529537, 4.3083828, 1.76219317, -0.279602276, 0.29026732];
      expect(maxError(y, repeated(forward))).toBeLessThan(1e-6);
      expect(maxError(logDet, repeated([-0.108181854, -0.108181854]))).toBeLessThan(5e-7);
      const [u, inverseLogDet] = transform.inverseAndLogDet(x);
      const inverse = [-0.444480592, -0.602829875, 0.113381982, 2.96132338, 2.20905648, -1.74608252];
      expect(maxError(u, repeated(inverse))).toBeLessThan(1e-6);
      expect(maxError(inverseLogDet, repeated([0.108181854, 0.108181854]))).toBeLessThan(5e-7);
      const { grads } = tf.variableGrads(() => {
        const [value, ladj] = transform.inverseAndLogDet(x);
        return tf.div(tf.sub(tf.mul(tf.sum(tf.square(value)), 0.5), tf.sum(ladj)), copies) as tf.Scalar;
      }, [weight.variable, shift.variable]);
      const ofWeight = [
        -4.05748335, -5.67569812, 4.35166768, -11.3836412, -6.26139782, 16.375044, 2.8460891, 1.95240673, -3.07821341,
      ];
      expect(maxError(grads[weight.variable.name] as tf.Tensor, ofWeight)).toBeLessThan(2e-6);
      const ofShift = [4.20798743, -9.08835191, 2.43629385];
      expect(maxError(grads[shift.variable.name] as tf.Tensor, ofShift)).toBeLessThan(2e-6);
    });

    test("starts at the identity whatever its diagonal is", () => {
      using transform = new LULinear({ features: 3, diagonal: { offset: 0, smallest: 1e-3 } });
      const [y, logDet] = transform.forwardAndLogDet(tf.tensor1d([1.5, -20, 3]));
      expect(maxError(y, [1.5, -20, 3])).toBeLessThan(5e-7);
      expect(maxError(logDet, [0])).toBeLessThan(5e-7);
    });

    test("a key moves it off the identity and keeps the volume", () => {
      using transform = new LULinear({ features: 6, key: createKey(4) });
      const [y, logDet] = transform.forwardAndLogDet(tf.ones([6]));
      expect(maxError(y, new Array(6).fill(1))).toBeGreaterThan(0.01);
      expect(maxError(logDet, [0])).toBeLessThan(1e-6);
    });
  });
}

function rows(): tf.Tensor {
  return tf.tensor2d([0.5, -1.25, 2, 1.5, 0.25, -0.75], [2, 3]);
}

describe("cpu", () => {
  beforeAll(() => useBackend("cpu"));

  test("errors", () => {
    expect(() => new LULinear({ features: 0 })).toThrow(
      new OptionError("LULinear: expected features to be an integer of at least 1, got 0."),
    );
    expect(() => new LULinear({ features: 2, diagonal: { smallest: 0 } })).toThrow(
      new OptionError("LULinear: expected diagonal.smallest from 1e-30 to 0.5, got 0."),
    );
  });

  test("is a permutation of an LU map; the same key gives the same", () => {
    using map = pluLinear({ features: 3, key: createKey(5) });
    using again = pluLinear({ features: 3, key: createKey(5) });
    const y = map.forward(rows());
    expect(maxError(again.forward(rows()), y)).toBe(0);
    const [lu] = map.layers as [LULinear];
    expect(lu).toBeInstanceOf(LULinear);
    const sorted = (t: tf.Tensor): number[] => [...t.dataSync()].sort();
    expect(sorted(y)).toEqual(sorted(lu.forward(rows())));
  });

  // NumPy 2.2 in float64: Q(Rx + b).
  test("agrees with NumPy", () => {
    using map = qrLinear({ features: 3, reflections: 3 });
    map.parameters().get("layers.0.weight")?.write([0.3, -0.8, 0.45, 0.6, -1.1, 0.2, -0.35, 0.75, 0.9]);
    map.parameters().get("layers.0.shift")?.write([0.5, -1, 2]);
    map.parameters().get("layers.1.vectors")?.write([1, 2, -1, 0.5, -1, 3, 2, 0.1, 0.4]);
    const [y, logDet] = map.forwardAndLogDet(rows());
    const expected = [-4.93670177, 2.04387896, -3.15873938, -0.555577308, 1.46836159, -1.51424967];
    expect(maxError(y, expected)).toBeLessThan(1e-6);
    expect(maxError(logDet, [-0.108181854, -0.108181854])).toBeLessThan(1e-6);
  });

  test("starts at the identity", () => {
    using map = qrLinear({ features: 3 });
    expect(maxError(map.forward(rows()), rows())).toBeLessThan(1e-6);
  });

  // NumPy 2.2 in float64: Q(SQx + b).
  test("agrees with NumPy", () => {
    using map = svdLinear({ features: 3, reflections: 3 });
    for (const at of [0, 2]) map.parameters().get(`layers.${at}.vectors`)?.write([1, 2, -1, 0.5, -1, 3, 2, 0.1, 0.4]);
    map.parameters().get("layers.1.scale")?.write([0.3, -0.5, 1]);
    map.parameters().get("layers.1.shift")?.write([0.5, -1, 2]);
    const [y, logDet] = map.forwardAndLogDet(rows());
    const expected = [1.54294229, -1.32734411, -0.329513097, -2.32570468, 0.795419146, -0.720351716];
    expect(maxError(y, expected)).toBeLessThan(1e-6);
    expect(maxError(logDet, [0.396506162, 0.396506162])).toBeLessThan(1e-6);
  });

  test("starts at the identity, its orthogonal matrices differ with a key", () => {
    using map = svdLinear({ features: 3, key: createKey(2) });
    expect(maxError(map.forward(rows()), rows())).toBeLessThan(1e-6);
    const vectors = [0, 2].map((at) => map.parameters().get(`layers.${at}.vectors`)?.read());
    expect(vectors[0]).not.toEqual(vectors[1]);
  });

  // NumPy 2.2 in float64, d = log(1 + exp(raw + log(e − 1))).
  test.each([
    ["lower", [1.09989772, -1.20547046, 4.6733828, 2.29969317, 0.192897724, 0.21464232]],
    ["upper", [2.99989772, -1.1654091, 5.30740382, 1.76219317, -1.03691818, 0.759723566]],
  ] as const)("%s agrees with NumPy", (triangle, expected) => {
    using map = new TriangularLinear({ features: 3, triangle });
    map.parameters().get("weight")?.write([0.3, -0.8, 0.45, 0.6, -1.1, 0.2, -0.35, 0.75, 0.9]);
    map.parameters().get("shift")?.write([0.5, -1, 2]);
    const [y, logDet] = map.forwardAndLogDet(rows());
    expect(maxError(y, expected)).toBeLessThan(1e-6);
    expect(maxError(logDet, [-0.108181854, -0.108181854])).toBeLessThan(1e-6);
    expect(maxError(map.inverse(y), rows())).toBeLessThan(2e-6);
  });

  test("errors", () => {
    expect(() => new TriangularLinear({ features: 2, triangle: "left" as never })).toThrow(
      new OptionError('TriangularLinear: expected triangle to be "lower" or "upper", got "left".'),
    );
  });
});
