import { useBackend } from "@pushforward/backend";
import { createKey, OptionError, type Parameter } from "@pushforward/core";
import { maxError } from "@pushforward/testing";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, test } from "vitest";
import { BACKENDS } from "../../../testing/test/deep.ts";
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

test("errors", () => {
  expect(() => new LULinear({ features: 0 })).toThrow(
    new OptionError("LULinear: expected features to be an integer of at least 1, got 0."),
  );
  expect(() => new LULinear({ features: 2, diagonal: { smallest: 0 } })).toThrow(
    new OptionError("LULinear: expected diagonal.smallest from 1e-30 to 0.5, got 0."),
  );
});
