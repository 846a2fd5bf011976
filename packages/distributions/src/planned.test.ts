import { useBackend } from "@pushforward/backend";
import { type ConditionalDistribution, createKey, type Distribution, type Module } from "@pushforward/core";
import {
  currentExecutor,
  type Executor,
  isConditionalDistribution,
  isModule,
  type PlanTrainer,
  setExecutor,
  sizeOf,
} from "@pushforward/core/extend";
import { planLogProb } from "@pushforward/ops";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, test } from "vitest";
import { cases } from "../cases/index.ts";
import { GaussianMixturePerClass } from "./mixtures/conditional-gaussian-mixture.ts";

const ROWS = 9;

const gaussians = Object.entries(cases).filter(([name]) => /^(Conditional)?GaussianMixture/.test(name));

/** Away from the identity, so that nothing hides. */
function perturb(module: Module): void {
  for (const [path, parameter] of module.parameters()) {
    if (!parameter.trainable) continue;
    const noise = createKey(7).fold(path).normal(parameter.read().length);
    parameter.write(Float32Array.from(parameter.read(), (v, i) => v + 0.2 * (noise[i] as number)));
  }
}

function largestDifference(a: ArrayLike<number>, b: ArrayLike<number>): number {
  expect(a.length).toBe(b.length);
  let [largest, scale] = [0, 1];
  for (let i = 0; i < a.length; i++) {
    const difference = Math.abs((a[i] as number) - (b[i] as number));
    largest = Math.max(largest, Number.isNaN(difference) ? Number.POSITIVE_INFINITY : difference);
    scale = Math.max(scale, Math.abs(b[i] as number));
  }
  return largest / scale;
}

function withTensors<T>(compute: () => T): T {
  const executor = currentExecutor();
  setExecutor(tf.backend(), undefined);
  try {
    return compute();
  } finally {
    setExecutor(tf.backend(), executor);
  }
}

describe.each(["cpu", "wasm"] as const)("%s", (backend) => {
  beforeAll(() => useBackend(backend));

  test.each(gaussians)("%s: a plan, the tape and tensors agree in values and gradients", (_, { make, contexts }) => {
    const model = make(createKey(1)) as (Distribution | ConditionalDistribution) & Module;
    perturb(model);
    const contextShape = isConditionalDistribution(model) ? model.contextShape : undefined;
    const c =
      contextShape &&
      Float32Array.from(contexts?.(createKey(5), ROWS) ?? createKey(5).normal(ROWS * sizeOf(contextShape)));
    const at = (context?: tf.Tensor): Distribution =>
      isConditionalDistribution(model) ? model.given(context as tf.Tensor) : (model as Distribution);
    tf.tidy(() => {
      const contextTensor = c && tf.tensor2d(c, [ROWS, c.length / ROWS]);
      const distribution = at(contextTensor);
      const [d] = distribution.eventShape as readonly [number];
      const { plan, reason } = planLogProb(model, d);
      expect(reason).toBeUndefined();
      if (plan === undefined) return;
      const executor = currentExecutor() as Executor;
      expect(executor.refusal(plan, "train")).toBeUndefined();
      const drawn = distribution.sample(createKey(4), c === undefined ? [ROWS] : []);
      const x = drawn.dataSync() as Float32Array;
      const expected = withTensors(() => distribution.logProb(drawn).dataSync());
      expect(largestDifference(distribution.logProb(drawn).dataSync(), expected)).toBeLessThan(1e-5);
      // Batch axes of x and of a context broadcast.
      const broadcast = tf.reshape(drawn, [ROWS, 1, d]);
      const both = distribution.logProb(broadcast);
      expect(both.shape).toEqual(c === undefined ? [ROWS, 1] : [ROWS, ROWS]);
      expect(
        largestDifference(
          both.dataSync(),
          withTensors(() => distribution.logProb(broadcast).dataSync()),
        ),
      ).toBeLessThan(1e-5);
      const trained = [...model.parameters().values()].filter((parameter) => parameter.trainable);
      const weights = createKey(6).normal(ROWS);
      // Classes have no gradient.
      const isSmooth = contextTensor !== undefined && !(model instanceof GaussianMixturePerClass);
      const inputs = isSmooth ? [drawn, contextTensor] : [drawn];
      const gradients = (): ArrayLike<number>[] => {
        const loss = (value: tf.Tensor, context = contextTensor): tf.Tensor =>
          tf.sum(tf.mul(at(context).logProb(value), weights));
        const ofInputs = tf.grads(loss as (...x: tf.Tensor[]) => tf.Tensor)(inputs);
        const variables = trained.map(({ variable }) => variable);
        const { grads } =
          trained.length === 0 ? { grads: {} } : tf.variableGrads(() => loss(drawn) as tf.Scalar, variables);
        return [...ofInputs, ...variables.map(({ name }) => (grads as tf.NamedTensorMap)[name] as tf.Tensor)].map((g) =>
          g.dataSync().slice(),
        );
      };
      const [taped, byTensors] = [gradients(), withTensors(gradients)];
      for (const [i, gradient] of byTensors.entries()) {
        expect(largestDifference(taped[i] as ArrayLike<number>, gradient), `gradient ${i}`).toBeLessThan(1e-5);
      }
      if (trained.length === 0) return;
      using trainer = executor.train(plan, { rows: ROWS + 3, trained }) as PlanTrainer;
      const result = trainer.step(c === undefined ? [x] : [x, c], weights);
      for (const [i, parameter] of trained.entries()) {
        const gradient = (result.gradients.get(parameter) as tf.Tensor).dataSync();
        expect(largestDifference(gradient, byTensors[inputs.length + i] as ArrayLike<number>)).toBeLessThan(1e-5);
      }
    });
    if (isModule(model)) model.dispose();
  });
});
