import { useBackend } from "@pushforward/backend";
import { type Bijection, createKey, DisposedError, type Distribution, type Key, type Module } from "@pushforward/core";
import {
  currentExecutor,
  type Direction,
  type Executor,
  isConditionalDistribution,
  isModule,
  lowerBijection,
  makePlan,
  type PlanMatrix,
  type PlanOrReason,
  type PlanTrainer,
  setExecutor,
  sizeOf,
  withTraining,
} from "@pushforward/core/extend";
import { DiagonalNormal, StandardNormal, Uniform } from "@pushforward/distributions";
import { planLogProb, releaseTape, runPlanOnArrays, sumColumnsStep } from "@pushforward/ops";
import { AffineElementwise, chain, LULinear, PositiveLinear, rationalQuadratic } from "@pushforward/transforms";
import type { Chain } from "@pushforward/transforms/extend";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, test, vi } from "vitest";
import { BACKENDS } from "../../testing/test/deep.ts";
import { bijectionCases, distributionCases } from "../cases/index.ts";
import { assembleFlow } from "./architectures/architecture.ts";
import { autoregressiveLayers, couplingLayers } from "./architectures/layers.ts";
import { Flow } from "./flow.ts";
import { plannedTail } from "./planned.ts";
import { maf, nsf } from "./presets/common.ts";

/** Those that tensors compute, and what the reason says. */
const withoutPlan: Readonly<Record<string, RegExp>> = {
  "Flow on a box": /Uniform is computed with tensors only/,
  "Flow over a batch of bases": /batch axes/,
  "sphereFlow in cylindrical coordinates": /CylindricalToSphere is computed with tensors only/,
  "sphereFlow in degrees, context": /GeographicToSphere is computed with tensors only/,
  "glow of 2 levels": /is computed with tensors only/,
  "glow with a context, pixels in [0, 1]": /BoxConstraint maps 1 columns/,
  "Coupling of image channels, context": /Coupling maps 2 columns/,
  "MixtureDensityNetwork, 1 feature": /MixtureDensityNetwork is computed with tensors only/,
  "MixtureDensityNetwork, full": /MixtureDensityNetwork is computed with tensors only/,
  "MixtureDensityNetwork, full, tied": /MixtureDensityNetwork is computed with tensors only/,
  "MixtureDensityNetwork, diagonal": /MixtureDensityNetwork is computed with tensors only/,
  "ConditionalFlow over a spherical MixtureDensityNetwork, tied": /MixtureDensityNetwork is computed with tensors only/,
  "DistributionNetwork, normal": /DistributionNetwork is computed with tensors only/,
  "DistributionNetwork, student-t": /DistributionNetwork is computed with tensors only/,
  "DistributionNetwork, gamma": /DistributionNetwork is computed with tensors only/,
  "DistributionNetwork, beta": /DistributionNetwork is computed with tensors only/,
  "DistributionNetwork, von-mises": /DistributionNetwork is computed with tensors only/,
  "DistributionNetwork, poisson": /DistributionNetwork is computed with tensors only/,
  "DistributionNetwork, negative-binomial": /DistributionNetwork is computed with tensors only/,
  "DistributionNetwork, bernoulli": /DistributionNetwork is computed with tensors only/,
  "DistributionNetwork, categories": /DistributionNetwork is computed with tensors only/,
  "DistributionNetwork, laplace, a residual network": /DistributionNetwork is computed with tensors only/,
  "bpf, 1 feature": /bernstein|tensors only/,
  "createFlow bpf, 3 features, context": /bernstein|tensors only/,
  "createFlow naf, 3 features, context": /deep-sigmoid|tensors only/,
  "ncsf, 1 feature, context": /tensors only/,
  "ncsf, 2 features": /tensors only/,
  "naf, 1 feature, context": /deep-sigmoid|tensors only/,
  "naf, 2 features": /deep-sigmoid|tensors only/,
  "createFlow bnaf, 3 features, context": /BlockAutoregressive is computed with tensors only/,
  "bnaf, 1 feature, context, for samples": /BlockAutoregressive is computed with tensors only/,
  "createFlow residualFlow, 3 features, context": /ContractiveResidual is computed with tensors only/,
  "residualFlow, 1 feature, for samples": /ContractiveResidual is computed with tensors only/,
  "unaf, 1 feature, context, for samples": /monotone-integral|tensors only/,
  "unaf, 3 features": /monotone-integral|tensors only/,
  "Continuous, 2 features, context, three hidden layers": /Continuous is computed with tensors only/,
  "Continuous, 1 feature, one hidden layer, elu": /Continuous is computed with tensors only/,
  "cnf, 1 feature, context": /Continuous is computed with tensors only/,
  "cnf, 2 features": /Continuous is computed with tensors only/,
  "freeLayers of two kinds": /Planar is computed with tensors only/,
  "planar, 1 feature": /Planar is computed with tensors only/,
  "planar, 2 features": /Planar is computed with tensors only/,
  "planar, 2 features, context": /Planar is computed with tensors only/,
  "planar, for samples": /Planar is computed with tensors only/,
  "radial, 1 feature": /Radial is computed with tensors only/,
  "radial, 2 features": /Radial is computed with tensors only/,
  "radial, 2 features, context": /Radial is computed with tensors only/,
  "radial, for samples": /Radial is computed with tensors only/,
  "sylvester, 1 feature": /Sylvester is computed with tensors only/,
  "sylvester, 2 features": /Sylvester is computed with tensors only/,
  "sylvester, 2 features, context": /Sylvester is computed with tensors only/,
  "sylvester, for samples": /Sylvester is computed with tensors only/,
};

