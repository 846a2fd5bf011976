import type { Parameter } from "@pushforward/core";
import {
  lowerDistribution,
  makePlan,
  type PlanBuilder,
  type PlanMatrix,
  type PlanOrReason,
  parameter,
  tensorValues,
} from "@pushforward/core/extend";
import { invertLower, type MixtureNumbers } from "@pushforward/core/plain";
import { GaussianMixture } from "@pushforward/distributions";
import { lowerFactor } from "@pushforward/distributions/extend";
import { columnsStep, runPlanOnArrays, sumColumnsStep } from "@pushforward/ops";
import * as tf from "@tensorflow/tfjs-core";

/** Numbers of the largest tensor that a block of rows makes. */
const BLOCK_NUMBERS = 1 << 19;
const [LEAST_ROWS, MOST_ROWS] = [64, 8192];

/** Sizes of a computation per row. */
interface EachRowOptions {
  /** Numbers of a row. */
  readonly width: number;
  /** Numbers that it becomes while it is computed with: memory does not grow with the rows. */
  readonly cost: number;
  /** Numbers of the result of a row. */
  readonly results: number;
}

/** Applies a function of rows `[rows, width]`, block by block, in float32. */
function eachRow(
  rows: Float64Array,
  { width, cost, results }: EachRowOptions,
  compute: (x: tf.Tensor2D) => tf.Tensor,
): Float64Array {
  const count = rows.length / width;
  const size = Math.min(MOST_ROWS, Math.max(LEAST_ROWS, Math.floor(BLOCK_NUMBERS / Math.max(1, cost))));
  const all = new Float64Array(count * results);
  for (let from = 0; from < count; from += size) {
    const length = Math.min(size, count - from);
    const values = Float32Array.from(rows.subarray(from * width, (from + length) * width));
    all.set(
      tensorValues(() => compute(tf.tensor2d(values, [length, width]))),
      from * results,
    );
  }
  return all;
}

/** Settings that turn a mixture into a smoothed mixture. */
export interface SmoothingOptions {
  /** Added to the diagonal of each covariance: the variances of the normal noise that the density is smoothed with. */
  readonly variances: Float64Array;
  /** Indices of the features to use. All other features are integrated out. Default: all. */
  readonly features?: readonly number[];
}

/**
 * The exact density of rows of a Gaussian mixture plus independent normal noise: `Σₖ wₖ N(x; mₖ, Σₖ + diag(v))`, for
 * all features or some features. It is computed in float32, by the kernels of {@link GaussianMixture}.
 */
export class SmoothedMixture {
  private readonly features: readonly number[];
  private readonly density: GaussianMixture;

  constructor(mixture: MixtureNumbers, { variances, features }: SmoothingOptions) {
    const { components, features: width, weights } = mixture;
    this.features = features ?? Array.from({ length: width }, (_, j) => j);
    const d = this.features.length;
    const [means, scaleTrils] = [new Float64Array(components * d), new Float64Array(components * d * d)];
    for (let k = 0; k < components; k++) {
      scaleTrils.set(lowerFactor(smoothedCovariance(mixture, k, this.features, variances), d), k * d * d);
      for (const [i, j] of this.features.entries()) means[k * d + i] = mixture.means[k * width + j] as number;
    }
    this.density = new GaussianMixture({ components, features: d, weights, means, scaleTrils });
  }

  /** The log-density of each row of `[rows, width]`, in nats. */
  logProb(rows: Float64Array, width: number): Float64Array {
    const { features, density } = this;
    const d = features.length;
    const count = rows.length / width;
    const x = new Float64Array(count * d);
    for (let i = 0; i < count; i++) {
      for (let j = 0; j < d; j++) x[i * d + j] = rows[i * width + (features[j] as number)] as number;
    }
    return eachRow(x, { width: d, cost: d, results: 1 }, (block) => density.logProb(block));
  }

  /** The log-density of rows of all features, `[rows, 1]`, as a step of a plan. */
  lower(plan: PlanBuilder, rows: PlanMatrix): PlanMatrix {
    const { features, density } = this;
    const isAll = features.length === rows.columns && features.every((feature, j) => feature === j);
    const own = isAll ? rows : columnsStep(plan, rows, features);
    return sumColumnsStep(plan, lowerDistribution(density, plan, own));
  }

  dispose(): void {
    this.density.dispose();
  }
}

/** Several mixtures of the same rows. One plan computes all of them, because the overhead of calls dominates for few rows. */
export class SmoothedMixtures {
  private readonly mixtures: readonly SmoothedMixture[];
  private readonly width: number;
  private plan: PlanOrReason | undefined;

