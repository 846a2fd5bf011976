import { useBackend } from "@pushforward/backend";
import { maxError } from "@pushforward/testing";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, expect, test } from "vitest";
import { monotoneNetwork } from "./monotone-network.ts";

beforeAll(() => useBackend("cpu"));

// Values and derivatives of mpmath with 30 digits.
test("values and slopes, whatever the signs of the weights", () => {
  using family = monotoneNetwork({ signal: 1, hidden: [2] });
  const weights: Readonly<Record<string, readonly number[]>> = {
    "layers.0.weight": [0.9, -1.2, 0.5, -0.3],
    "layers.0.bias": [0.1, -0.4],
    "layers.1.weight": [-1.5, 0.7],
    "layers.1.bias": [0.2],
  };
  for (const [path, parameter] of family.parameters()) parameter.write(weights[path] as readonly number[]);
  const x = [-10, -0.3, 0, 1.7, 11];
  const bound = family.bind(tf.tensor2d([0.6], [1, 1]));
  const [y, logSlope] = bound.forwardAndLogDet(tf.tensor2d(x, [5, 1]));
  expect(maxError(y, [-9.85372384, -0.011, 0.646, 3.68158197, 16.3499984])).toBeLessThan(1e-6);
  expect(maxError(logSlope, [-0.174057547, 0.783901544, 0.783901544, 0.396156336, 0.300106027])).toBeLessThan(1e-6);
  expect(maxError(bound.inverse(y), x)).toBeLessThan(2e-6);
});

test("a width that has no halves is refused", () => {
  expect(() => monotoneNetwork({ hidden: [4, 3] })).toThrow("expected even widths in hidden, whose halves have two");
});
