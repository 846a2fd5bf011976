import { useBackend } from "@pushforward/backend";
import { createKey } from "@pushforward/core";
import { StandardNormal } from "@pushforward/distributions";
import { train } from "@pushforward/training";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, expect, test } from "vitest";
import { DEEP } from "../../../testing/test/deep.ts";
import { cnf } from "../presets/cnf.ts";
import { maf } from "../presets/common.ts";
import { flowMatching } from "./flow-matching.ts";

beforeAll(() => useBackend("wasm"));

/** Two narrow bumps around ±2 in units of the data, in the second column the sign of a context. */
function bumps(count: number): { readonly x: Float32Array; readonly context: Float32Array } {
  const key = createKey(5);
  const context = key
    .fold("side")
    .uniform(count)
    .map((u) => (u < 0.5 ? -1 : 1));
  const x = key.normal(count).map((z, i) => 10 + 2 * (context[i] as number) + 0.4 * z);
  return { x, context };
}

const entropy = 0.5 * Math.log(2 * Math.PI * Math.E * 0.16);

test.runIf(DEEP)("a flow learns two bumps without a likelihood, in units of the data", async () => {
  const { x } = bumps(1000);
  using flow = cnf({ features: 1, hidden: [24, 24], standardize: { mean: [10], sd: [2] }, key: createKey(0) });
  const rows = { shape: [1000, 1], data: x } as const;
  await train(flow, rows, { key: createKey(1), loss: flowMatching(), maxEpochs: 60, batchSize: 128, validation: 0 });
  const loss = -(tf.mean(flow.logProb(tf.tensor2d(x, [1000, 1]))).dataSync()[0] as number);
  expect(loss).toBeLessThan(entropy + Math.log(2) + 0.2);
});

test.runIf(DEEP)("with a context, each side has its bump", async () => {
  const { x, context } = bumps(1000);
  using flow = cnf({
    features: 1,
    context: 1,
    hidden: [24, 24],
    standardize: { mean: [10], sd: [2] },
    key: createKey(0),
  });
  const rows = { x: { shape: [1000, 1], data: x }, context: { shape: [1000, 1], data: context } } as const;
  await train(flow, rows, { key: createKey(1), loss: flowMatching(), maxEpochs: 60, batchSize: 128, validation: 0 });
  const given = flow.given(tf.tensor2d(context, [1000, 1]));
  const loss = -(tf.mean(given.logProb(tf.tensor2d(x, [1000, 1]))).dataSync()[0] as number);
  expect(loss).toBeLessThan(entropy + 0.2);
});

test("optimal pairs leave less to learn than independent ones, weights count, and other flows are refused", () => {
  using flow = cnf({ features: 2, key: createKey(0) });
  const x = tf.tensor2d(createKey(2).normal(400), [200, 2]);
  const lossOf = (coupling: "optimal" | "independent", weights?: tf.Tensor): number =>
    flowMatching({ coupling })(flow, { x, ...(weights && { weights }) }, createKey(3)).dataSync()[0] as number;
  // The untrained field is 0: the loss is the mean squared distance, E‖x − u‖² = 4 for independent pairs.
  expect(lossOf("independent")).toBeGreaterThan(3);
  expect(lossOf("optimal")).toBeLessThan(0.5);
  expect(lossOf("optimal", tf.fill([200], 2))).toBeCloseTo(2 * lossOf("optimal"), 5);
  const loss = flowMatching();
  expect(() => loss(maf({ features: 2, key: createKey(0) }), { x }, createKey(0))).toThrow(
    "flowMatching: expected a flow of one Continuous layer",
  );
  expect(() => loss(new StandardNormal({ features: 2 }), { x }, createKey(0))).toThrow("expected a Flow");
  using conditional = cnf({ features: 2, context: 1, key: createKey(0) });
  expect(() => loss(conditional, { x }, createKey(0))).toThrow("expected data with a context");
});
