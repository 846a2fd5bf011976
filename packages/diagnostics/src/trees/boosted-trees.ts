import { OptionError } from "@pushforward/core";
import { checkOptions, describeValue } from "@pushforward/core/extend";
import { checkCount } from "../check-options.ts";
import { TreeGrower } from "./grow-tree.ts";
import { type TreeNode, treeValue } from "./tree.ts";
import type { BinnedFeature } from "./tree-feature.ts";

/** Options of `fitBoostedTrees`. */
export interface BoostedTreesOptions {
  /** Number of trees. Default: 100. */
  readonly rounds?: number | undefined;
  /** Most questions of a tree to a row. Default: 6. */
  readonly depth?: number | undefined;
  /** By what the values of each tree are multiplied. Default: 0.3. */
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
 * Fits trees one after the other to what those before leave of the log-loss of two classes, by its gradient and its second
 * derivative on histograms of the columns (Chen and Guestrin 2016, arXiv:1603.02754; Ke et al. 2017). Deterministic.
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
