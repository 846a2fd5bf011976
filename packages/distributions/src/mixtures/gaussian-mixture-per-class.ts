import { type Codec, ContextError, type Key } from "@pushforward/core";
import { checkOptions, currentTrace } from "@pushforward/core/extend";
import { componentAt, cumulativeWeights } from "@pushforward/core/plain";
import { gaussianMixturePerClassStep, logSumExp, stopGradient } from "@pushforward/ops";
import * as tf from "@tensorflow/tfjs-core";
import { configCodec } from "../config/config-codec.ts";
import { checkFeatures } from "../config/event-shape.ts";
import { withoutFit } from "../mixture-fit/joint-mixture.ts";
import { AbstractConditionalGaussianMixture } from "./abstract-conditional-gaussian-mixture.ts";
import { storedSizes } from "./abstract-gaussian-mixture.ts";
import { contextColumns } from "./context-columns.ts";
import { halfSquares } from "./gaussian-components.ts";
import { type GaussianComponentsOptions, gaussianStart } from "./gaussian-components-options.ts";
import { tracedChoice } from "./traced-choice.ts";

/**
 * Options of {@link GaussianMixturePerClass}: weights `[C, K]`, means `[C, K, d]`, scaleTrils or covariances
 * `[C, K, d, d]` of K components for each of C classes.
 */
export interface GaussianMixturePerClassOptions extends GaussianComponentsOptions {
  /** Size of the whole context. */
  readonly contextFeatures: number;
  /** The columns of the context that are 1 for the class of a row and 0 for the others; one for each class. */
  readonly classColumns: readonly number[];
  /** Components of each class; needed only when no array tells it. */
  readonly components?: number;
}

/**
 * A mixture of K normals for each class, `log p(x | class)` in nats, where the context holds the class one-hot. Events
 * `[d]`, batch axes from the context; the parameters are those of {@link GaussianMixture}, with an axis for the classes.
 *
 * What is computed is `log Σ wᵢ pᵢ(x)` over the classes with the columns as weights w. A row with no class has the
 * log-density −∞; one with weights of its own has a density only if they sum to 1; a negative weight gives NaN. No
 * gradient flows into the context.
 *
 * @throws {ContextError} `classColumns` are not different columns of the context; a context of another shape; a draw for
 * a row without class.
 * @throws {DomainError} a weight is not positive, or a matrix is not a covariance, or not the factor of one.
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
