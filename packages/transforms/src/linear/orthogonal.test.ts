import { useBackend } from "@pushforward/backend";
import { createKey, OptionError, type Parameter } from "@pushforward/core";
import { maxError } from "@pushforward/testing";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, expect, test } from "vitest";
import { DiscreteCosine, HouseholderLinear, matrixExponential, Rotation } from "./orthogonal.ts";

beforeAll(() => useBackend("cpu"));

function rows(): tf.Tensor {
  return tf.tensor2d([0.5, -1.25, 2, 1.5, 0.25, -0.75], [2, 3]);
}

// NumPy 2.2 in float64: the product of the three reflections.
test("agrees with NumPy", () => {
  using map = new HouseholderLinear({ features: 3, reflections: 3 });
  map.parameters().get("vectors")?.write([1, 2, -1, 0.5, -1, 3, 2, 0.1, 0.4]);
  const expected = [-1.55983506, 0.0318915599, -1.83804176, 0.507589051, 1.60830848, 0.175206177];
  expect(maxError(map.forward(rows()), expected)).toBeLessThan(1e-6);
});

test("pairs start at the identity, with a key too", () => {
  using plain = new HouseholderLinear({ features: 3 });
  using random = new HouseholderLinear({ features: 3, key: createKey(1) });
  expect(maxError(plain.forward(rows()), rows())).toBeLessThan(1e-6);
  expect(maxError(random.forward(rows()), rows())).toBeLessThan(1e-6);
});

test("a vector of zeros reflects nothing", () => {
  using map = new HouseholderLinear({ features: 3, reflections: 1 });
  map.parameters().get("vectors")?.write([0, 0, 0]);
  expect(maxError(map.forward(rows()), rows())).toBe(0);
});

test("errors", () => {
  expect(() => new HouseholderLinear({ features: 2, reflections: 0 })).toThrow(
    new OptionError("HouseholderLinear: expected reflections to be an integer of at least 1, got 0."),
  );
});

// scipy.linalg.expm and expm_frechet 1.15
test("value and gradient agree with SciPy", () => {
  using map = new Rotation({ features: 3 });
  const generator = map.parameters().get("generator") as Parameter;
  generator.write([0.3, -2.1, 0.9, 1.4, 0.1, -0.6, -0.8, 2.2, 0.5]);
  const expected = [-0.87346382, 1.12537236, 1.94501877, 0.792804528, -1.37192859, 0.603550265];
  expect(maxError(map.forward(rows()), expected)).toBeLessThan(1e-6);
  const cotangent = tf.tensor2d([1, 2, -1, 0.5, 0, 3, -2, 1, 1], [3, 3]);
  const { grads } = tf.variableGrads(() => {
    // Row i of forward(I) is column i of the matrix.
    return tf.sum(tf.mul(tf.transpose(map.forward(tf.eye(3))), cotangent)) as tf.Scalar;
  }, [generator.variable]);
  const slopes = [0, -0.423090945, 0.580817221, 0.423090945, 0, -0.306105916, -0.580817221, 0.306105916, 0];
  expect(maxError(grads[generator.variable.name] as tf.Tensor, slopes)).toBeLessThan(1e-6);
});

test("starts at the identity", () => {
  using map = new Rotation({ features: 3 });
  expect(maxError(map.forward(rows()), rows())).toBe(0);
});

// scipy.fft.dct 1.15, norm="ortho"
test("agrees with SciPy, and back", () => {
  using map = new DiscreteCosine({ features: 5 });
  const x = [1, 2.5, -3, 0.25, 4];
  const y = map.forward(tf.tensor1d(x));
  expect(maxError(y, [2.12426458, -0.968069787, 3.91824432, -2.46862125, -2.32725406])).toBeLessThan(1e-6);
  expect(maxError(map.inverse(y), x)).toBeLessThan(1e-6);
});

// scipy.linalg.expm 1.15
test("agrees with SciPy where many squarings are needed", () => {
  const a = tf.tensor2d([3, -7, 2, 1, 4, 6, -5, 0.5, 1], [3, 3]);
  const expected = [
    742.753519, -1437.47042, -1025.37493, -693.27247, 1343.67359, 956.94035, -581.751534, 1128.14131, 805.008415,
  ];
  expect(maxError(matrixExponential(a), expected)).toBeLessThan(1e-6);
});

test("zeros give the identity, what is not finite NaN", () => {
  expect(maxError(matrixExponential(tf.zeros([2, 2])), [1, 0, 0, 1])).toBe(0);
  const values = matrixExponential(tf.tensor2d([Number.NaN, 0, 0, 1], [2, 2])).dataSync();
  expect([...values].every(Number.isNaN)).toBe(true);
});
