/** A column that trees split: numbers, NaN where missing, or codes of categories from 0. */
export type TreeFeature =
  | { readonly kind: "number"; readonly values: Float64Array }
  | { readonly kind: "category"; readonly values: Int32Array };

/** A column whose values are bins. */
export interface BinnedFeature {
  readonly kind: TreeFeature["kind"];
  readonly bins: Uint16Array;
  /** Number of bins. The last one of a column of numbers holds the missing cells. */
  readonly count: number;
}