  /** @param width number of features of the rows. */
  constructor(mixtures: readonly SmoothedMixture[], width: number) {
    this.mixtures = mixtures;
    this.width = width;
  }

  /** For each mixture the log-density of each row of `[rows, width]`, in nats. */
  logProbs(rows: Float64Array): Float64Array[] {
    const { mixtures, width } = this;
    const planOf = (): PlanOrReason => {
      this.plan ??= makePlan([width], (plan, [x]) => mixtures.map((one) => one.lower(plan, x as PlanMatrix)));
      return this.plan;
    };
    const planned = runPlanOnArrays(planOf, [Float32Array.from(rows)], rows.length / width);
    return planned?.map((values) => Float64Array.from(values)) ?? mixtures.map((one) => one.logProb(rows, width));
  }

  dispose(): void {
    for (const one of this.mixtures) one.dispose();
  }
}

/** `Σₖ + diag(v)` of some features, row-major. */
function smoothedCovariance(
  { features: width, scaleTrils }: MixtureNumbers,
  k: number,
  features: readonly number[],
  variances: Float64Array,
): Float64Array {
  const d = features.length;
  const covariance = new Float64Array(d * d);
  for (const [a, i] of features.entries()) {
    for (let b = 0; b <= a; b++) {
      const j = features[b] as number;
      let sum = a === b ? (variances[i] as number) : 0;
      const [from, to] = [(k * width + i) * width, (k * width + j) * width];
      for (let c = 0; c <= Math.min(i, j); c++)
        sum += (scaleTrils[from + c] as number) * (scaleTrils[to + c] as number);
      covariance[a * d + b] = sum;
      covariance[b * d + a] = sum;
    }
  }
  return covariance;
}

/**
 * The density of each feature given all other features, of a mixture plus independent normal noise of variance v:
 *
 *     log p(xⱼ | x₋ⱼ) = log Σₖ wₖ N(x; mₖ, Sₖ) − log Σₖ wₖ N(x₋ⱼ; mₖ, Sₖ)
 *
 * with `Sₖ = Σₖ + v I`. In a component, feature j given the rest is normal with precision `Pⱼⱼ`. The density of `x₋ⱼ`
 * is the joint density divided by this conditional. It is computed in float32.
 */
export class ConditionalDensities {
  private readonly width: number;
  private readonly components: number;
  /** `[K]`: `log wₖ − ½ log det 2πSₖ`. */
  private readonly constants: Parameter;
  /** `[d, K]`. */
  private readonly means: Parameter;
  /**
   * `[d, d·K]`: the columns of all precisions, adjacent for each feature; and their products with the means, `[d, K]`.
   */
  private readonly precisions: Parameter;
  private readonly offsets: Parameter;
  /** `[d, K]`: `½ log(Pⱼⱼ / 2π)`, and `1 / 2Pⱼⱼ`. */
  private readonly logScales: Parameter;
  private readonly halfVariances: Parameter;

  constructor(mixture: MixtureNumbers, variance: number) {
    const { components: K, features: d, weights, means } = mixture;
    this.width = d;
    this.components = K;
    const variances = new Float64Array(d).fill(variance);
    const all = Array.from({ length: d }, (_, j) => j);
    const constants = new Float32Array(K);
    const [centers, offsets] = [new Float32Array(d * K), new Float32Array(d * K)];
    const [logScales, halfVariances] = [new Float32Array(d * K), new Float32Array(d * K)];
    const precisions = new Float32Array(d * d * K);
    for (let k = 0; k < K; k++) {
      const inverse = invertLower(lowerFactor(smoothedCovariance(mixture, k, all, variances), d), d);
      const precision = precisionOf(inverse, d);
      let constant = Math.log(weights[k] as number) - (d / 2) * Math.log(2 * Math.PI);
      for (let i = 0; i < d; i++) {
        constant += Math.log(inverse[i * d + i] as number);
        const own = precision[i * d + i] as number;
        let offset = 0;
        for (let j = 0; j < d; j++) {
          precisions[j * d * K + i * K + k] = precision[i * d + j] as number;
          offset += (precision[i * d + j] as number) * (means[k * d + j] as number);
        }
        offsets[i * K + k] = offset;
        centers[i * K + k] = means[k * d + i] as number;
        logScales[i * K + k] = 0.5 * Math.log(own / (2 * Math.PI));
        halfVariances[i * K + k] = 0.5 / own;
      }
      constants[k] = constant;
    }
    const buffer = (shape: readonly number[], values: Float32Array): Parameter =>
      parameter(shape, () => values, { trainable: false });
    this.constants = buffer([K], constants);
    this.means = buffer([d, K], centers);
    this.precisions = buffer([d, d * K], precisions);
    this.offsets = buffer([d, K], offsets);
    this.logScales = buffer([d, K], logScales);
    this.halfVariances = buffer([d, K], halfVariances);
  }