const ROWS = 9;
const numbers = (key: Key, columns: number): Float32Array => key.normal(ROWS * columns);
const rowsOf = (values: Float32Array): tf.Tensor => tf.tensor2d(values, [ROWS, values.length / ROWS]);

/** Random weights, so that no layer is the identity. */
function perturb(module: unknown): void {
  if (!isModule(module)) return;
  for (const [path, parameter] of module.parameters()) {
    if (!parameter.trainable) continue;
    const noise = createKey(7).fold(path).normal(parameter.read().length);
    parameter.write(Float32Array.from(parameter.read(), (v, i) => v + 0.3 * (noise[i] as number)));
  }
}

type LayoutOptions = Parameters<typeof couplingLayers>[1];

/** A flow of splines whose networks have a layout of this kind. */
function flowOfLayout(kind: string, options: LayoutOptions): Flow {
  const isCoupling = kind.endsWith("coupling");
  const blocks = kind.startsWith("linear") ? "linear" : kind.startsWith("widening") ? "widening" : "activated";
  const context = kind.startsWith("maps") ? "maps" : "inputs";
  const style = { family: rationalQuadratic(), transforms: 2, layout: { blocks, context } } as const;
  const layers = isCoupling
    ? couplingLayers("test", options, { ...style, masks: "even-first" })
    : autoregressiveLayers("test", options, { ...style, orientation: "density" });
  return assembleFlow("test", options, layers) as Flow;
}

function largestDifference(a: ArrayLike<number>, b: ArrayLike<number>): number {
  expect(a.length).toBe(b.length);
  let largest = 0;
  for (let i = 0; i < a.length; i++) {
    const difference = Math.abs((a[i] as number) - (b[i] as number)) / Math.max(1, Math.abs(b[i] as number));
    largest = Math.max(largest, Number.isNaN(difference) ? Number.POSITIVE_INFINITY : difference);
  }
  return largest;
}

/** What a computation gives with tensors only. */
function withoutExecutor<T>(compute: () => T): T {
  const executor = currentExecutor();
  setExecutor(tf.backend(), undefined);
  try {
    return compute();
  } finally {
    setExecutor(tf.backend(), executor);
  }
}

function executor(): Executor {
  return currentExecutor() as Executor;
}

/** The kernels that a computation calls by way of tfjs. */
function kernelsOf<T>(compute: () => T): { readonly kernels: string[]; readonly result: T } {
  const spy = vi.spyOn(tf.engine(), "runKernel");
  try {
    const result = compute();
    return { kernels: spy.mock.calls.map(([name]) => name), result };
  } finally {
    spy.mockRestore();
  }
}

