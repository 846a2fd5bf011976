import { type Codec, ContextError, type Key, ShapeError } from "@pushforward/core";
import { checkOptions, currentTrace } from "@pushforward/core/extend";
import { componentAt, cumulativeWeights } from "@pushforward/core/plain";
import { gaussianMixturePerClassStep, gaussianMixtureStep, logSumExp, stopGradient } from "@pushforward/ops";
import * as tf from "@tensorflow/tfjs-core";
import { checkFeatures, configCodec } from "../config.ts";
import { withoutFit } from "../mixture-fit/fit-conditional-gaussian-mixture.ts";
import { AbstractConditionalGaussianMixture, contextColumns, storedSizes } from "./abstract-gaussian-mixture.ts";
import { type GaussianComponentsOptions, gaussianStart, halfSquares, repeatRows } from "./gaussian-components.ts";
import { tracedChoice } from "./mixture-weights.ts";

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
  /** c + d; required only if no array determines it. */
  readonly features?: number;
}

/**
 * A mixture of normals over (context, x), given the context: `log p(x | c) = log Σₖ gₖ(c) Nₖ(x | c)` in nats, with
 * gates `gₖ(c) ∝ πₖ Nₖ(c)` and, in each component, a mean that is linear in c. Events `[d]`, batch axes from the
 * context.
 *
 * Each component is `z = Vₖ ((c, x) − mₖ) + bₖ` with a lower triangular Vₖ and the parameters of {@link
 * GaussianMixture}: the first features of z belong to `Nₖ(c)`. For a distant context, one component has all weight; the
 * density is finite.
 *
 * @throws {ContextError} `contextColumns` are not different columns of the context; a context of a wrong shape.
 * @throws {DomainError} a weight is not positive, or a matrix is not a covariance or the factor of a covariance.
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

  /** `log gₖ`, `[components, rows]`; −∞ for a context at infinite distance from all components. */
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

/** x, with 0 in place of non-finite numbers. */
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

/**
 * Options of {@link GaussianMixturePerClass}: weights `[C, K]`, means `[C, K, d]`, scaleTrils or covariances
 * `[C, K, d, d]` of K components for each of C classes.
 */
export interface GaussianMixturePerClassOptions extends GaussianComponentsOptions {
  /** Size of the whole context. */
  readonly contextFeatures: number;
  /** The one-hot context columns of the class, one per class. */
  readonly classColumns: readonly number[];
  /** Components of each class; required only if no array determines it. */
  readonly components?: number;
}

/**
 * A mixture of K normals for each class, `log p(x | class)` in nats, with the class one-hot in the context. Events
 * `[d]`, batch axes from the context. The parameters are the parameters of {@link GaussianMixture}, with an axis for
 * the classes.
 *
 * The value is `log Σ wᵢ pᵢ(x)` over the classes with the columns as weights w. A row without a class has the
 * log-density −∞. Weights must sum to 1 for a density; a negative weight produces NaN. The context has no gradient.
 *
 * @throws {ContextError} `classColumns` are not different columns of the context; a context of a wrong shape; a draw
 * for a row without class.
 * @throws {DomainError} a weight is not positive, or a matrix is not a covariance or the factor of a covariance.
 * @throws {ShapeError} the sizes do not fit.
 * @example
 * const p = new GaussianMixturePerClass({
 *   contextFeatures: 2,
 *   classColumns: [0, 1],
 *   means: [[[-1, 0]], [[1, 3]]], // one component a class
 * });
 * const logProb = p.given([[0, 1]]).logProb([[1, 2]]); // in the second class
 */
export class GaussianMixturePerClass extends AbstractConditionalGaussianMixture {
  readonly classColumns: readonly number[];

