import { findSplit, LEAF_PENALTY, type Sums } from "./find-split.ts";
import { goesLeft, type Split, type TreeNode } from "./tree.ts";
import type { BinnedFeature } from "./tree-feature.ts";

/** Grows trees over the same columns and rows. */
export class TreeGrower {
  private readonly features: readonly BinnedFeature[];
  private readonly depth: number;
  private readonly rate: number;
  private readonly offsets: Int32Array;
  private readonly binCount: number;
  /** The rows, those of a node side by side and in order. */
  private readonly rows: Int32Array;
  private readonly moved: Int32Array;
  private readonly gradients: Float64Array;
  private readonly curvatures: Float64Array;

  /**
   * @param rows the rows to learn from.
   * @param depth most questions to a row.
   * @param rate by what the values of leaves are multiplied.
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

  /** Puts the rows that go left before the others, both in order; the place of the first of the others. */
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

/** The derivatives of the loss at each row, and what is added to. */
interface Slope {
  readonly gradient: Float64Array;
  readonly curvature: Float64Array;
  readonly scores: Float64Array;
}
