/** A size of a shape that is the number of rows times a factor. */
export interface RowsDimension {
  readonly rows: number;
}

/** A size of a shape: known, or known with the number of rows. */
export type Dimension = number | RowsDimension;

/** A shape of known rank. */
export type Dimensions = readonly Dimension[];

export function isRows(dimension: Dimension): dimension is RowsDimension {
  return typeof dimension !== "number";
}

/** Whether two sizes are the same for any number of rows. */
export function sameDimension(a: Dimension, b: Dimension): boolean {
  return isRows(a) ? isRows(b) && a.rows === b.rows : a === b;
}

/** Whether two shapes are the same for any number of rows. */
export function sameDimensions(a: Dimensions, b: Dimensions): boolean {
  return a.length === b.length && a.every((dimension, i) => sameDimension(dimension, b[i] as Dimension));
}
