/** A question to a row. */
export interface Split {
  /** Place of the column. */
  readonly feature: number;
  /** Numbers: the last bin on the left. Categories: the only one on the left. */
  readonly bin: number;
  /** Numbers: `true` if missing cells go left. */
  readonly missingLeft: boolean;
}

/** A leaf with the number that it adds, or a question with its two answers. */
export type TreeNode =
  | { readonly value: number }
  | { readonly split: Split; readonly left: TreeNode; readonly right: TreeNode };

/** `true` if a row goes left, by column and bin. */
export function goesLeft({ kind, count }: BinnedFeature, { bin: at, missingLeft }: Split, bin: number): boolean {
  if (kind === "category") return bin === at;
  return bin === count - 1 ? missingLeft : bin <= at;
}

/** Output of a tree for a row. */
export function treeValue(root: TreeNode, features: readonly BinnedFeature[], row: number): number {
  let node = root;
  while ("split" in node) {
    const feature = features[node.split.feature] as BinnedFeature;
    node = goesLeft(feature, node.split, feature.bins[row] as number) ? node.left : node.right;
  }
  return node.value;
}

/** A column that trees split: numbers, NaN where missing, or codes of categories from 0. */
export type TreeFeature =
  | { readonly kind: "number"; readonly values: Float64Array }
  | { readonly kind: "category"; readonly values: Int32Array };

/** A column with bins as values. */
export interface BinnedFeature {
  readonly kind: TreeFeature["kind"];
  readonly bins: Uint16Array;
  /** Number of bins. The last bin of a numeric column contains missing cells. */
  readonly count: number;
}
