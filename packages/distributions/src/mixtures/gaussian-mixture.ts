import {
  type Codec,
  type ConditionalDistribution,
  type Distribution,
  type Json,
  type Key,
  type Registry,
  type Shape,
  ShapeError,
  type TensorLike,
} from "@pushforward/core";
import {
  asTensor,
  broadcastShapes,
  ConfigReader,
  checkOptions,
  checkPlanColumns,
  constructStored,
  currentTrace,
  formatShape,
  lowerSample,
  type PlanBuilder,
  type PlanMatrix,
  requireSampling,
  type SampleRecipe,
  shapesEqual,
} from "@pushforward/core/extend";
import { componentAt, cumulativeWeights, type MixtureNumbers, orderByComponent, sizeOf } from "@pushforward/core/plain";
import { gaussianMixtureStep, logSumExp, mixtureLogProbStep, plannedLogProb } from "@pushforward/ops";
import * as tf from "@tensorflow/tfjs-core";
import { checkEvent, configCodec } from "../config.ts";
import { withoutFit } from "../mixture-fit/fit-conditional-gaussian-mixture.ts";
import { AbstractGaussianMixture, storedSizes } from "./abstract-gaussian-mixture.ts";
import { type GaussianComponentsOptions, gaussianStart, halfSquares, permuteRows } from "./gaussian-components.ts";
import { type MixtureWeights, tracedChoice } from "./mixture-weights.ts";

/** Options of {@link GaussianMixture}: weights `[K]`, means `[K, d]`, scaleTrils or covariances `[K, d, d]`. */
export interface GaussianMixtureOptions extends GaussianComponentsOptions {
  /** `[K]`, relative and positive. Default: all equal. */
  readonly weights?: ArrayLike<number>;
}

/**
 * A mixture of K normals with full covariances Σₖ = Lₖ Lₖᵀ, `log p(x) = log Σₖ πₖ N(x; mₖ, Σₖ)`, in nats, for events
 * `[d]`. It is computed as `log Σₖ exp(log πₖ + log det Vₖ − |zₖ|²/2) − (d/2)·log 2π` with `zₖ = Vₖ (x − mₖ) + bₖ`,
 * `Vₖ = Aₖ Lₖ⁻¹`.
 *
 * The means and the `Lₖ⁻¹`, computed in float64, are buffers. A learnable mixture has the parameters `logits` and,
 * starting at the identity, `logDiagonal` and `offDiagonal` of the lower triangular Aₖ, and `shift` bₖ. All values are
 * valid, and a training step has the same size for narrow and wide components. Start from a fitted mixture: equal
 * components stay equal.
 *
 * Draws are differentiable in all parameters except the logits.
 *
 * @throws {DomainError} a weight is not positive, or a matrix is not a covariance or the factor of a covariance.
 * @throws {ShapeError} the sizes do not fit.
 * @example
 * const mixture = new GaussianMixture({
 *   weights: [1, 3],
 *   means: [[-2, 0], [2, 1]],
 *   covariances: [[[1, 0], [0, 1]], [[0.5, 0.3], [0.3, 0.3]]],
 * });
 */
export class GaussianMixture extends AbstractGaussianMixture implements Distribution {
  readonly batchShape: Shape = [];
  readonly eventShape: Shape;

  constructor(options: GaussianMixtureOptions) {
    checkOptions("GaussianMixture", withoutFit(options), {
      weights: true,
      means: true,
      scaleTrils: true,
      covariances: true,
      components: true,
      features: true,
      learnable: true,
    });
    const start = gaussianStart("GaussianMixture", options, 1);
    super(start, undefined, options.learnable);
    this.eventShape = [start.features];
  }

  logProb(x: TensorLike): tf.Tensor {
    return tf.tidy(() => {
      const value = asTensor(x, "GaussianMixture.logProb");
      checkEvent("GaussianMixture.logProb", value.shape, this);
      const batch = value.shape.slice(0, -1);
      const planned = plannedLogProb(this, { tensor: value, eventShape: this.eventShape });
      if (planned !== undefined) return planned;
      const { gaussians } = this;
      const [d] = this.eventShape as readonly [number];
      const constant = tf.sub(tf.add(gaussians.logWeights(), gaussians.logDets(0, d)), (d / 2) * Math.log(2 * Math.PI));
      const squares = halfSquares(gaussians.whiten(tf.reshape(value, [sizeOf(batch), d])), 0, d);
      return tf.reshape(logSumExp(tf.add(squares, tf.expandDims(constant, 1)), 0), batch);
    });
  }

