import type { Parameter } from "@pushforward/core";
import { parameter } from "@pushforward/core/extend";
import { invertLower, type MixtureNumbers } from "@pushforward/core/plain";
import { lowerFactor } from "@pushforward/distributions/extend";
import * as tf from "@tensorflow/tfjs-core";
import { eachRow } from "./each-row.ts";
import { smoothedCovariance } from "./smoothed-mixture.ts";

/**
 * The density of each feature given all others, of a mixture plus independent normal noise of variance v:
 *
 *     log p(xⱼ | x₋ⱼ) = log Σₖ wₖ N(x; mₖ, Sₖ) − log Σₖ wₖ N(x₋ⱼ; mₖ, Sₖ)
 *
 * with `Sₖ = Σₖ + v I`. In a component, feature j given the others is normal with precision `Pⱼⱼ`, and `x₋ⱼ` has what its
 * conditional leaves of the joint density. It is computed in float32.
 */
export class ConditionalDensities {
  private readonly width: number;
  private readonly components: number;
  /** `[K]`: `log wₖ − ½ log det 2πSₖ`. */
  private readonly constants: Parameter;
  /** `[d, K]`. */
  private readonly means: Parameter;
  /** `[d, d·K]`: the columns of all precisions, those of a feature side by side; and their products with the means, `[d, K]`. */
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