  constructor(options: GaussianMixturePerClassOptions) {
    checkOptions("GaussianMixturePerClass", withoutFit(options), {
      weights: true,
      means: true,
      scaleTrils: true,
      covariances: true,
      components: true,
      features: true,
      learnable: true,
      contextFeatures: true,
      classColumns: true,
    });
    const where = "GaussianMixturePerClass";
    const contextFeatures = checkFeatures(where, options.contextFeatures);
    const columns = contextColumns(where, contextFeatures, options.classColumns);
    const classes = columns.length;
    const start = gaussianStart(where, options, classes);
    const { features } = start;
    const { learnable } = options;
    const names = { where, columnsName: "classColumns" };
    super({
      ...names,
      start,
      classes,
      features,
      contextFeatures,
      columns,
      learnable,
      step: gaussianMixturePerClassStep,
    });
    this.classColumns = columns;
  }

  /** `seen` are the weights of the classes, `[rows, classes]`, which are constants. */
  protected override logProb(x: tf.Tensor, seen: tf.Tensor): tf.Tensor {
    const weights = stopGradient(seen);
    const { gaussians, components, features: d } = this;
    const [rows, classes] = weights.shape as [number, number];
    const constant = tf.sub(tf.add(gaussians.logWeights(), gaussians.logDets(0, d)), (d / 2) * Math.log(2 * Math.PI));
    const terms = tf.add(halfSquares(gaussians.whiten(x), 0, d), tf.expandDims(constant, 1));
    const ofClasses = logSumExp(tf.reshape(terms, [classes, components, rows]), 1);
    return logSumExp(tf.add(ofClasses, tf.log(tf.transpose(weights))), 0);
  }

  protected override sample(key: Key, weights: tf.Tensor, copies: number): tf.Tensor {
    const { components } = this;
    const [classKey, choiceKey, noiseKey] = key.split(3);
    const [count, classes] = weights.shape as [number, number];
    if (currentTrace() !== undefined) return this.traced(key, weights);
    const all = weights.dataSync();
    const ofRows = Array.from({ length: count }, (_, row) => {
      const own = Float64Array.from(all.subarray(row * classes, (row + 1) * classes));
      const total = own.reduce((sum, weight) => sum + weight, 0);
      if (!(total > 0) || own.some((weight) => weight < 0)) {
        throw new ContextError(
          `GaussianMixturePerClass.sample: expected a class in each context, got weights [${own.join(", ")}] in row ` +
            `${row}.`,
        );
      }
      return cumulativeWeights(own.map((weight) => weight / total));
    });
    const probabilities = tf.exp(this.gaussians.logWeights()).dataSync();
    const ofClasses = Array.from({ length: classes }, (_, c) =>
      cumulativeWeights(Float64Array.from(probabilities.subarray(c * components, (c + 1) * components))),
    );
    const [first, second] = [classKey, choiceKey].map((k) => k.uniform(copies * count)) as [Float32Array, Float32Array];
    const choices = Int32Array.from(first, (u, i) => {
      const c = componentAt(ofRows[i % count] as Float64Array, u);
      return c * components + componentAt(ofClasses[c] as Float64Array, second[i] as number);
    });
    return this.gaussians.draw(noiseKey, choices);
  }

  /** A draw at each of the contexts, by tensor operations alone. */
  private traced(key: Key, weights: tf.Tensor): tf.Tensor {
    const { components } = this;
    const [classKey, choiceKey, noiseKey] = key.split(3);
    const [count, classes] = weights.shape as [number, number];
    const ofRows = tf.cumsum(tf.div(weights, tf.sum(weights, 1, true)), 1);
    const ofClasses = tf.cumsum(tf.reshape(tf.exp(this.gaussians.logWeights()), [classes, components]), 1);
    const chosenClass = tracedChoice(tf.tensor1d(classKey.uniform(count)), ofRows);
    const within = tracedChoice(tf.tensor1d(choiceKey.uniform(count)), tf.gather(ofClasses, chosenClass));
    return this.gaussians.tracedDraw(noiseKey, tf.add(tf.mul(chosenClass, tf.scalar(components, "int32")), within));
  }
}

/** Codec of {@link GaussianMixturePerClass}. */
export const gaussianMixturePerClassCodec: Codec<GaussianMixturePerClass> = configCodec(
  "pushforward/gaussian-mixture-per-class",
  GaussianMixturePerClass,
  (c) => ({
    ...storedSizes(c),
    contextFeatures: c.count("contextFeatures"),
    classColumns: c.counts("classColumns", { min: 0 }),
  }),
);
