import { useBackend } from "@pushforward/backend";
import { OptionError } from "@pushforward/core";
import { maxError } from "@pushforward/testing";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, expect, test } from "vitest";
import { BlockAutoregressive } from "./block-autoregressive.ts";

beforeAll(() => useBackend("cpu"));

/** The parameters in their order start at these phases: value k is the sine of phase + 1.3 k. */
const phases: Readonly<Record<string, number>> = {
  logScale: 0.2,
  "layers.0.diagonal": 1,
  "layers.0.before": 2,
  "layers.0.bias": 3,
  "layers.0.contextWeight": 4,
  "layers.1.diagonal": 5,
  "layers.1.before": 6,
  "layers.1.bias": 7,
  "layers.1.contextWeight": 8,
};

// NumPy: the weight matrices put together from their blocks; the Jacobian by central differences.
test("values and log-dets are those of the matrices", () => {
  using map = new BlockAutoregressive({ features: 2, context: 1, hidden: [2] });
  expect([...map.parameters().keys()].sort()).toEqual(Object.keys(phases).sort());
  for (const [path, parameter] of map.parameters()) {
    const scale = path === "logScale" ? 0.5 : 1;
    parameter.write(parameter.read().map((_, k) => scale * Math.sin((phases[path] as number) + 1.3 * k)));
  }
  const x = tf.tensor2d([0.5, -1.2, -3, 4], [2, 2]);
  const context = tf.tensor2d([0.3, -2], [2, 1]);
  const [y, logDet] = map.forwardAndLogDet(x, context);
  expect(maxError(y, [1.6958805, -2.5069211, -6.0352504, 10.9702853])).toBeLessThan(2e-6);
  expect(maxError(logDet, [2.144929, 0.707366])).toBeLessThan(5e-6);
  expect(maxError(map.inverse(y, context), x)).toBeLessThan(5e-6);
});

test("a context may have batch axes of its own", () => {
  using map = new BlockAutoregressive({ features: 2, context: 1, hidden: [2] });
  const [y, logDet] = map.forwardAndLogDet(tf.zeros([4, 1, 2]), tf.zeros([3, 1]));
  expect([y.shape, logDet.shape]).toEqual([
    [4, 3, 2],
    [4, 3],
  ]);
  expect(() => map.forward(tf.zeros([4, 2]), tf.zeros([3, 1]))).toThrow(
    "BlockAutoregressive.forward: expected a context with batch axes that broadcast with a value of shape [4, 2], got [3, 1].",
  );
  expect(() => map.forward(tf.zeros([4, 2]))).toThrow("expected a context of shape [..., 1], got none");
});

test("sizes are checked", () => {
  expect(() => new BlockAutoregressive({ features: 0 })).toThrow(OptionError);
  expect(() => new BlockAutoregressive({ features: 2, hidden: [] })).toThrow("the number of hidden layers");
  expect(() => new BlockAutoregressive({ features: 2, context: 1.5 })).toThrow("expected context to be an integer");
});
