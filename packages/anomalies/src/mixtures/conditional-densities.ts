import { invertLower, lowerFactor, type MixtureNumbers } from "@pushforward/distributions";
import { logSum } from "./log-sum.ts";
import { smoothedCovariance } from "./smoothed-mixture.ts";

/**
 * The density of each feature given all others, of a mixture plus independent normal noise of variance v, exactly:
 *
 *     log p(xⱼ | x₋ⱼ) = log Σₖ wₖ N(x; mₖ, Sₖ) − log Σₖ wₖ N(x₋ⱼ; mₖ, Sₖ)
 *
 * with `Sₖ = Σₖ + v I`. In a component, feature j given the others is normal with precision `Pⱼⱼ`, and `x₋ⱼ` has what its
 * conditional leaves of the joint density.
 */
export class ConditionalDensities {
  private readonly width: number;
  private readonly means: Float64Array;
  private readonly constants: Float64Array;
  private readonly precisions: Float64Array;
  /** `½ log(Pⱼⱼ / 2π)`, and `1 / 2Pⱼⱼ`. */
  private readonly logScales: Float64Array;
  private readonly halfVariances: Float64Array;
  /** The row about a mean, and its product with the precision, written anew for each. */
  private readonly centered: Float64Array;
  private readonly pulls: Float64Array;

  constructor(mixture: MixtureNumbers, variance: number) {
    const { components, features: d, weights, means } = mixture;
    const variances = new Float64Array(d).fill(variance);
    const all = Array.from({ length: d }, (_, j) => j);
    this.width = d;
    this.means = means;
    this.constants = new Float64Array(components);
    this.precisions = new Float64Array(components * d * d);
    this.logScales = new Float64Array(components * d);
    this.halfVariances = new Float64Array(components * d);
    this.centered = new Float64Array(d);
    this.pulls = new Float64Array(d);
    for (let k = 0; k < components; k++) {
      const inverse = invertLower(lowerFactor(smoothedCovariance(mixture, k, all, variances), d), d);
      let constant = Math.log(weights[k] as number) - (d / 2) * Math.log(2 * Math.PI);
      for (let i = 0; i < d; i++) constant += Math.log(inverse[i * d + i] as number);
      this.constants[k] = constant;
      const precision = this.precisions.subarray(k * d * d, (k + 1) * d * d);
      writePrecision(inverse, d, precision);
      for (let j = 0; j < d; j++) {
        this.logScales[k * d + j] = 0.5 * Math.log((precision[j * d + j] as number) / (2 * Math.PI));
        this.halfVariances[k * d + j] = 0.5 / (precision[j * d + j] as number);
      }
    }
  }

  /** The conditional log-densities of the features of rows `[rows, width]`, `[rows, width]`. */
  logProb(rows: Float64Array): Float64Array {
    const { width: d, constants } = this;
    const count = rows.length / d;
    const result = new Float64Array(rows.length);
    const components = constants.length;
    const joint = new Float64Array(components);
    // For each feature and component the log-density without the feature.
    const without = new Float64Array(d * components);
    for (let row = 0; row < count; row++) {
      const x = rows.subarray(row * d, (row + 1) * d);
      for (let k = 0; k < components; k++) joint[k] = this.component(x, k, without);
      const total = logSum(joint);
      for (let j = 0; j < d; j++) {
        result[row * d + j] = total - logSum(without, j * components, components);
      }
    }
    return result;
  }

  /** The weighted log-density of a component, and that of the row without each feature. */
  private component(x: Float64Array, k: number, without: Float64Array): number {
    const { width: d, means, precisions, constants, logScales, halfVariances } = this;
    const { centered, pulls } = this;
    for (let j = 0; j < d; j++) centered[j] = (x[j] as number) - (means[k * d + j] as number);
    let square = 0;
    for (let i = 0; i < d; i++) {
      let sum = 0;
      const at = (k * d + i) * d;
      for (let j = 0; j < d; j++) sum += (precisions[at + j] as number) * (centered[j] as number);
      pulls[i] = sum;
      square += sum * (centered[i] as number);
    }
    const joint = (constants[k] as number) - 0.5 * square;
    for (let j = 0; j < d; j++) {
      const pull = pulls[j] as number;
      const own = (logScales[k * d + j] as number) - pull * pull * (halfVariances[k * d + j] as number);
      without[j * constants.length + k] = joint - own;
    }
    return joint;
  }
}

/** `P = WᵀW` for `W = L⁻¹`. */
function writePrecision(inverse: Float64Array, d: number, target: Float64Array): void {
  for (let i = 0; i < d; i++) {
    for (let j = 0; j <= i; j++) {
      let sum = 0;
      for (let c = i; c < d; c++) sum += (inverse[c * d + i] as number) * (inverse[c * d + j] as number);
      target[i * d + j] = sum;
      target[j * d + i] = sum;
    }
  }
}
