import { useBackend } from "@pushforward/backend";
import { createKey, DomainError, OptionError, type Parameter } from "@pushforward/core";
import { maxError } from "@pushforward/testing";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, test } from "vitest";
import { BACKENDS } from "../../../testing/test/deep.ts";
import { Diagonal, LowRankLinear } from "./low-rank-linear.ts";
import { PositiveLinear } from "./positive-linear.ts";

function rows(): tf.Tensor {
  return tf.tensor2d([0.5, -1.25, 2, 1.5, 0.25, -0.75], [2, 3]);
}

for (const backend of BACKENDS) {
  describe(backend, () => {
    beforeAll(() => useBackend(backend));

    test("agrees with PyTorch", () => {
      using transform = new PositiveLinear({ features: 3 });
      const [logWeight, shift] = [...transform.parameters().values()] as [Parameter, Parameter];
      logWeight.write([0.1, -0.7, 0.3, -1.2, 0.4, 0.2, 0.5, -0.3, -0.9]);
      shift.write([0.5, -1, 2]);
      const x = tf.tensor2d([
        [0.5, -1.25, 2],
        [1.5, 0.25, -0.75],
      ]);
      // PyTorch 2.6 in float64: A = exp(W)ᵀ, A·x + b, linalg.slogdet, linalg.solve, and the gradients of
      // Σ u²/2 − Σ log|det ∂u/∂x|.
      const [y, logDet] = transform.forwardAndLogDet(x);
      const forward = [3.97353524, -1.13485178, 1.96131528, 0.996513977, -0.437779535, 4.02521166];
      expect(maxError(y, forward)).toBeLessThan(5e-7);
      expect(maxError(logDet, [0.879383036, 0.879383036])).toBeLessThan(5e-7);
      const [u, inverseLogDet] = transform.inverseAndLogDet(x);
      const inverse = [0.19624038, -0.184299263, -0.0978754218, -3.41000697, 0.590252329, 2.78449732];
      expect(maxError(u, inverse)).toBeLessThan(1e-6);
      expect(maxError(inverseLogDet, [-0.879383036, -0.879383036])).toBeLessThan(5e-7);
      const { grads } = tf.variableGrads(() => {
        const [value, ladj] = transform.inverseAndLogDet(x);
        return tf.sub(tf.mul(tf.sum(tf.square(value)), 0.5), tf.sum(ladj)) as tf.Scalar;
      }, [logWeight.variable, shift.variable]);
      const ofWeight = [
        4.06853941, 6.36786712, -20.1030644, -0.377279953, -1.59078181, 3.58569773, -2.69984359, -8.11163134,
        5.04847002,
      ];
      expect(maxError(grads[logWeight.variable.name] as tf.Tensor, ofWeight)).toBeLessThan(2e-6);
      const ofShift = [-1.03676414, -3.87376752, 4.65472697];
      expect(maxError(grads[shift.variable.name] as tf.Tensor, ofShift)).toBeLessThan(2e-6);
    });

    test("a singular matrix is an error, never NaN", () => {
      using transform = new PositiveLinear({ features: 2 });
      transform.parameters().get("logWeight")?.write([1, 1, 1, 1]);
      const x = tf.ones([3, 2]);
      const text =
        "expected a matrix exp(logWeight) that is finite and not singular, got another. Lower the learning rate.";
      for (const method of ["inverse", "forwardAndLogDet", "inverseAndLogDet"] as const) {
        expect(() => transform[method](x)).toThrow(DomainError);
        expect(() => transform[method](x)).toThrow(`PositiveLinear.${method}: ${text}`);
      }
      const e = Math.exp(1);
      expect(maxError(transform.forward(x), new Array(6).fill(2 * e))).toBeLessThan(1e-6);
    });

    test("mixes features with positive entries only", () => {
      using transform = new PositiveLinear({ features: 4, key: createKey(2) });
      const matrix = transform.forward(tf.eye(4)).dataSync();
      const limit = Math.exp(Math.sqrt(3 / 4));
      for (const entry of matrix) {
        expect(entry).toBeGreaterThan(1 / limit);
        expect(entry).toBeLessThan(limit);
      }
    });
  });
}

describe("cpu", () => {
  beforeAll(() => useBackend("cpu"));

  // NumPy 2.2 in float64: the matrix, slogdet and solve.
  test("agrees with NumPy, both ways", () => {
    using map = new LowRankLinear({ features: 3, rank: 2 });
    map.parameters().get("rawScale")?.write([0.3, -0.5, 1]);
    map.parameters().get("factor")?.write([0.4, -1, 1.2, 0.3, -0.7, 0.8]);
    map.parameters().get("shift")?.write([0.5, -1, 2]);
    const [y, logDet] = map.forwardAndLogDet(rows());
    const forward = [-0.705102275, -4.91502883, 7.94065133, 4.89469317, 0.281005765, -1.91899425];
    expect(maxError(y, forward)).toBeLessThan(1e-6);
    expect(maxError(logDet, [2.47204391, 2.47204391])).toBeLessThan(1e-6);
    const [x, inverseLogDet] = map.inverseAndLogDet(rows());
    const inverse = [-0.00279069487, -0.118075348, -0.0257768812, -0.0111921986, 0.317993826, -0.897381862];
    expect(maxError(x, inverse)).toBeLessThan(1e-6);
    expect(maxError(inverseLogDet, [-2.47204391, -2.47204391])).toBeLessThan(1e-6);
  });

  test("starts close to the identity", () => {
    using map = new LowRankLinear({ features: 3, rank: 2 });
    expect(maxError(map.forward(rows()), rows())).toBeLessThan(0.02);
  });

  test("errors", () => {
    expect(() => new LowRankLinear({ features: 2, rank: 3 })).toThrow(
      new OptionError("LowRankLinear: expected rank to be an integer from 1 to 2, got 3."),
    );
  });

  test("the start without a key is diagonally dominant", () => {
    const values = new PositiveLinear({ features: 4 }).parameters().get("logWeight")?.read() as Float32Array;
    expect(values[0]).toBe(0);
    expect(values[1]).toBe(Math.fround(-Math.log(8)));
  });

  test("errors", () => {
    expect(() => new PositiveLinear({ features: 1.5 })).toThrow(
      new OptionError("PositiveLinear: expected features to be an integer of at least 1, got 1.5."),
    );
  });

  test("scales each feature and keeps 0", () => {
    using map = new Diagonal({ features: 2 });
    map.parameters().get("logScale")?.write([Math.LN2, -Math.LN2]);
    const [y, logDet] = map.forwardAndLogDet(tf.tensor2d([1, 1, 0, 6], [2, 2]));
    expect(maxError(y, [2, 0.5, 0, 3])).toBeLessThan(1e-6);
    expect(maxError(logDet, [0, 0])).toBeLessThan(1e-6);
  });
});