  sample(key: Key, sampleShape: Shape = []): tf.Tensor {
    return tf.tidy(() => {
      requireSampling("GaussianMixture.sample", key, sampleShape);
      const [choiceKey, noiseKey] = key.split();
      const bounds = cumulativeWeights(Float64Array.from(tf.exp(this.gaussians.logWeights()).dataSync()));
      const uniforms = choiceKey.uniform(sizeOf(sampleShape));
      if (currentTrace() !== undefined) {
        const chosen = tracedChoice(tf.tensor1d(uniforms), tf.tensor2d(Float32Array.from(bounds), [1, bounds.length]));
        return tf.reshape(this.gaussians.tracedDraw(noiseKey, chosen), [...sampleShape, ...this.eventShape]);
      }
      const choices = Int32Array.from(uniforms, (u) => componentAt(bounds, u));
      return tf.reshape(this.gaussians.draw(noiseKey, choices), [...sampleShape, ...this.eventShape]);
    });
  }

  sampleAndLogProb(key: Key, sampleShape: Shape = []): [sample: tf.Tensor, logProb: tf.Tensor] {
    return tf.tidy(() => {
      const sample = this.sample(key, sampleShape);
      return [sample, this.logProb(sample)];
    });
  }

  lower(plan: PlanBuilder, value: PlanMatrix): readonly PlanMatrix[] {
    checkPlanColumns("GaussianMixture", value, sizeOf(this.eventShape));
    return [gaussianMixtureStep(plan, value, this.gaussians)];
  }

  lowerSample(): SampleRecipe {
    const { logits, mean, whitening, correction } = this.gaussians;
    return {
      kind: "gaussianMixture",
      columns: sizeOf(this.eventShape),
      components: this.components,
      ...{ logits, mean, whitening, ...(correction && { correction }) },
    };
  }

  /** Weights, means and Cholesky factors of the covariances as they are now, in float64; a copy. */
  numbers(): MixtureNumbers {
    return this.gaussians.numbers();
  }

  /** The config of a model file; the numbers are parameters, of a fixed one as well. */
  config(): { readonly [key: string]: Json } {
    const { components, learnable } = this;
    return { components, features: sizeOf(this.eventShape), learnable };
  }
}

/** Codec of {@link GaussianMixture}. */
export const gaussianMixtureCodec: Codec<GaussianMixture> = configCodec(
  "pushforward/gaussian-mixture",
  GaussianMixture,
  storedSizes,
);

// What mixtures with and without a context share: one density of several, draws put in order, and their config.

/** The event shape of components, which must be one, and the batch shape that theirs broadcast to. */
export function mixedShapes(
  where: string,
  components: readonly Distribution[],
): { readonly batchShape: Shape; readonly eventShape: Shape } {
  const { eventShape } = components[0] as Distribution;
  let batchShape: Shape = [];
  for (const [k, component] of components.entries()) {
    if (!shapesEqual(component.eventShape, eventShape)) {
      throw new ShapeError(
        `${where}: expected event shape ${formatShape(eventShape)} in every component, got ` +
          `${formatShape(component.eventShape)} in component ${k}.`,
      );
    }
    const broadcast = broadcastShapes(batchShape, component.batchShape);
    if (broadcast === undefined) {
      throw new ShapeError(
        `${where}: expected batch shapes that broadcast with ${formatShape(batchShape)}, got ` +
          `${formatShape(component.batchShape)} in component ${k}.`,
      );
    }
    batchShape = broadcast;
  }
  return { batchShape, eventShape };
}

/** `ln Σ wₖ pₖ(x)`, in the caller's tidy; x has been checked. */
export function mixedLogProb(
  components: readonly Distribution[],
  weights: MixtureWeights,
  batchShape: Shape,
  x: tf.Tensor,
): tf.Tensor {
  const eventRank = components[0]?.eventShape.length as number;
  const shape = [...(broadcastShapes(x.shape.slice(0, x.rank - eventRank), batchShape) as Shape)];
  const logWeights = weights.logTensors();
  const terms = weights.used.map((k) => {
    const term = tf.add((components[k] as Distribution).logProb(x), logWeights[k] as tf.Tensor);
    return shapesEqual(term.shape, shape) ? term : tf.add(term, tf.zeros(shape));
  });
  return logSumExp(tf.stack(terms), 0);
}

