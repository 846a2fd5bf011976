/** A cell of a table: a category, a number, or undefined where it is missing. */
export type Cell = string | number | undefined;

/** A column of a {@link TableLike}: numbers, NaN where one is missing, or text. */
export type ColumnLike =
  | { readonly name: string; readonly kind: "number"; readonly values: Float64Array }
  | {
      readonly name: string;
      readonly kind: "text";
      readonly values: readonly string[];
      /** Rows, from 0, without a value. */
      readonly missing?: ReadonlySet<number>;
    };

/** Named columns of equal length, such as the tables of `@pushforward/datasets`. */
export interface TableLike {
  readonly rows: number;
  readonly columns: readonly ColumnLike[];
}