describe.each(BACKENDS)("%s", (backend) => {
  beforeAll(() => useBackend(backend));

  describe.each(Object.entries(bijectionCases))("%s", (name, { make, eventShape }) => {
    test.each(["forward", "inverse"] as const)("%s by a plan is what tensors give", (direction) => {
      const key = createKey(3);
      const bijection = make(key);
      perturb(bijection);
      const columns = [sizeOf(eventShape), ...(bijection.contextShape ?? [])];
      const { plan, reason } = planMap(bijection, direction, columns);
      if (withoutPlan[name] !== undefined) {
        expect(reason).toMatch(withoutPlan[name]);
        return;
      }
      expect(reason).toBeUndefined();
      if (plan === undefined) return;
      expect(executor().refusal(plan, "run")).toBeUndefined();
      tf.tidy(() => {
        const [x, context] = columns.map((width, i) => rowsOf(numbers(key.fold(i), width)));
        const got = executor().run(plan, context === undefined ? [x as tf.Tensor] : [x as tf.Tensor, context]);
        const expected = bijection[`${direction}AndLogDet`](x as tf.Tensor, context);
        expect(largestDifference((got[0] as tf.Tensor).dataSync(), expected[0].dataSync())).toBeLessThan(2e-5);
        expect(largestDifference((got[1] as tf.Tensor).dataSync(), expected[1].dataSync())).toBeLessThan(2e-5);
      });
      if (isModule(bijection)) bijection.dispose();
    });
  });

  describe.each(Object.entries(distributionCases))("%s", (name, { make }) => {
    const at = (model: object, context: tf.Tensor | undefined): Distribution =>
      isConditionalDistribution(model) ? model.given(context as tf.Tensor) : (model as Distribution);

    test("log-density, its gradients and samples by a plan are what tensors give", () => {
      const model = make(createKey(3)) as unknown as Module & Distribution;
      perturb(model);
      const contextShape = isConditionalDistribution(model) ? model.contextShape : undefined;
      const { plan, reason } = planLogProb(model, eventSizeOf(model, contextShape));
      if (withoutPlan[name] !== undefined) {
        expect(reason).toMatch(withoutPlan[name]);
        model.dispose();
        return;
      }
      expect(reason).toBeUndefined();
      if (plan === undefined) return;
      const [eventSize] = plan.inputs.map((id) => plan.columns[id] as number);
      const x = numbers(createKey(4), eventSize as number);
      const c = contextShape && numbers(createKey(5), contextShape[0] as number);
      const weights = Float32Array.from(createKey(6).normal(ROWS));
      tf.tidy(() => {
        const context = c && rowsOf(c);
        const distribution = at(model, context);
        const value = tf.reshape(rowsOf(x), [ROWS, ...distribution.eventShape]);
        const logProb = distribution.logProb(value).dataSync();
        const byTensors = withoutExecutor(() => distribution.logProb(value).dataSync());
        expect(largestDifference(logProb, byTensors)).toBeLessThan(2e-5);
        const [sample, sampleLogProb] = distribution.sampleAndLogProb(createKey(8), context ? [] : [ROWS]);
        const [again, expectedLogProb] = withoutExecutor(() =>
          distribution.sampleAndLogProb(createKey(8), context ? [] : [ROWS]),
        );
        expect(largestDifference(sample.dataSync(), again.dataSync())).toBeLessThan(5e-5);
        expect(largestDifference(sampleLogProb.dataSync(), expectedLogProb.dataSync())).toBeLessThan(5e-5);
        const onlySample = distribution.sample(createKey(8), context ? [] : [ROWS]);
        expect(largestDifference(onlySample.dataSync(), sample.dataSync())).toBeLessThan(1e-6);
      });
      const trained = [...model.parameters().values()].filter((parameter) => parameter.trainable);
      const refusal = executor().refusal(plan, "train");
      // The density of an inverse autoregressive flow is computed variable by variable.
      expect(refusal).toEqual(/\biaf\b/.test(name) ? "the step autoregressiveBegin has no gradient" : undefined);
      // A flow without parameters has no gradients.
      if (trained.length > 0 && refusal === undefined) {
        using trainer = executor().train(plan, { rows: ROWS + 3, trained }) as PlanTrainer;
        const { output, gradients } = trainer.step(c === undefined ? [x] : [x, c], weights);
        tf.tidy(() => {
          const given = rowsOf(x);
          const loss = (value: tf.Tensor): tf.Scalar => {
            const distribution = at(model, c && rowsOf(c));
            const events = tf.reshape(value, [ROWS, ...distribution.eventShape]);
            return tf.sum(tf.mul(distribution.logProb(events), weights));
          };
          const variables = trained.map(({ variable }) => variable);
          const { value, grads } = withoutExecutor(() => tf.variableGrads(() => loss(given), variables));
          const sum = output.reduce((total, lp, i) => total + lp * (weights[i] as number), 0);
          expect(largestDifference([sum], value.dataSync())).toBeLessThan(2e-5);
          const onTape = tf.variableGrads(() => loss(given), variables);
          expect(largestDifference(onTape.value.dataSync(), value.dataSync())).toBeLessThan(2e-5);
          for (const parameter of trained) {
            const expected = grads[parameter.variable.name];
            const got = gradients.get(parameter);
            // What the log-density does not depend on may have no gradient in either way.
            if (expected === undefined || expected === null) continue;
            expect(largestDifference((got as tf.Tensor).dataSync(), expected.dataSync())).toBeLessThan(1e-4);
            const taped = onTape.grads[parameter.variable.name] as tf.Tensor;
            expect(largestDifference(taped.dataSync(), expected.dataSync())).toBeLessThan(1e-4);
          }
          const [score, ofTensors] = [tf.grad(loss)(given), withoutExecutor(() => tf.grad(loss)(given))];
          expect(largestDifference(score.dataSync(), ofTensors.dataSync())).toBeLessThan(1e-4);
        });
      }
      model.dispose();
    });
  });

  test.each([
    "autoregressive",
    "coupling",
    "conditional",
    "linear blocks, autoregressive",
    "maps of the context, autoregressive",
    "linear blocks, coupling",
    "widening blocks, autoregressive",
  ])("a plan drops what tensors drop: %s", (kind) => {
    const sizes = { features: 5, transforms: 2, hidden: [16, 16, 16] } as const;
    const residual = !kind.startsWith("maps");
    const options = { ...sizes, key: createKey(1), residual, dropout: 0.25 };
    const conditional = nsf({ ...options, features: 1, context: 2, residual: false });
    using flow = kind === "conditional" ? conditional : flowOfLayout(kind, options);
    perturb(flow);
    const columns = kind === "conditional" ? 1 : 5;
    const x = numbers(createKey(2), columns);
    const context = numbers(createKey(3), 2);
    const weights = Float32Array.from(createKey(6).normal(ROWS));
    const inputs = kind === "conditional" ? [x, context] : [x];
    const { plan } = planLogProb(flow, columns);
    const trained = [...flow.parameters().values()].filter((parameter) => parameter.trainable);
    using trainer = executor().train(plan as NonNullable<typeof plan>, { rows: ROWS, trained }) as PlanTrainer;
    const key = createKey(9);
    const { output, gradients } = withTraining(flow, key, () => trainer.step(inputs, weights));
    const [planned, sum] = [output.slice(), output.reduce((total, lp, i) => total + lp * (weights[i] as number), 0)];
    tf.tidy(() => {
      const logProb = (): tf.Tensor => {
        const model = isConditionalDistribution(flow) ? flow.given(rowsOf(context)) : (flow as Distribution);
        return model.logProb(rowsOf(x));
      };
      const dropping = (): Float32Array => withTraining(flow, key, () => logProb().dataSync() as Float32Array);
      expect(largestDifference(planned, withoutExecutor(dropping))).toBeLessThan(2e-5);
      // Without a gradient as well, where the plan knows of no step of training.
      expect(largestDifference(planned, dropping())).toBeLessThan(2e-5);
      expect(largestDifference(planned, logProb().dataSync())).toBeGreaterThan(1e-2);
      const variables = trained.map(({ variable }) => variable);
      const loss = (): tf.Scalar => withTraining(flow, key, () => tf.sum(tf.mul(logProb(), weights)));
      const onTape = kernelsOf(() => tf.variableGrads(loss, variables));
      expect(onTape.kernels.filter((name) => name.startsWith("Pushforward"))).toEqual(["PushforwardPlan"]);
      for (const { value, grads } of [onTape.result, withoutExecutor(() => tf.variableGrads(loss, variables))]) {
        expect(largestDifference(value.dataSync(), [sum])).toBeLessThan(2e-5);
        for (const parameter of trained) {
          const [got, expected] = [gradients.get(parameter), grads[parameter.variable.name]] as [tf.Tensor, tf.Tensor];
          // Roundings, of gradients of up to some hundreds.
          expect(largestDifference(got.dataSync(), expected.dataSync())).toBeLessThan(5e-4);
        }
      }
    });
    conditional.dispose();
  });

  test("on the tape a plan is one operation, and frees what nobody asks the gradient of", () => {
    using flow = nsf({ features: 3, key: createKey(1), hidden: [16, 16] });
    perturb(flow);
    const x = tf.tensor2d(numbers(createKey(2), 3), [ROWS, 3]);
    const mean = (): tf.Scalar => tf.mean(flow.logProb(x));
    const variables = [...flow.parameters().values()].filter((p) => p.trainable).map(({ variable }) => variable);
    const gradientOf = (loss: () => tf.Scalar): ArrayLike<number> =>
      tf.tidy(() => (Object.values(tf.variableGrads(loss, variables).grads)[0] as tf.Tensor).dataSync());
    const first = gradientOf(mean);
    // Two runs on one tape have an arena each; a third is not part of the loss.
    const twice = (): tf.Scalar => {
      flow.logProb(tf.neg(x)).dispose();
      return tf.add(mean(), mean());
    };
    expect(
      largestDifference(
        gradientOf(twice),
        Array.from(first, (g) => 2 * g),
      ),
    ).toBeLessThan(1e-5);
    flow.logProb(x).dispose();
    const [tensors, arrays] = [tf.memory().numTensors, tf.backend().numDataIds()];
    for (let i = 0; i < 20; i++) gradientOf(twice);
    flow.logProb(x).dispose();
    expect(tf.memory().numTensors).toBe(tensors);
    expect(tf.backend().numDataIds()).toBe(arrays);
    const { kernels } = kernelsOf(() => gradientOf(mean));
    expect(kernels.filter((name) => name.startsWith("Pushforward"))).toEqual(["PushforwardPlan"]);
    x.dispose();
  });

  test("steps of somebody's own training use one memory, in which another tape does not compute unnoticed", () => {
    using flow = nsf({ features: 3, key: createKey(1), hidden: [16, 16] });
    perturb(flow);
    const x = tf.tensor2d(numbers(createKey(2), 3), [ROWS, 3]);
    const rate = tf.scalar(0.01);
    const variables = [...flow.parameters().values()].filter((p) => p.trainable).map(({ variable }) => variable);
    const losses = (): number[] =>
      Array.from({ length: 4 }, (_, step) => {
        const part = tf.slice(x, 0, ROWS - (step % 2));
        const { value, grads } = tf.variableGrads(() => tf.neg(tf.mean(flow.logProb(part))), variables);
        tf.tidy(() => {
          for (const variable of variables) {
            const gradient = grads[variable.name];
            if (gradient != null) variable.assign(tf.sub(variable, tf.mul(gradient, rate)));
          }
        });
        const loss = value.dataSync()[0] as number;
        tf.dispose([value, grads, part]);
        return loss;
      });
    const start = [...flow.parameters().values()].map((parameter) => parameter.read());
    const restore = (): void => {
      for (const [i, parameter] of [...flow.parameters().values()].entries()) parameter.write(start[i] as Float32Array);
    };
    const got = losses();
    const counts = [tf.memory().numTensors, tf.backend().numDataIds()];
    restore();
    expect(losses()).toEqual(got);
    expect([tf.memory().numTensors, tf.backend().numDataIds()]).toEqual(counts);
    restore();
    expect(largestDifference(got, withoutExecutor(losses))).toBeLessThan(1e-4);
    const { state } = tf.engine();
    const nested = tf.customGrad((value) => ({
      value: tf.mul(value as tf.Tensor, 2),
      gradFunc: (dy: tf.Tensor) => {
        const tape = state.activeTape;
        tf.dispose(tf.variableGrads(() => tf.mean(flow.logProb(x)), variables).grads);
        state.activeTape = tape;
        return tf.mul(dy, 2);
      },
    }));
    const twice = (): unknown => tf.tidy(() => tf.grad((v: tf.Tensor) => nested(tf.mean(flow.logProb(v))))(x));
    expect(twice).toThrow("gradient of a plan: expected no other function to be differentiated");
    releaseTape();
    tf.dispose([x, rate]);
  });

  // Memory that grows is a matter of WebAssembly.
  test.runIf(backend === "wasm")(
    "gradients are right when the memory moves between the forward and the backward pass",
    () => {
      const base = new DiagonalNormal({ learnable: true, features: 3 });
      const layers = [new LULinear({ features: 3, key: createKey(1) }), new AffineElementwise({ features: 3 })];
      using flow = new Flow(base, chain(layers));
      perturb(flow);
      const x = tf.tensor2d(numbers(createKey(2), 3), [ROWS, 3]);
      const { wasm } = tf.backend() as unknown as { wasm: { HEAPU8: Uint8Array } };
      const variables = [...flow.parameters().values()].filter((p) => p.trainable).map(({ variable }) => variable);
      const gradients = (growth: number): ArrayLike<number>[] =>
        tf.tidy(() => {
          const loss = (): tf.Scalar => {
            const logProb = flow.logProb(x);
            tf.zeros([growth]);
            return tf.mean(logProb);
          };
          return Object.values(tf.variableGrads(loss, variables).grads).map((gradient) => gradient.dataSync().slice());
        });
      const expected = gradients(1);
      const before = wasm.HEAPU8.buffer;
      const actual = gradients(before.byteLength / 4);
      expect(wasm.HEAPU8.buffer).not.toBe(before);
      expect(actual).toEqual(expected);
      x.dispose();
    },
  );

  test("a layer that needs tensors does not keep its neighbors from a plan", () => {
    const { layers } = nsf({ features: 3, key: createKey(1), hidden: [16, 16] }).transform as Chain;
    const transform = chain([...layers.slice(0, 4), new PositiveLinear({ features: 3 }), ...layers.slice(4)]);
    perturb(transform);
    const x = tf.tensor2d(numbers(createKey(2), 3), [ROWS, 3]);
    for (const direction of ["forward", "inverse"] as const) {
      const input = direction === "forward" ? x : transform.forward(x);
      const compute = (): ArrayLike<number>[] =>
        tf.tidy(() => transform[`${direction}AndLogDet`](input).map((tensor) => tensor.dataSync()));
      const { kernels, result } = kernelsOf(compute);
      expect(kernels.filter((name) => name.startsWith("Pushforward"))).toEqual([]);
      for (const [i, values] of withoutExecutor(compute).entries()) {
        expect(largestDifference(result[i] as ArrayLike<number>, values)).toBeLessThan(2e-5);
      }
    }
    transform.dispose();
  });

  test("a mask that is assigned is seen, though what is known of it is kept", () => {
    using flow = nsf({ features: 3, key: createKey(1), hidden: [16, 16] });
    perturb(flow);
    const x = tf.tensor2d(numbers(createKey(2), 3), [ROWS, 3]);
    const before = flow.logProb(x).dataSync();
    for (const parameter of planLogProb(flow).plan?.parameters ?? []) {
      if (!parameter.trainable && parameter.shape.length === 2)
        parameter.write(new Float32Array(sizeOf(parameter.shape)));
    }
    const after = flow.logProb(x).dataSync();
    expect(largestDifference(after, before)).toBeGreaterThan(0.01);
    expect(
      largestDifference(
        after,
        withoutExecutor(() => flow.logProb(x).dataSync()),
      ),
    ).toBeLessThan(2e-5);
    x.dispose();
  });

  test("many rows are computed in parts, and give what each gives alone", () => {
    using flow = nsf({ features: 3, key: createKey(1), hidden: [16, 16] });
    perturb(flow);
    const rows = 3001;
    const x = createKey(2).normal(rows * 3);
    const all = tf.tidy(() => flow.logProb(tf.tensor2d(x, [rows, 3])).dataSync());
    for (const row of [0, 511, 1023, 1024, 1025, 2048, 3000]) {
      const one = tf.tidy(() => flow.logProb(tf.tensor2d(x.slice(3 * row, 3 * row + 3), [1, 3])).dataSync());
      expect(largestDifference(one, all.slice(row, row + 1))).toBeLessThan(2e-6);
    }
    const batched = tf.tidy(() => flow.logProb(tf.tensor3d(x.slice(0, 60), [4, 5, 3])));
    expect(batched.shape).toEqual([4, 5]);
    expect(largestDifference(batched.dataSync(), all.slice(0, 20))).toBeLessThan(2e-6);
    batched.dispose();
  });

  test("the memory of a plan serves different numbers of rows, with tensors and with arrays", () => {
    const flow = nsf({ features: 3, key: createKey(1), hidden: [16, 16] });
    perturb(flow);
    const x = createKey(2).normal(400 * 3);
    const all = tf.tidy(() => flow.logProb(tf.tensor2d(x, [400, 3])).dataSync());
    const plan = planLogProb(flow);
    for (const rows of [20, 7, 13, 5, 20, 300, 9, 40, 1, 399]) {
      const some = x.slice(0, rows * 3);
      const byTensors = tf.tidy(() => flow.logProb(tf.tensor2d(some, [rows, 3])).dataSync());
      expect(largestDifference(byTensors, all.slice(0, rows))).toBeLessThan(2e-6);
      const [byArrays] = runPlanOnArrays(() => plan, [some], rows) ?? [];
      expect(byArrays).toEqual(byTensors);
    }
    flow.dispose();
    expect(() => runPlanOnArrays(() => plan, [x.slice(0, 3)], 1)).toThrow(DisposedError);
  });

  test("gradients through a flow are those of tensors", () => {
    using flow = nsf({ features: 2, key: createKey(1), hidden: [8] });
    perturb(flow);
    const slope = (): Float32Array =>
      tf.tidy(() =>
        tf
          .grad((x: tf.Tensor) => tf.sum(flow.logProb(x)))(tf.tensor2d([[0.3, -0.2]]))
          .dataSync(),
      ) as Float32Array;
    expect(slope()).toEqual(withoutExecutor(slope));
    expect(slope().every((value) => value !== 0)).toBe(true);
  });

  test("NaN stays NaN, infinity has density zero, and no row disturbs another", () => {
    using flow = nsf({ features: 2, key: createKey(1), hidden: [8] });
    perturb(flow);
    const rows = [
      [0.1, 0.2],
      [Number.NaN, 0.2],
      [0.1, Number.POSITIVE_INFINITY],
      [0.1, 0.2],
    ];
    const values = tf.tidy(() => flow.logProb(rows).dataSync());
    expect(values[1]).toBeNaN();
    expect(values[2]).toBe(withoutExecutor(() => tf.tidy(() => flow.logProb(rows).dataSync()))[2]);
    expect(values[3]).toBe(values[0]);
    expect(values[0]).toBeGreaterThan(-10);
  });

  test("leaks nothing, and follows weights that are written", () => {
    using flow = nsf({ features: 2, key: createKey(1), hidden: [8] });
    const x = tf.tensor2d([[0.3, -0.2]]);
    flow.logProb(x).dispose();
    flow.sample(createKey(1), [3]).dispose();
    const before = tf.memory();
    const first = tf.tidy(() => flow.logProb(x).dataSync()[0]);
    perturb(flow);
    const second = tf.tidy(() => flow.logProb(x).dataSync()[0]);
    expect(second).not.toBe(first);
    expect(second).toBeCloseTo(withoutExecutor(() => tf.tidy(() => flow.logProb(x).dataSync()[0])) as number, 5);
    for (let i = 0; i < 20; i++) {
      tf.tidy(() => {
        flow.logProb(x);
        flow.sampleAndLogProb(createKey(i), [7]);
      });
    }
    const { numTensors, numDataBuffers, numBytes } = tf.memory();
    expect({ numTensors, numDataBuffers, numBytes }).toEqual({
      numTensors: before.numTensors,
      numDataBuffers: before.numDataBuffers,
      numBytes: before.numBytes,
    });
    x.dispose();
  });
});

