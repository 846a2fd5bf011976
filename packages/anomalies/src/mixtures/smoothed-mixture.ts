import type { MixtureNumbers } from "@pushforward/core/plain";
import { GaussianMixture } from "@pushforward/distributions";
import { lowerFactor } from "@pushforward/distributions/extend";
import { eachRow } from "./each-row.ts";

/** What makes a smoothed mixture of a mixture. */
export interface SmoothingOptions {
  /** Added to the diagonal of each covariance: the variances of the normal noise that the density is smoothed with. */
  readonly variances: Float64Array;
  /** Places of the features that are looked at; the others are integrated out. Default: all. */
  readonly features?: readonly number[];
}

/**
 * The density of rows of a Gaussian mixture plus independent normal noise, exactly: `Σₖ wₖ N(x; mₖ, Σₖ + diag(v))`, for all
 * features or some of them. It is computed in float32, by the kernels of {@link GaussianMixture}.
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

  dispose(): void {
    this.density.dispose();
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
