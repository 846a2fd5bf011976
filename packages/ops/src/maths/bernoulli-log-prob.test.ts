import { useBackend } from "@pushforward/backend";
import { makePlan, type PlanMatrix } from "@pushforward/core/extend";
import { expectNoLeak } from "@pushforward/testing";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, test } from "vitest";
import { runPlan } from "../plan/planned.ts";
import { bernoulliLogProb, bernoulliLogProbStep } from "./bernoulli-log-prob.ts";

const labels = [1, 0, 1, 0, 1, 0.25, 0, 1];
const logits = [0, 0, 3.5, 3.5, -7, 1.2, 80, -200];
// y·l − (max(l, 0) + log1p(exp(−|l|))) in Python.
const expected = [
  -Math.LN2,
  -Math.LN2,
  -0.0297504182726205,
  -3.5297504182726205,
  -7.000911466453775,
  -1.163282467338031,
  -80,
  -200,
];

describe.each(["cpu", "wasm"] as const)("%s", (backend) => {
  beforeAll(async () => {
    await useBackend(backend);
  });

  test("values, also where a probability is 1 in float32", () => {
    const got = bernoulliLogProb(labels, logits).dataSync();
    for (const [i, value] of expected.entries()) expect(got[i]).toBeCloseTo(value, 5);
    expect(bernoulliLogProb([1], [Number.NaN]).dataSync()[0]).toBeNaN();
  });

  test("the gradient is y − σ(l), and the step of a plan agrees with both", () => {
    const x = tf.tensor2d(logits, [4, 2]);
    const y = tf.tensor2d(labels, [4, 2]);
    const slope = tf
      .grad((l: tf.Tensor) => bernoulliLogProb(y, l))(x)
      .dataSync();
    for (const [i, logit] of logits.entries()) {
      // Where l is 0 the pieces meet, and either slope is right.
      const exact = (labels[i] as number) - 1 / (1 + Math.exp(-logit));
      if (logit !== 0) expect(slope[i]).toBeCloseTo(exact, 5);
    }
    const plan = makePlan([2, 2], (builder, [a, b]) => [
      bernoulliLogProbStep(builder, a as PlanMatrix, b as PlanMatrix),
    ]);
    const inputs = [y, x].map((tensor) => ({ tensor, eventShape: [2] }));
    const planned = runPlan(() => plan, inputs)?.values[0]?.dataSync();
    const sums = tf.sum(bernoulliLogProb(y, x), -1).dataSync();
    expect(planned).toHaveLength(4);
    for (const [i, sum] of sums.entries()) expect(planned?.[i]).toBeCloseTo(sum, 5);
  });

  test("no leak", () => {
    expectNoLeak(() => bernoulliLogProb(labels, logits));
  });
});
