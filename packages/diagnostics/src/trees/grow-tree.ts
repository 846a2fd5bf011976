import { type BinnedFeature, goesLeft, type Split, type TreeNode } from "./tree.ts";

/** Sums of gradients and of second derivatives. */
interface Sums {
  readonly gradient: number;
  readonly curvature: number;
}

/** A split, and the sums of the rows that go left. */
interface FoundSplit {
  readonly split: Split;
  readonly left: Sums;
}

/** λ of the penalty on the values of leaves. */
const LEAF_PENALTY = 1;
/** Least sum of second derivatives of a leaf. */
const LEAST_CURVATURE = 1;
const LEAST_GAIN = 1e-6;

/**
 * The split with the largest gain (Chen and Guestrin 2016, arXiv:1603.02754, equation 7), undefined where none is worth it.
 *
 * @param histogram gradient and second derivative of each bin of each column, one after the other.
 * @param offsets the place of the first bin of each column.
 */
function findSplit(
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

  /** Tries each category against all other categories, as with a 0/1 column per category. */
  tryCategories(feature: number, bins: Float64Array, count: number): void {
    for (let bin = 0; bin < count; bin++) {
      this.offer(feature, bin, false, bins[2 * bin] as number, bins[2 * bin + 1] as number);
    }
  }

  /** Tries each threshold, with the missing cells on either side of the threshold. */
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

/** Grows trees over the same columns and rows. */
export class TreeGrower {
  private readonly features: readonly BinnedFeature[];
  private readonly depth: number;
  private readonly rate: number;
  private readonly offsets: Int32Array;
  private readonly binCount: number;
  /** The rows, contiguous by node and in order. */
  private readonly rows: Int32Array;
  private readonly moved: Int32Array;
  private readonly gradients: Float64Array;
  private readonly curvatures: Float64Array;

  /**
   * @param rows the rows to learn from.
   * @param depth most questions to a row.
   * @param rate factor of the leaf values.
   */
  constructor(features: readonly BinnedFeature[], rows: Int32Array, depth: number, rate: number) {
    this.features = features;
    this.depth = depth;
    this.rate = rate;
    this.offsets = new Int32Array(features.length);
    let total = 0;
    for (const [f, { count }] of features.entries()) {
      this.offsets[f] = total;
      total += count;
    }
    this.binCount = total;
    this.rows = Int32Array.from(rows);
    this.moved = new Int32Array(rows.length);
    this.gradients = new Float64Array(rows.length);
    this.curvatures = new Float64Array(rows.length);
  }

  /**
   * The tree that lowers a loss most, greedily, by its first and second derivatives at each row; its values are added to
   * `scores`.
   */
  grow(gradient: Float64Array, curvature: Float64Array, scores: Float64Array): TreeNode {
    this.rows.sort();
    const total = { gradient: 0, curvature: 0 };
    for (const row of this.rows) {
      total.gradient += gradient[row] as number;
      total.curvature += curvature[row] as number;
    }
    const slope = { gradient, curvature, scores };
    return this.node(slope, 0, this.rows.length, this.histogram(slope, 0, this.rows.length), total, this.depth);
  }

  private node(
    slope: Slope,
    from: number,
    to: number,
    histogram: Float64Array | undefined,
    total: Sums,
    depth: number,
  ): TreeNode {
    const found = histogram && findSplit(this.features, histogram, this.offsets, total);
    if (histogram === undefined || found === undefined) return this.leaf(slope.scores, from, to, total);
    const { split, left } = found;
    const middle = this.partition(split, from, to);
    const right = { gradient: total.gradient - left.gradient, curvature: total.curvature - left.curvature };
    const [below, above] = depth > 1 ? this.halves(slope, from, middle, to, histogram) : [];
    return {
      split,
      left: this.node(slope, from, middle, below, left, depth - 1),
      right: this.node(slope, middle, to, above, right, depth - 1),
    };
  }

  private leaf(scores: Float64Array, from: number, to: number, { gradient, curvature }: Sums): TreeNode {
    const value = (-this.rate * gradient) / (curvature + LEAF_PENALTY);
    for (let i = from; i < to; i++) {
      const row = this.rows[i] as number;
      scores[row] = (scores[row] as number) + value;
    }
    return { value };
  }

  /** The histograms of both parts: the smaller one is counted, the other is the rest of their sum, which it replaces. */
  private halves(
    slope: Slope,
    from: number,
    middle: number,
    to: number,
    whole: Float64Array,
  ): readonly [Float64Array, Float64Array] {
    const isLeftSmaller = middle - from <= to - middle;
    const counted = isLeftSmaller ? this.histogram(slope, from, middle) : this.histogram(slope, middle, to);
    // What rounding leaves of an empty bin must not look like rows.
    for (let i = 1; i < whole.length; i += 2) {
      const curvature = (whole[i] as number) - (counted[i] as number);
      const isEmpty = curvature < 1e-9;
      whole[i] = isEmpty ? 0 : curvature;
      whole[i - 1] = isEmpty ? 0 : (whole[i - 1] as number) - (counted[i - 1] as number);
    }
    return isLeftSmaller ? [counted, whole] : [whole, counted];
  }

  private histogram({ gradient, curvature }: Slope, from: number, to: number): Float64Array {
    const { rows, gradients, curvatures } = this;
    const histogram = new Float64Array(2 * this.binCount);
    // Gathered once, read for each column.
    for (let i = from; i < to; i++) {
      gradients[i] = gradient[rows[i] as number] as number;
      curvatures[i] = curvature[rows[i] as number] as number;
    }
    for (const [f, { bins }] of this.features.entries()) {
      const offset = this.offsets[f] as number;
      for (let i = from; i < to; i++) {
        const at = 2 * (offset + (bins[rows[i] as number] as number));
        histogram[at] = (histogram[at] as number) + (gradients[i] as number);
        histogram[at + 1] = (histogram[at + 1] as number) + (curvatures[i] as number);
      }
    }
    return histogram;
  }

  /** Partitions rows to the left and right, stable; returns the first position on the right. */
  private partition(split: Split, from: number, to: number): number {
    const { rows, moved } = this;
    const feature = this.features[split.feature] as BinnedFeature;
    let [left, right] = [from, 0];
    for (let i = from; i < to; i++) {
      const row = rows[i] as number;
      if (goesLeft(feature, split, feature.bins[row] as number)) rows[left++] = row;
      else moved[right++] = row;
    }
    rows.set(moved.subarray(0, right), left);
    return left;
  }
}

/** The derivatives of the loss per row, and the sums to update. */
interface Slope {
  readonly gradient: Float64Array;
  readonly curvature: Float64Array;
  readonly scores: Float64Array;
}
