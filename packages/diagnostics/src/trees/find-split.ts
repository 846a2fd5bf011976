import type { Split } from "./tree.ts";
import type { BinnedFeature } from "./tree-feature.ts";

/** Sums of gradients and of second derivatives. */
export interface Sums {
  readonly gradient: number;
  readonly curvature: number;
}

/** A split, and the sums of the rows that go left. */
export interface FoundSplit {
  readonly split: Split;
  readonly left: Sums;
}

/** λ of the penalty on the values of leaves. */
export const LEAF_PENALTY = 1;
/** Least sum of second derivatives of a leaf. */
const LEAST_CURVATURE = 1;
const LEAST_GAIN = 1e-6;

/**
 * The split with the largest gain (Chen and Guestrin 2016, arXiv:1603.02754, equation 7), undefined where none is worth it.
 *
 * @param histogram gradient and second derivative of each bin of each column, one after the other.
 * @param offsets the place of the first bin of each column.
 */
export function findSplit(
  features: readonly BinnedFeature[],
  histogram: Float64Array,
  offsets: Int32Array,
  total: Sums,
): FoundSplit | undefined {
  const best = new BestSplit(total);
  for (const [f, { kind, count }] of features.entries()) {
    const from = 2 * (offsets[f] as number);
    const bins = histogram.subarray(from, from + 2 * count);
    if (kind === "category") best.tryCategories(f, bins, count);
    else best.tryNumbers(f, bins, count - 1);
  }
  return best.found();
}

class BestSplit {
  private gain: number;
  private feature = -1;
  private bin = 0;
  private missingLeft = false;
  private gradient = 0;
  private curvature = 0;
  private readonly total: Sums;

  constructor(total: Sums) {
    this.total = total;
    this.gain = score(total.gradient, total.curvature) + LEAST_GAIN;
  }

  /** One category against all others, as with a column of 0 and 1 for each. */
  tryCategories(feature: number, bins: Float64Array, count: number): void {
    for (let bin = 0; bin < count; bin++) {
      this.offer(feature, bin, false, bins[2 * bin] as number, bins[2 * bin + 1] as number);
    }
  }

  /** Each threshold, with the missing cells on either side of it. */
  tryNumbers(feature: number, bins: Float64Array, count: number): void {
    const [missingGradient, missingCurvature] = [bins[2 * count] as number, bins[2 * count + 1] as number];
    let [gradient, curvature] = [0, 0];
    for (let bin = 0; bin < count; bin++) {
      if (bins[2 * bin + 1] === 0) continue;
      gradient += bins[2 * bin] as number;
      curvature += bins[2 * bin + 1] as number;
      this.offer(feature, bin, false, gradient, curvature);
      if (missingCurvature > 0) {
        this.offer(feature, bin, true, gradient + missingGradient, curvature + missingCurvature);
      }
    }
  }

  found(): FoundSplit | undefined {
    const { feature, bin, missingLeft, gradient, curvature } = this;
    return feature < 0 ? undefined : { split: { feature, bin, missingLeft }, left: { gradient, curvature } };
  }

  private offer(feature: number, bin: number, missingLeft: boolean, gradient: number, curvature: number): void {
    const rest = this.total.curvature - curvature;
    if (curvature < LEAST_CURVATURE || rest < LEAST_CURVATURE) return;
    const gain = score(gradient, curvature) + score(this.total.gradient - gradient, rest);
    if (!(gain > this.gain)) return;
    this.gain = gain;
    this.feature = feature;
    this.bin = bin;
    this.missingLeft = missingLeft;
    this.gradient = gradient;
    this.curvature = curvature;
  }
}

function score(gradient: number, curvature: number): number {
  return (gradient * gradient) / (curvature + LEAF_PENALTY);
}
