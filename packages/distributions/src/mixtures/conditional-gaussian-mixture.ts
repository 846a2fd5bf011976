import { type Codec, type Key, ShapeError } from "@pushforward/core";
import { checkOptions, currentTrace } from "@pushforward/core/extend";
import { componentAt, cumulativeWeights } from "@pushforward/core/plain";
import { gaussianMixtureStep, logSumExp, stopGradient } from "@pushforward/ops";
import * as tf from "@tensorflow/tfjs-core";
import { configCodec } from "../config/config-codec.ts";
import { checkFeatures } from "../config/event-shape.ts";
import { withoutFit } from "../mixture-fit/joint-mixture.ts";
import { AbstractConditionalGaussianMixture } from "./abstract-conditional-gaussian-mixture.ts";
import { storedSizes } from "./abstract-gaussian-mixture.ts";
import { contextColumns } from "./context-columns.ts";
import { halfSquares } from "./gaussian-components.ts";
import { type GaussianComponentsOptions, gaussianStart } from "./gaussian-components-options.ts";
import { repeatRows } from "./repeat-rows.ts";
import { tracedChoice } from "./traced-choice.ts";

/**
 * Options of {@link ConditionalGaussianMixture}: weights `[K]`, means `[K, c + d]`, scaleTrils or covariances
 * `[K, c + d, c + d]`, for the c columns of the context that it sees and then the d features of the event.
 */
export interface ConditionalGaussianMixtureOptions extends GaussianComponentsOptions {
  /** `[K]`, relative and positive. Default: all equal. */
  readonly weights?: ArrayLike<number>;
  /** Size of the whole context. */
  readonly contextFeatures: number;
  /** The columns of the context that the mixture sees, in their order. Default: all. */
  readonly contextColumns?: readonly number[];
  /** c + d; needed only when no array tells it. */
  readonly features?: number;
}

/**
 * A mixture of normals over (context, x), given the context: `log p(x | c) = log Σₖ gₖ(c) Nₖ(x | c)` in nats, with gates
 * `gₖ(c) ∝ πₖ Nₖ(c)` and, in each component, a mean that is linear in c. Events `[d]`, batch axes from the context.
 *
 * Each component is `z = Vₖ ((c, x) − mₖ) + bₖ` with a lower triangular Vₖ, as in {@link GaussianMixture}, whose
 * parameters it has: the first features of z are those of `Nₖ(c)`. Of K components far from a context, one takes all
 * weight; the density stays finite.
 *
 * @throws {ContextError} `contextColumns` are not different columns of the context; a context of another shape.
 * @throws {DomainError} a weight is not positive, or a matrix is not a covariance, or not the factor of one.
 * @throws {ShapeError} the sizes do not fit.
 * @example
 * const p = new ConditionalGaussianMixture({
 *   contextFeatures: 1,
 *   means: [[-1, 0], [1, 3]], // of (c, x)
 *   covariances: [[[1, 0.5], [0.5, 1]], [[1, -0.5], [-0.5, 1]]],
 * });
 * const logProb = p.given([[0.3]]).logProb([[1]]);
 */
export class ConditionalGaussianMixture extends AbstractConditionalGaussianMixture {
  readonly contextColumns: readonly number[];

  constructor(options: ConditionalGaussianMixtureOptions) {
    checkOptions("ConditionalGaussianMixture", withoutFit(options), {
      weights: true,
      means: true,
      scaleTrils: true,
      covariances: true,
      components: true,
      features: true,
      learnable: true,
      contextFeatures: true,
      contextColumns: true,
    });
    const where = "ConditionalGaussianMixture";
    const contextFeatures = checkFeatures(where, options.contextFeatures);
    const columns = contextColumns(where, contextFeatures, options.contextColumns);
    const start = gaussianStart(where, options, 1);
    const features = start.features - columns.length;
    if (features < 1) {
      throw new ShapeError(
        `${where}: expected more features than the ${columns.length} of the context, got ${start.features}.`,
      );
    }
    const { learnable } = options;
    const names = { where, columnsName: "contextColumns" };
    super({ ...names, start, features, contextFeatures, columns, learnable, step: gaussianMixtureStep });
    this.contextColumns = columns;
  }

  protected override logProb(x: tf.Tensor, context: tf.Tensor): tf.Tensor {
    const { gaussians, features: d } = this;
    const c = this.contextColumns.length;
    const z = gaussians.whiten(tf.concat([context, x], 1));
    const constant = tf.sub(gaussians.logDets(c, c + d), (d / 2) * Math.log(2 * Math.PI));
    const terms = tf.add(halfSquares(z, c, c + d), tf.expandDims(constant, 1));
    return logSumExp(tf.add(terms, this.logGates(z)), 0);
  }

  /** `log gₖ`, `[components, rows]`; −∞ for a context that is infinitely far from all. */
  private logGates(z: tf.Tensor): tf.Tensor {
    const { gaussians } = this;
    const c = this.contextColumns.length;
    const constant = tf.add(gaussians.logWeights(), gaussians.logDets(0, c));
    const terms = tf.add(halfSquares(z, 0, c), tf.expandDims(constant, 1));
    // Less the largest first: the sum of it and of a small logarithm would be rounded to its size.
    const terms0 = tf.sub(terms, finite(stopGradient(tf.max(terms, 0, true))));
    return tf.sub(terms0, finite(logSumExp(terms0, 0, true)));
  }

  protected override sample(key: Key, context: tf.Tensor, copies: number): tf.Tensor {
    const { components, features: d } = this;
    const [choiceKey, noiseKey] = key.split();
    const count = context.shape[0] as number;
    const z = this.gaussians.whiten(tf.concat([context, tf.zeros([count, d])], 1));
    const weights = tf.exp(this.logGates(z));
    if (currentTrace() !== undefined) {
      const u = tf.tensor1d(choiceKey.uniform(copies * count));
      const chosen = tracedChoice(u, tf.cumsum(tf.transpose(weights), 1));
      return this.gaussians.tracedDraw(noiseKey, chosen, context);
    }
    const gates = weights.dataSync();
    const bounds = Array.from({ length: count }, (_, row) =>
      cumulativeWeights(Float64Array.from({ length: components }, (__, k) => gates[k * count + row] as number)),
    );
    const choices = Int32Array.from(choiceKey.uniform(copies * count), (u, i) =>
      componentAt(bounds[i % count] as Float64Array, u),
    );
    return this.gaussians.draw(noiseKey, choices, repeatRows(context, copies));
  }
}

/** x, and 0 where it is not finite. */
function finite(x: tf.Tensor): tf.Tensor {
  return tf.where(tf.isFinite(x), x, tf.zerosLike(x));
}

/** Codec of {@link ConditionalGaussianMixture}. */
export const conditionalGaussianMixtureCodec: Codec<ConditionalGaussianMixture> = configCodec(
  "pushforward/conditional-gaussian-mixture",
  ConditionalGaussianMixture,
  (c) => ({
    ...storedSizes(c),
    contextFeatures: c.count("contextFeatures"),
    contextColumns: c.counts("contextColumns", { min: 0 }),
  }),
);