/** The same as a step of a plan, from the matrices that `lower` returns for a component. */
export function lowerMixed(
  plan: PlanBuilder,
  weights: MixtureWeights,
  lower: (k: number) => readonly PlanMatrix[],
): readonly PlanMatrix[] {
  return [mixtureLogProbStep(plan, weights.used.map(lower), weights.forPlan())];
}

/** How samples of a mixture are made, from the recipes of its components. */
export function mixedRecipe(
  weights: MixtureWeights,
  components: readonly (Distribution | ConditionalDistribution)[],
): SampleRecipe {
  const recipes = components.map(lowerSample);
  const { columns } = recipes[0] as SampleRecipe;
  return { kind: "mixture", columns, weights: weights.logits ?? [...weights.readDrawn()], components: recipes };
}

/**
 * Draws `[choices, ...event]`; draw i is from component `choices[i]`. Each component receives only its own draws.
 */
export function mixedDraws(
  choices: Int32Array,
  eventShape: Shape,
  draw: (component: number, numbers: Int32Array) => tf.Tensor,
): tf.Tensor {
  if (choices.length === 0) return tf.zeros([0, ...eventShape]);
  const { counts, sources, targets } = orderByComponent(choices, 1 + choices.reduce((a, b) => Math.max(a, b)));
  const parts: tf.Tensor[] = [];
  let start = 0;
  for (const [k, count] of counts.entries()) {
    if (count > 0) parts.push(draw(k, targets.slice(start, start + count)));
    start += count;
  }
  return permuteRows(tf.concat(parts, 0), sources, targets);
}

/**
 * The same by tensor operations alone, for where these are written down: each used component draws for all rows.
 *
 * @param choices int32 `[rows]`.
 * @param draw `[rows, ...event]` of a component.
 */
export function tracedDraws(
  choices: tf.Tensor,
  used: readonly number[],
  draw: (component: number) => tf.Tensor,
): tf.Tensor {
  const [first, ...others] = used as [number, ...number[]];
  return others.reduce((drawn, k) => {
    const own = draw(k);
    const isOwn = tf.reshape(tf.equal(choices, tf.scalar(k, "int32")), [-1, ...own.shape.slice(1).map(() => 1)]);
    return tf.where(tf.broadcastTo(isOwn, own.shape), own, drawn);
  }, draw(first));
}

/** The config of a mixture in a model file: its weights, unless they are a parameter, and its components. */
export function encodeMixed(
  value: { readonly components: readonly object[]; config(): { readonly [key: string]: Json } },
  registry: Registry,
): Json {
  return {
    ...value.config(),
    components: value.components.map((component) => ({ ...registry.encode(component) })),
  };
}

/** Builds a mixture from its config. */
export function decodeMixed<Component extends object, Made>(
  type: string,
  config: Json,
  registry: Registry,
  isComponent: (value: unknown) => value is Component,
  make: (options: { components: Component[]; learnable: boolean; weights?: number[]; undrawn?: number[] }) => Made,
): Made {
  const c = new ConfigReader(type, config);
  const learnable = c.boolean("learnable");
  const weights = learnable ? undefined : c.numbers("weights", { min: 0 });
  const undrawn = c.has("undrawn") ? c.counts("undrawn", { min: 0 }) : undefined;
  const components = c.objects("components", registry, isComponent, "a distribution");
  c.end();
  return constructStored(type, () =>
    make({ components, learnable, ...(weights && { weights }), ...(undrawn && { undrawn }) }),
  );
}

/** A component with a larger share in a file of version 1 was meant to be drawn from. */
const LARGEST_DEFENSIVE_WEIGHT = 0.01;

/**
 * In files of version 1, `fitAuto` stored its defensive component, a Cauchy distribution of small weight, as a regular
 * component. Since version 2 it is never drawn from.
 */
export function mixedOfVersion1(config: Json): Json {
  const { weights, components } = config as { readonly weights?: unknown; readonly components?: unknown };
  if (!Array.isArray(weights) || !Array.isArray(components) || components.length < 2) return config;
  const last = components.length - 1;
  const { type, config: ofLast } = (components[last] ?? {}) as { readonly type?: unknown; readonly config?: Json };
  const isCauchy =
    type === "pushforward/multivariate-student-t" &&
    (ofLast as { readonly degreesOfFreedom?: unknown } | undefined)?.degreesOfFreedom === 1;
  const isDefensive = isCauchy && weights[last] > 0 && weights[last] <= LARGEST_DEFENSIVE_WEIGHT;
  return isDefensive ? { ...(config as object), undrawn: [last] } : config;
}