function planMap(bijection: Bijection, direction: Direction, columns: readonly number[]): PlanOrReason {
  return makePlan(columns, (plan, [x, context]) => {
    const { value, logDets } = lowerBijection(bijection, plan, direction, x as PlanMatrix, context);
    return [value, sumColumnsStep(plan, logDets)];
  });
}

function eventSizeOf(model: Distribution, contextShape: readonly number[] | undefined): number {
  let eventShape: readonly number[] = [];
  tf.tidy(() => {
    const distribution = isConditionalDistribution(model) ? model.given(tf.zeros([...(contextShape ?? [])])) : model;
    eventShape = distribution.eventShape;
  });
  return eventShape.reduce((a, b) => a * b, 1);
}

const layersOf = (): readonly Bijection[] =>
  (maf({ features: 3, key: createKey(1), transforms: 2, hidden: [8] }).transform as Chain).layers;
const tensors = (): Bijection => new PositiveLinear({ features: 3, key: createKey(2) });
const shapeOf = (): number[] => [3];

function expectClose(actual: tf.Tensor, expected: tf.Tensor): void {
  expect(actual.shape).toEqual(expected.shape);
  const want = expected.dataSync();
  for (const [i, value] of actual.dataSync().entries()) {
    expect(Math.abs(value - (want[i] as number)) / Math.max(1, Math.abs(want[i] as number))).toBeLessThan(2e-5);
  }
}

