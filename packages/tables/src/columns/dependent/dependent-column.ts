/** How a column follows from others. Values are rounded to the decimals of the column; missing cells follow, too. */
export type ColumnRelation =
  /** The same value in all rows. */
  | { readonly type: "constant" }
  /** The value of the other column in each row. */
  | { readonly type: "duplicate" }
  /** Each value of the other column has one value of this one. */
  | { readonly type: "function" }
  /** The first column plus the second. */
  | { readonly type: "sum" }
  /** The first column minus the second. */
  | { readonly type: "difference" }
  /** `slope` times the other column plus `intercept`. */
  | { readonly type: "affine"; readonly slope: number; readonly intercept: number };

/** A column that is determined by others. */
export interface DependentColumn {
  readonly column: string;
  /** The columns that determine it, in the order of the relation; none for a constant. */
  readonly from: readonly string[];
  readonly relation: ColumnRelation;
}
