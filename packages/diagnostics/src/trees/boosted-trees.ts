import { OptionError } from "@pushforward/core";
import { checkOptions, describeValue } from "@pushforward/core/extend";
import { checkCount } from "../check-options.ts";
import { TreeGrower } from "./grow-tree.ts";
import { type BinnedFeature, type TreeFeature, type TreeNode, treeValue } from "./tree.ts";

/** Options of `fitBoostedTrees`. */
export interface BoostedTreesOptions {
  /** Number of trees. Default: 100. */
  readonly rounds?: number | undefined;
  /** Most questions of a tree to a row. Default: 6. */
  readonly depth?: number | undefined;
  /** Learning rate of the trees. Default: 0.3. */
  readonly learningRate?: number | undefined;
}

/** A classifier: the log-odds of a row are a sum over trees. */
export class BoostedTrees {
  private readonly features: readonly BinnedFeature[];
  private readonly trees: readonly TreeNode[];
  private readonly start: number;

  constructor(features: readonly BinnedFeature[], trees: readonly TreeNode[], start: number) {
    this.features = features;
    this.trees = trees;
    this.start = start;
  }

  /** The log-odds of class 1 of some rows of the columns that it was fitted on. */
  logOdds(rows: Int32Array): Float64Array {
    return Float64Array.from(rows, (row) => {
      let sum = this.start;
      for (const tree of this.trees) sum += treeValue(tree, this.features, row);
      return sum;
    });
  }
}

/**
 * Fits trees sequentially to the residual log-loss of two classes, by its first and second derivatives on histograms of the
 * columns (Chen and Guestrin 2016, arXiv:1603.02754; Ke et al. 2017). Deterministic.
 *
 * @param labels 0 or 1 for each row of the columns.
 * @param rows the rows to learn from.
 */
export function fitBoostedTrees(
  features: readonly BinnedFeature[],
  labels: Uint8Array,
  rows: Int32Array,
  options: BoostedTreesOptions = {},
): BoostedTrees {
  checkOptions("fitBoostedTrees", options, { rounds: true, depth: true, learningRate: true });
  const { rounds = 100, depth = 6, learningRate = 0.3 } = options;
  const where = "fitBoostedTrees";
  checkCount(where, "rounds", rounds);
  checkCount(where, "depth", depth);
  if (!(learningRate > 0))
    throw new OptionError(`${where}: expected a learning rate above 0, got ${describeValue(learningRate)}.`);
  const share = rows.reduce((sum, row) => sum + (labels[row] as number), 0) / rows.length;
  if (!(share > 0 && share < 1)) throw new OptionError(`${where}: expected rows of both classes, got one.`);
  const start = Math.log(share) - Math.log1p(-share);
  const scores = new Float64Array(labels.length).fill(start);
  const gradient = new Float64Array(labels.length);
  const curvature = new Float64Array(labels.length);
  const grower = new TreeGrower(features, rows, depth, learningRate);
  const trees = Array.from({ length: rounds }, () => {
    for (const row of rows) {
      const p = 1 / (1 + Math.exp(-(scores[row] as number)));
      gradient[row] = p - (labels[row] as number);
      curvature[row] = Math.max(p * (1 - p), 1e-16);
    }
    return grower.grow(gradient, curvature, scores);
  });
  return new BoostedTrees(features, trees, start);
}

/** Most bins of numbers, and most categories with a bin of their own. */
const MOST_BINS = 256;

/**
 * Puts the values of a column into bins. Numbers use at most 256 bins of equal mass, or one bin per value if distinct
 * values are few. Categories use one bin each; rare categories share a bin if the categories are numerous.
 */
export function binFeature(feature: TreeFeature): BinnedFeature {
  return feature.kind === "number" ? binNumbers(feature.values) : binCategories(feature.values);
}

function binNumbers(values: Float64Array): BinnedFeature {
  const sorted = values.filter((value) => !Number.isNaN(value)).sort();
  const distinct = distinctOf(sorted);
  const starts = distinct.length <= MOST_BINS ? distinct : quantilesOf(sorted);
  const missing = starts.length;
  const bins = Uint16Array.from(values, (value) => (Number.isNaN(value) ? missing : binAt(starts, value)));
  return { kind: "number", bins, count: missing + 1 };
}

function binCategories(codes: Int32Array): BinnedFeature {
  const most = codes.reduce((max, code) => Math.max(max, code), 0);
  if (most < MOST_BINS) return { kind: "category", bins: Uint16Array.from(codes), count: most + 1 };
  const counts = new Int32Array(most + 1);
  for (const code of codes) counts[code] = (counts[code] as number) + 1;
  const byCount = Array.from(counts, (count, code) => [count, code] as const).sort(
    (a, b) => b[0] - a[0] || a[1] - b[1],
  );
  const places = new Int32Array(most + 1).fill(MOST_BINS - 1);
  for (const [place, [, code]] of byCount.slice(0, MOST_BINS - 1).entries()) places[code] = place;
  return { kind: "category", bins: Uint16Array.from(codes, (code) => places[code] as number), count: MOST_BINS };
}

function distinctOf(sorted: Float64Array): Float64Array {
  return sorted.filter((value, i) => i === 0 || value !== sorted[i - 1]);
}

/** The smallest values of bins of equal mass. */
function quantilesOf(sorted: Float64Array): Float64Array {
  return distinctOf(
    Float64Array.from({ length: MOST_BINS }, (_, i) => sorted[Math.floor((i * sorted.length) / MOST_BINS)] as number),
  );
}

/** The last bin that starts at or below a value. */
function binAt(starts: Float64Array, value: number): number {
  let [low, high] = [0, starts.length - 1];
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if ((starts[middle] as number) <= value) low = middle;
    else high = middle - 1;
  }
  return low;
}
