/** Consecutive rows of a file. */
export interface RowRange {
  /** The first of them, from 0. */
  readonly from: number;
  readonly count: number;
}
