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

/**
 * Calls a function with blocks of rows `[rows, width]`, in float32: memory does not grow with the rows.
 *
 * @param cost numbers that a row becomes while it is computed with.
 */
function eachBlock(
  rows: Float64Array,
  { width, cost }: { readonly width: number; readonly cost: number },
  use: (x: Float32Array, from: number, count: number) => void,
): void {
  const count = rows.length / width;
  const size = Math.min(MOST_ROWS, Math.max(LEAST_ROWS, Math.floor(BLOCK_NUMBERS / Math.max(1, cost))));
  for (let from = 0; from < count; from += size) {
    const length = Math.min(size, count - from);
    use(Float32Array.from(rows.subarray(from * width, (from + length) * width)), from, length);
  }
}

/** A term below `exp(−NEGLIGIBLE)` of the largest one does not change the sum. */
const NEGLIGIBLE = 37;

/** `log Σₖ exp` of `count` numbers from `from` on. */
function logSumExpAt(terms: Float64Array, from: number, count: number): number {
  let most = Number.NEGATIVE_INFINITY;
  // Not Math.max, which is slower; a NaN stays.
  for (let k = from; k < from + count; k++) if (!((terms[k] as number) <= most)) most = terms[k] as number;
  if (!Number.isFinite(most)) return most;
  let sum = 0;
  for (let k = from; k < from + count; k++) {
    const below = (terms[k] as number) - most;
    if (below > -NEGLIGIBLE) sum += Math.exp(below);
  }
  return most + Math.log(sum);
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
    const result = new Float64Array(count);
    eachBlock(x, { width: d, cost: d }, (block, from, length) => {
      result.set(
        tensorValues(() => density.logProb(tf.tensor2d(block, [length, d]))),
        from,
      );
    });
    return result;
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

/** Several mixtures of the same rows. One plan computes all: with few rows, most of the time is that of the calls. */
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
 * is the joint density divided by this conditional. `P x` is computed in float32, the rest in float64.
 */
export class ConditionalDensities {
  private readonly width: number;
  private readonly components: number;
  /** `[K]`: `log wₖ − ½ log det 2πSₖ`. */
  private readonly constants: Float64Array;
  /** `[d, K]`. */
  private readonly means: Float64Array;
  /**
   * `[d, d·K]`: the columns of all precisions, adjacent for each feature; and their products with the means, `[d, K]`.
   */
  private readonly precisions: Parameter;
  private readonly offsets: Float64Array;
  /** `[d, K]`: `½ log(Pⱼⱼ / 2π)`, and `1 / 2Pⱼⱼ`. */
  private readonly logScales: Float64Array;
  private readonly halfVariances: Float64Array;

  constructor(mixture: MixtureNumbers, variance: number) {
    const { components: K, features: d, weights, means } = mixture;
    this.width = d;
    this.components = K;
    const variances = new Float64Array(d).fill(variance);
    const all = Array.from({ length: d }, (_, j) => j);
    this.constants = new Float64Array(K);
    [this.means, this.offsets] = [new Float64Array(d * K), new Float64Array(d * K)];
    [this.logScales, this.halfVariances] = [new Float64Array(d * K), new Float64Array(d * K)];
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
        this.offsets[i * K + k] = offset;
        this.means[i * K + k] = means[k * d + i] as number;
        this.logScales[i * K + k] = 0.5 * Math.log(own / (2 * Math.PI));
        this.halfVariances[i * K + k] = 0.5 / own;
      }
      this.constants[k] = constant;
    }
    this.precisions = parameter([d, d * K], () => precisions, { trainable: false });
  }

  /** The conditional log-densities of the features of rows `[rows, width]`, `[rows, width]`. */
  logProb(rows: Float64Array): Float64Array {
    const { width: d, components: K, constants, means, offsets, logScales, halfVariances } = this;
    const result = new Float64Array(rows.length);
    const joint = new Float64Array(K);
    const without = new Float64Array(d * K);
    eachBlock(rows, { width: d, cost: d * K }, (block, from, count) => {
      const products = tensorValues(() =>
        tf.matMul(tf.tensor2d(block, [count, d]), this.precisions.variable as tf.Tensor2D),
      );
      for (let row = 0; row < count; row++) {
        joint.set(constants);
        for (let i = 0, at = 0; i < d; i++) {
          const x = block[row * d + i] as number;
          for (let k = 0; k < K; k++, at++) {
            const pull = (products[row * d * K + at] as number) - (offsets[at] as number);
            joint[k] = (joint[k] as number) - 0.5 * pull * (x - (means[at] as number));
            without[at] = pull * pull * (halfVariances[at] as number) - (logScales[at] as number);
          }
        }
        const all = logSumExpAt(joint, 0, K);
        for (let i = 0, at = 0; i < d; i++) {
          for (let k = 0; k < K; k++, at++) without[at] = (without[at] as number) + (joint[k] as number);
          result[(from + row) * d + i] = all - logSumExpAt(without, i * K, K);
        }
      }
    });
    return result;
  }

  dispose(): void {
    this.precisions.dispose();
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

/** The mean over features of their log-densities, each alone, of a mixture plus normal noise. */
export class MarginalDensities {
  private readonly width: number;
  private readonly components: number;
  /** `[d, K]` each: means, `1 / 2s²`, and `log wₖ − ½ log 2πs²` for the variance s² of a feature in a component. */
  private readonly means: Float64Array;
  private readonly halfPrecisions: Float64Array;
  private readonly constants: Float64Array;

  constructor({ components: K, features: d, weights, means, scaleTrils }: MixtureNumbers, variance: number) {
    this.width = d;
    this.components = K;
    this.means = new Float64Array(d * K);
    this.halfPrecisions = new Float64Array(d * K);
    this.constants = new Float64Array(d * K);
    for (let k = 0; k < K; k++) {
      for (let j = 0; j < d; j++) {
        let spread = variance;
        for (let c = 0; c <= j; c++) spread += (scaleTrils[(k * d + j) * d + c] as number) ** 2;
        this.means[j * K + k] = means[k * d + j] as number;
        this.halfPrecisions[j * K + k] = 0.5 / spread;
        this.constants[j * K + k] = Math.log(weights[k] as number) - 0.5 * Math.log(2 * Math.PI * spread);
      }
    }
  }

  /** One number for each of the rows `[rows, width]`. */
  meanLogProb(rows: Float64Array): Float64Array {
    const { width: d, components: K, means, halfPrecisions, constants } = this;
    const terms = new Float64Array(d * K);
    return Float64Array.from({ length: rows.length / d }, (_, row) => {
      let sum = 0;
      for (let j = 0, at = 0; j < d; j++) {
        const x = rows[row * d + j] as number;
        for (let k = 0; k < K; k++, at++) {
          const difference = x - (means[at] as number);
          terms[at] = (constants[at] as number) - (halfPrecisions[at] as number) * difference * difference;
        }
        sum += logSumExpAt(terms, j * K, K);
      }
      return sum / d;
    });
  }
}