describe.each(BACKENDS)("%s", (backend) => {
  beforeAll(() => useBackend(backend));

  const flows: Readonly<Record<string, () => Flow>> = {
    "last layer": () => new Flow(new StandardNormal({ features: 3 }), chain([...layersOf(), tensors()])),
    "layer in the midst": () => {
      const layers = layersOf();
      return new Flow(
        new DiagonalNormal({ features: 3 }),
        chain([...layers.slice(0, 2), tensors(), ...layers.slice(2)]),
      );
    },
    "first layer": () => new Flow(new StandardNormal({ features: 3 }), chain([tensors(), ...layersOf()])),
    "two layers": () =>
      new Flow(new StandardNormal({ features: 3 }), chain([...layersOf(), tensors(), ...layersOf(), tensors()])),
    "base without a plan": () =>
      new Flow(new Uniform({ low: [-50, -50, -50], high: [50, 50, 50] }), chain([...layersOf(), tensors()])),
  };

  test.each(Object.entries(flows))("%s: density and gradient are those of tensors", (_, make) => {
    using flow = make();
    for (const [i, parameter] of [...flow.parameters().values()].entries()) {
      const { trainable } = parameter;
      const noise = createKey(i).normal(parameter.read().length);
      if (trainable) parameter.write(parameter.read().map((v, j) => v + 0.2 * (noise[j] as number)));
    }
    for (const shape of [[7, 3], [3], [2, 4, 3]]) {
      tf.tidy(() => {
        const values = createKey(3).uniform(shape.reduce((a, b) => a * b, 1));
        const x = tf.tensor(values, shape);
        expectClose(
          flow.logProb(x),
          withoutExecutor(() => flow.logProb(x)),
        );
        const slope = (): tf.Tensor => tf.grad((v: tf.Tensor) => tf.sum(flow.logProb(v)))(x);
        expectClose(slope(), withoutExecutor(slope));
      });
    }
  });

  test("the base is part of the plan, and derivatives of derivatives are computed with tensors", () => {
    using flow = new Flow(new StandardNormal({ features: 3 }), chain([...layersOf(), tensors()]));
    const x = tf.tensor2d(createKey(3).normal(15), [5, 3]);
    const spy = vi.spyOn(tf.engine(), "runKernel");
    tf.tidy(() => tf.grad((v: tf.Tensor) => tf.sum(flow.logProb(v)))(x));
    const names = spy.mock.calls.map(([name]) => name);
    spy.mockRestore();
    expect(names.filter((name) => name.startsWith("Pushforward"))).toEqual(["PushforwardPlan"]);
    tf.tidy(() => {
      const slope = (v: tf.Tensor): tf.Tensor => tf.grad((w: tf.Tensor) => tf.sum(tf.square(flow.logProb(w))))(v);
      const curve = (): tf.Tensor => tf.grad((v: tf.Tensor) => tf.sum(slope(v)))(x);
      expectClose(curve(), withoutExecutor(curve));
    });
    x.dispose();
  });

  test("it is the longest beginning with a plan, found once", () => {
    const base: Distribution = new StandardNormal({ features: 3 });
    const layers = layersOf();
    const [first, second] = [tensors(), tensors()];
    const transform = chain([...layers, first, ...layers, second]);
    const found = plannedTail(base, transform, shapeOf);
    expect(found?.tail.layers).toEqual(layers);
    expect(found?.head.layers).toEqual([first, ...layers, second]);
    expect(plannedTail(base, transform, shapeOf)).toBe(found);
    expect(plannedTail(base, chain([first, ...layers]), shapeOf)).toBeUndefined();
    expect(plannedTail(new Uniform({ low: [0], high: [1] }), transform, shapeOf)).toBeUndefined();
    expect(plannedTail(base, first, shapeOf)).toBeUndefined();
    expect(withoutExecutor(() => plannedTail(base, transform, shapeOf))).toBeUndefined();
    transform.dispose();
  });

  test("a tail with events of fewer axes than the head", () => {
    const head = tensors();
    using flow = new Flow(new StandardNormal({ features: 3 }), chain([new AffineElementwise({ features: 3 }), head]));
    tf.tidy(() => {
      const x = tf.tensor2d(createKey(3).normal(15), [5, 3]);
      expectClose(
        flow.logProb(x),
        withoutExecutor(() => flow.logProb(x)),
      );
    });
  });
});
