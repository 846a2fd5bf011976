import type { Codec, Distribution, Json, Key, Shape, TensorLike } from "@pushforward/core";
import {
  asTensor,
  checkOptions,
  checkPlanColumns,
  currentTrace,
  type PlanBuilder,
  type PlanMatrix,
  requireSampling,
  type SampleRecipe,
} from "@pushforward/core/extend";
import { componentAt, cumulativeWeights, type MixtureNumbers, sizeOf } from "@pushforward/core/plain";
import { gaussianMixtureStep, logSumExp, plannedLogProb } from "@pushforward/ops";
import * as tf from "@tensorflow/tfjs-core";
import { checkEvent, configCodec } from "../config.ts";
import { withoutFit } from "../mixture-fit/fit-conditional-gaussian-mixture.ts";
import { AbstractGaussianMixture, storedSizes } from "./abstract-gaussian-mixture.ts";
import { type GaussianComponentsOptions, gaussianStart, halfSquares } from "./gaussian-components.ts";
import { tracedChoice } from "./mixture-weights.ts";

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
