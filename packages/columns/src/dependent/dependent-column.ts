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

/**
 * What a column follows from, in a few words.
 *
 * @example
 * describeDependent({ column: "total", from: ["net", "tax"], relation: { type: "sum" } }); // → "net + tax"
 */
export function describeDependent({ from, relation }: DependentColumn): string {
  const [first = "", second = ""] = from;
  switch (relation.type) {
    case "constant":
      return "constant";
    case "duplicate":
      return `the same as ${first}`;
    case "function":
      return `of ${first}`;
    case "sum":
      return `${first} + ${second}`;
    case "difference":
      return `${first} − ${second}`;
    case "affine": {
      const { slope, intercept } = relation;
      const shift = intercept === 0 ? "" : ` ${intercept < 0 ? "−" : "+"} ${short(Math.abs(intercept))}`;
      return `${short(slope)} × ${first}${shift}`;
    }
  }
}

function short(value: number): string {
  return String(Number(value.toPrecision(6)));
}
