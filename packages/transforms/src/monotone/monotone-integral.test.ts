import { useBackend } from "@pushforward/backend";
import { createKey, OptionError, ShapeError } from "@pushforward/core";
import { maxError } from "@pushforward/testing";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, test } from "vitest";
import { gaussLegendre, type MonotoneIntegralOptions, monotoneIntegral } from "./monotone-integral.ts";

beforeAll(() => useBackend("cpu"));

const weights: Readonly<Record<string, readonly number[]>> = {
  "layers.0.weight": [0.9, -1.2, 0.5, 0.3],
  "layers.0.bias": [0.1, -0.4],
  "layers.1.weight": [1.5, -0.7],
  "layers.1.bias": [0.2],
};

/** A family of one variable with these weights. */
function known(options: MonotoneIntegralOptions) {
  const family = monotoneIntegral({ signal: 1, hidden: [2], ...options });
  for (const [path, parameter] of family.parameters()) parameter.write(weights[path] as readonly number[]);
  return family;
}

const x = [-10, -2.5, -0.3, 0, 1.7, 6, 11];
const parameters = () => tf.tensor2d([0.6, -0.25], [1, 2]);

// Quadratures of mpmath with 30 digits.
describe.each([
  [
    { activation: "tanh" } as const,
    [-2.70317036, -1.62746279, -0.812155725, -0.25, 11.1404624, 54.1052864, 104.486332],
    [-1.94729499, -1.87534713, 0.29636689, 0.916199818, 2.24133727, 2.31015524, 2.31017952],
  ],
  [
    { activation: "elu", scale: "clip", bound: 3 } as const,
    [-2.34120637, -1.61298676, -0.785729462, -0.25, 10.5523328, 97.8760702, 207.853403],
    [-2.34026158, -2.10496565, 0.284911608, 0.827344664, 2.42993777, 3.09083637, 3.09083637],
  ],
])("%o", (options, y, logSlope) => {
  test("values and slopes", () => {
    using family = known(options);
    const points = tf.tensor2d(x, [x.length, 1]);
    const [value, logDet] = family.bind(parameters()).forwardAndLogDet(points);
    // Their second derivatives jump at 0, which costs the quadrature digits.
    expect(maxError(value, y)).toBeLessThan(options.activation === "elu" ? 1e-4 : 2e-6);
    expect(maxError(logDet, logSlope)).toBeLessThan(2e-6);
    expect(maxError(family.bind(parameters()).inverse(value), x)).toBeLessThan(2e-6);
  });
});

test("is the identity at its start, and where nothing is linear a value may be far out", () => {
  using family = monotoneIntegral({ variables: 3, hidden: [5], key: createKey(1) });
  const rows = tf.tensor2d([-20, 0, 0.5, 3, 9, 100], [2, 3]);
  const parametersOf = tf.concat([tf.tensor3d(createKey(5).normal(96), [2, 3, 16]), tf.zeros([2, 3, 1])], 2);
  const [y, logDet] = family.bind(parametersOf).forwardAndLogDet(rows);
  expect(maxError(y, rows)).toBeLessThan(1e-6);
  expect(maxError(logDet, new Float32Array(6))).toBe(0);
  using unbound = known({ bound: 0 });
  expect(
    unbound
      .bind(parameters())
      .forward(tf.tensor1d([1e3]))
      .dataSync()[0],
  ).toBeGreaterThan(5e3);
});

test("some variables are mapped as among all", () => {
  using family = monotoneIntegral({ variables: 3, signal: 2, hidden: [4], key: createKey(2) });
  for (const [i, parameter] of [...family.parameters().values()].entries()) {
    parameter.write(createKey(i).normal(parameter.read().length));
  }
  const all = tf.tensor3d(createKey(3).normal(18), [2, 3, 3]);
  const values = tf.tensor2d(createKey(4).normal(6), [2, 3]);
  const y = family.bind(all).forward(values);
  const some = family.bind(tf.slice(all, [0, 1, 0], [2, 2, 3]), [1, 2]).forward(tf.slice(values, [0, 1], [2, 2]));
  expect(maxError(some, tf.slice(y, [0, 1], [2, 2]))).toBe(0);
});

test("errors", () => {
  expect(() => monotoneIntegral({ variables: 0 })).toThrow(OptionError);
  expect(() => monotoneIntegral({ hidden: [] })).toThrow("the number of hidden layers to be an integer of at least 1");
  expect(() => monotoneIntegral({ bound: -1 })).toThrow("expected bound of at least 0, got -1");
  expect(() => monotoneIntegral({ activation: "relu" as "elu" })).toThrow('"tanh" or "elu", got "relu"');
  expect(() => monotoneIntegral({ variables: 2 }).bind(tf.zeros([5, 3, 17]))).toThrow(ShapeError);
  expect(() => monotoneIntegral({ variables: 2 }).bind(tf.zeros([5, 3, 17]))).toThrow(
    "expected parameters of shape [..., 2, 17], one row for each variable, got shape [5, 3, 17]",
  );
});

test("nodes and weights are those of numpy.polynomial.legendre.leggauss", () => {
  const { nodes, weights } = gaussLegendre(5);
  const expected = [0.04691008, 0.23076534, 0.5, 0.76923466, 0.95308992];
  expect(Math.max(...expected.map((v, i) => Math.abs(v - (nodes[i] as number))))).toBeLessThan(1e-8);
  const ofNodes = [0.11846344, 0.23931434, 0.28444444, 0.23931434, 0.11846344];
  expect(Math.max(...ofNodes.map((v, i) => Math.abs(v - (weights[i] as number))))).toBeLessThan(1e-8);
});

test("32 nodes integrate polynomials of degree 63", () => {
  const { nodes, weights } = gaussLegendre(32);
  for (const degree of [0, 1, 20, 63]) {
    const integral = nodes.reduce((sum, x, i) => sum + (weights[i] as number) * x ** degree, 0);
    expect(Math.abs(integral * (degree + 1) - 1)).toBeLessThan(1e-13);
  }
});
