/** A column of numbers; NaN where a cell is missing. */
interface TypedNumbers {
  readonly name: string;
  readonly kind: "number";
  readonly values: Float64Array;
}

/** A column of texts; null where a cell is missing. */
interface TypedTexts {
  readonly name: string;
  readonly kind: "text";
  readonly values: readonly (string | null)[];
}

/** A column of a file that declares the types of its columns. */
export type TypedColumn = TypedNumbers | TypedTexts;

/** Some rows of such a file. */
export interface TypedBlock {
  readonly rows: number;
  readonly columns: readonly TypedColumn[];
}
