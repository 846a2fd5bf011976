import { RankCounts } from "./rank-counts.ts";

/** Numbers about some rows of a table. */
export interface StreamRows {
  readonly rows: number;
  /** The log-density of each row; -Infinity where it is impossible. */
  readonly logDensity: ArrayLike<number>;
  readonly columns: readonly StreamColumn[];
}

/** A column of {@link StreamRows}. */
export interface StreamColumn {
  readonly name: string;
  /** Numbers, or categories as numbers; NaN where a cell is missing. */
  readonly values: ArrayLike<number>;
  /** The log-probability of each cell given those before it, for models that have one. */
  readonly logProb?: ArrayLike<number> | undefined;
}

/** What a number of a row is about: the row as a whole, cells of a column, these given the cells before them, two columns. */
export type StatisticKind = "row" | "values" | "conditional" | "pair";

/** A number of each row whose drift is looked for. */
export interface RowStatistic {
  readonly kind: StatisticKind;
  readonly columns: readonly string[];
  readonly ranks: RankCounts;
}

/** Products of more pairs than these are not looked at: those that are most correlated come first. */
const MOST_PAIRS = 66;
/** Rows that choose them. */
const PAIR_ROWS = 1000;

/**
 * The numbers of a row whose drift is looked for: its log-density; each value, and the log-probability of each cell, so that a
 * shift is found that leaves the density alone; for pairs of columns the product of their normal scores, for dependence.
 */
export class RowStatistics {
  readonly all: readonly RowStatistic[];
  private readonly names: readonly string[];
  private readonly values: readonly RankCounts[];
  private readonly conditional: readonly (RankCounts | undefined)[];
  private readonly pairs: readonly { readonly first: number; readonly second: number; readonly ranks: RankCounts }[];
  private readonly row: RankCounts;

  /** @param sample rows that give the bins of all numbers, and take no part in what is ranked. */
  constructor(sample: StreamRows) {
    const { columns } = sample;
    const rankOf = (values: ArrayLike<number>): RankCounts => new RankCounts(Float64Array.from(values));
    this.names = columns.map(({ name }) => name);
    this.row = rankOf(sample.logDensity);
    this.values = columns.map(({ values }) => rankOf(values));
    this.conditional = columns.map(({ logProb }) => logProb && rankOf(logProb));
    const scores = columns.map(({ values }, j) => {
      const ranks = this.values[j] as RankCounts;
      return Float64Array.from(values, (value) => ranks.normalScore(ranks.binOf(value)));
    });
    this.pairs = choosePairs(scores).map(([first, second]) => {
      const [a, b] = [scores[first] as Float64Array, scores[second] as Float64Array];
      return { first, second, ranks: rankOf(a.map((z, i) => z * (b[i] as number))) };
    });
    const named = (kind: StatisticKind, ranks: RankCounts | undefined, places: readonly number[]): RowStatistic[] =>
      ranks === undefined ? [] : [{ kind, ranks, columns: places.map((place) => this.names[place] as string) }];
    this.all = [
      ...named("row", this.row, []),
      ...this.values.flatMap((ranks, j) => named("values", ranks, [j])),
      ...this.conditional.flatMap((ranks, j) => named("conditional", ranks, [j])),
      ...this.pairs.flatMap(({ ranks, first, second }) => named("pair", ranks, [first, second])),
    ];
  }

  /** The bins of the numbers of a row, in the order of `all`. */
  binsOf({ logDensity, columns }: StreamRows, row: number, bins: Int32Array): void {
    let at = 0;
    bins[at++] = this.row.binOf(logDensity[row] as number);
    const firstColumn = at;
    for (const [j, ranks] of this.values.entries()) bins[at++] = ranks.binOf(columns[j]?.values[row] as number);
    for (const [j, ranks] of this.conditional.entries()) {
      if (ranks !== undefined) bins[at++] = ranks.binOf(columns[j]?.logProb?.[row] ?? Number.NaN);
    }
    for (const { first, second, ranks } of this.pairs) {
      const a = (this.values[first] as RankCounts).normalScore(bins[firstColumn + first] as number);
      const b = (this.values[second] as RankCounts).normalScore(bins[firstColumn + second] as number);
      bins[at++] = ranks.binOf(a * b);
    }
  }
}

/** All pairs, or the most correlated ones. */
function choosePairs(scores: readonly Float64Array[]): (readonly [number, number])[] {
  const pairs = scores.flatMap((_, i) => scores.slice(i + 1).map((_, k) => [i, i + 1 + k] as const));
  if (pairs.length <= MOST_PAIRS) return pairs;
  return pairs
    .map((pair) => ({ pair, size: Math.abs(productMean(scores[pair[0]], scores[pair[1]])) }))
    .sort((a, b) => b.size - a.size)
    .slice(0, MOST_PAIRS)
    .map(({ pair }) => pair);
}

function productMean(a: Float64Array = new Float64Array(), b: Float64Array = new Float64Array()): number {
  const rows = Math.min(a.length, PAIR_ROWS);
  let sum = 0;
  for (let i = 0; i < rows; i++) sum += (a[i] as number) * (b[i] as number);
  return sum / rows;
}
