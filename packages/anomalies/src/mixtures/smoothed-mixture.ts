import { invertLower, lowerFactor, type MixtureNumbers } from "@pushforward/distributions";

/** A term that is so many nats below another one is lost when float64 adds them: e⁻⁴⁰ is below 2⁻⁵³. */
const NOTHING = 40;

/** What makes a smoothed mixture of a mixture. */
export interface SmoothingOptions {
  /** Added to the diagonal of each covariance: the variances of the normal noise that the density is smoothed with. */
  readonly variances: Float64Array;
  /** Places of the features that are looked at; the others are integrated out. Default: all. */
  readonly features?: readonly number[];
}

/**
 * The density of rows of a Gaussian mixture plus independent normal noise, exactly: `Σₖ wₖ N(x; mₖ, Σₖ + diag(v))`, for all
 * features or some of them.
 */
export class SmoothedMixture {
  private readonly features: readonly number[];
  private readonly means: Float64Array;
  /** `log wₖ − log det Lₖ − (d/2) log 2π`. */
  private readonly constants: Float64Array;
  /** Rows of the lower triangles of the inverse factors, one after the other. */
  private readonly whitening: Float64Array;
  /** The row about a mean, written anew for each. */
  private readonly centered: Float64Array;

  constructor(mixture: MixtureNumbers, { variances, features }: SmoothingOptions) {
    const { components, features: width, weights } = mixture;
    this.features = features ?? Array.from({ length: width }, (_, j) => j);
    const d = this.features.length;
    this.means = new Float64Array(components * d);
    this.centered = new Float64Array(d);
    this.constants = new Float64Array(components);
    this.whitening = new Float64Array((components * d * (d + 1)) / 2);
    let at = 0;
    for (let k = 0; k < components; k++) {
      const factor = lowerFactor(smoothedCovariance(mixture, k, this.features, variances), d);
      const inverse = invertLower(factor, d);
      let constant = Math.log(weights[k] as number) - (d / 2) * Math.log(2 * Math.PI);
      for (const [i, j] of this.features.entries()) {
        this.means[k * d + i] = mixture.means[k * width + j] as number;
        constant += Math.log(inverse[i * d + i] as number);
        for (let c = 0; c <= i; c++) this.whitening[at++] = inverse[i * d + c] as number;
      }
      this.constants[k] = constant;
    }
  }

  /** The log-density of each row of `[rows, width]`, in nats. */
  logProb(rows: Float64Array, width: number): Float64Array {
    const { features, constants } = this;
    const d = features.length;
    const x = new Float64Array(d);
    const terms = new Float64Array(constants.length);
    let closest = 0;
    return Float64Array.from({ length: rows.length / width }, (_, row) => {
      for (let i = 0; i < d; i++) x[i] = rows[row * width + (features[i] as number)] as number;
      // The closest component of the row before is most likely close to this one, too.
      terms.fill(Number.NEGATIVE_INFINITY);
      let most = (constants[closest] as number) - 0.5 * this.distance(x, closest, Number.POSITIVE_INFINITY);
      terms[closest] = most;
      for (let k = 0, first = closest; k < terms.length; k++) {
        if (k === first) continue;
        const constant = constants[k] as number;
        const term = constant - 0.5 * this.distance(x, k, 2 * (constant - most + NOTHING));
        terms[k] = term;
        if (term > most) [most, closest] = [term, k];
      }
      return logSum(terms);
    });
  }

  /** `|Lₖ⁻¹ (x − mₖ)|²`; ∞ where it is above a limit. */
  private distance(x: Float64Array, k: number, limit: number): number {
    const { means, whitening, centered } = this;
    const d = x.length;
    for (let j = 0; j < d; j++) centered[j] = (x[j] as number) - (means[k * d + j] as number);
    let at = (k * d * (d + 1)) / 2;
    let total = 0;
    for (let i = 0; i < d; i++) {
      let sum = 0;
      for (let j = 0; j <= i; j++) sum += (whitening[at++] as number) * (centered[j] as number);
      total += sum * sum;
      if (total > limit) return Number.POSITIVE_INFINITY;
    }
    return total;
  }
}

/** `Σₖ + diag(v)` of some features, row-major. */
export function smoothedCovariance(
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

/** The logarithm of a sum of exponentials. */
export function logSum(terms: Float64Array): number {
  let most = Number.NEGATIVE_INFINITY;
  for (const term of terms) if (term > most) most = term;
  if (most === Number.NEGATIVE_INFINITY) return most;
  let sum = 0;
  for (const term of terms) sum += Math.exp(term - most);
  return most + Math.log(sum);
}