  /** The conditional log-densities of the features of rows `[rows, width]`, `[rows, width]`. */
  logProb(rows: Float64Array): Float64Array {
    const { width: d, components: K } = this;
    return eachRow(rows, { width: d, cost: d * K, results: d }, (x) => this.ofBlock(x));
  }

  dispose(): void {
    const { constants, means, precisions, offsets, logScales, halfVariances } = this;
    for (const one of [constants, means, precisions, offsets, logScales, halfVariances]) one.dispose();
  }

  private ofBlock(x: tf.Tensor2D): tf.Tensor {
    const { width: d, components: K } = this;
    const products = tf.matMul(x, this.precisions.variable as tf.Tensor2D);
    const pulls = tf.sub(tf.reshape(products, [-1, d, K]), this.offsets.variable);
    const centered = tf.sub(tf.expandDims(x, 2), this.means.variable);
    const squares = tf.sum(tf.mul(pulls, centered), 1);
    const joint = tf.sub(this.constants.variable, tf.mul(squares, 0.5));
    const own = tf.sub(this.logScales.variable, tf.mul(tf.square(pulls), this.halfVariances.variable));
    const without = tf.sub(tf.expandDims(joint, 1), own);
    return tf.sub(tf.logSumExp(joint, 1, true), tf.logSumExp(without, 2));
  }
}

/** `P = WᵀW` for `W = L⁻¹`. */
function precisionOf(inverse: Float64Array, d: number): Float64Array {
  const precision = new Float64Array(d * d);
  for (let i = 0; i < d; i++) {
    for (let j = 0; j <= i; j++) {
      let sum = 0;
      for (let c = i; c < d; c++) sum += (inverse[c * d + i] as number) * (inverse[c * d + j] as number);
      precision[i * d + j] = sum;
      precision[j * d + i] = sum;
    }
  }
  return precision;
}

/** The mean over features of their log-densities, each alone, of a mixture plus normal noise; computed in float32. */
export class MarginalDensities {
  private readonly width: number;
  private readonly components: number;
  /** `[d, K]` each: means, `1 / 2s²`, and `log wₖ − ½ log 2πs²` for the variance s² of a feature in a component. */
  private readonly means: Parameter;
  private readonly halfPrecisions: Parameter;
  private readonly constants: Parameter;

  constructor({ components: K, features: d, weights, means, scaleTrils }: MixtureNumbers, variance: number) {
    this.width = d;
    this.components = K;
    const values = [0, 1, 2].map(() => new Float32Array(d * K)) as [Float32Array, Float32Array, Float32Array];
    for (let k = 0; k < K; k++) {
      for (let j = 0; j < d; j++) {
        let spread = variance;
        for (let c = 0; c <= j; c++) spread += (scaleTrils[(k * d + j) * d + c] as number) ** 2;
        values[0][j * K + k] = means[k * d + j] as number;
        values[1][j * K + k] = 0.5 / spread;
        values[2][j * K + k] = Math.log(weights[k] as number) - 0.5 * Math.log(2 * Math.PI * spread);
      }
    }
    const [own, halfPrecisions, constants] = values.map((one) => parameter([d, K], () => one, { trainable: false }));
    this.means = own as Parameter;
    this.halfPrecisions = halfPrecisions as Parameter;
    this.constants = constants as Parameter;
  }

  /** One number for each of the rows `[rows, width]`. */
  meanLogProb(rows: Float64Array): Float64Array {
    const { width: d, components: K } = this;
    return eachRow(rows, { width: d, cost: d * K, results: 1 }, (x) => this.ofBlock(x));
  }

  dispose(): void {
    for (const one of [this.means, this.halfPrecisions, this.constants]) one.dispose();
  }

  private ofBlock(x: tf.Tensor2D): tf.Tensor {
    const squares = tf.square(tf.sub(tf.expandDims(x, 2), this.means.variable));
    const terms = tf.sub(this.constants.variable, tf.mul(squares, this.halfPrecisions.variable));
    return tf.mean(tf.logSumExp(terms, 2), 1);
  }
}
