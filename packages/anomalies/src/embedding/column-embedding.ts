/** How a column of numbers becomes features: its value, and a flag for missing cells where training rows had some. */
export interface NumberEmbedding {
  readonly name: string;
  readonly kind: "number";
  /** The median, in place of missing cells. */
  readonly center: number;
  readonly hasMissing: boolean;
  /** Spacing of the grid on which all numbers lie, `center` among them. Default: they may lie anywhere. */
  readonly step?: number | undefined;
}

/**
 * How a column of categories becomes features: a flag for each frequent level but the first, and where there are rarer ones
 * the negative logarithm of the frequency of each.
 */
export interface CategoryEmbedding {
  readonly name: string;
  readonly kind: "category";
  /** The levels of the training rows, the most frequent first; an empty cell has one as well. */
  readonly levels: readonly (string | null)[];
  /** How many training rows have each. */
  readonly counts: readonly number[];
}

/** How a column becomes features. */
export type ColumnEmbedding = NumberEmbedding | CategoryEmbedding;
