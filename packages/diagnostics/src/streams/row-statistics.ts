import { normalQuantile } from "@pushforward/core/plain";

/** Bins of equal mass, and the order statistics from each end at which the tails are cut finer. */
const BINS = 128;
const TAIL_PLACES: readonly number[] = [0, 1, 3, 7, 15];

/**
 * Ranks values among all previous values, in constant memory: values are counted in bins, and a value has a random position
 * within its bin.
 *
 * Where the edges of the bins do not depend on the values that are ranked, and these are exchangeable, so are their bins, and
 * the ranks are independent and uniform on [0, 1): the p-values of Vovk, Nouretdinov and Gammerman (2003).
 */
export class RankCounts {
  /**
   * Edges of the bins. Bin k contains (edges[k − 1], edges[k]], the second to last bin all values above, and the last
   * bin NaN.
   */
  private readonly edges: Float64Array;
  /** A normal score per bin: the position of its values among the sample of the edges; 0 for NaN. */
  private readonly scores: Float64Array;
  /** A Fenwick tree: sums of counts over ranges of bins. */
  private readonly tree: Float64Array;
  private readonly counts: Float64Array;
  private total = 0;

  /** @param sample values that determine the bins and are not ranked. */
  constructor(sample: Float64Array) {
    const sorted = sample.filter((value) => !Number.isNaN(value)).sort();
    this.edges = edgesOf(sorted);
    const bins = this.edges.length + 2;
    this.tree = new Float64Array(bins + 1);
    this.counts = new Float64Array(bins);
    this.scores = this.scoresOf(sorted);
  }

  binOf(value: number): number {
    const { edges } = this;
    if (Number.isNaN(value)) return edges.length + 1;
    let [low, high] = [0, edges.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((edges[middle] as number) < value) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  normalScore(bin: number): number {
    return this.scores[bin] as number;
  }

  /** Counts a value of a bin. */
  add(bin: number): void {
    const { tree, counts } = this;
    counts[bin] = (counts[bin] as number) + 1;
    for (let i = bin + 1; i < tree.length; i += i & -i) tree[i] = (tree[i] as number) + 1;
    this.total++;
  }

  /** Counts a value of a bin, and returns its rank among all values so far, with `u` as its place within the bin. */
  rank(bin: number, u: number): number {
    this.add(bin);
    let below = 0;
    for (let i = bin; i > 0; i &= i - 1) below += this.tree[i] as number;
    return (below + u * (this.counts[bin] as number)) / this.total;
  }

  private scoresOf(sorted: Float64Array): Float64Array {
    const own = new Float64Array(this.counts.length);
    for (const value of sorted) {
      const bin = this.binOf(value);
      own[bin] = (own[bin] as number) + 1;
    }
    let below = 0;
    const scores = own.map((count) => {
      const middle = below + count / 2;
      below += count;
      return normalQuantile((middle + 0.5) / (sorted.length + 1));
    });
    scores[scores.length - 1] = 0;
    return scores;
  }
}

function edgesOf(sorted: Float64Array): Float64Array {
  const n = sorted.length;
  const middle = Array.from({ length: BINS - 1 }, (_, k) => Math.floor(((k + 1) * n) / BINS));
  const tails = TAIL_PLACES.flatMap((place) => [place, n - 1 - place]).filter((place) => place >= 0 && place < n);
  const values = [...middle, ...tails].flatMap((place) => sorted[place] ?? []);
  return Float64Array.from(new Set(values)).sort();
}

/** Numbers about some rows of a table. */
export interface StreamRows {
  readonly rows: number;
  /** The log-density of each row; -Infinity for impossible rows. */
  readonly logDensity: ArrayLike<number>;
  readonly columns: readonly StreamColumn[];
}

/** A column of {@link StreamRows}. */
export interface StreamColumn {
  readonly name: string;
  /** Numbers, or categories as numbers; NaN where a cell is missing. */
  readonly values: ArrayLike<number>;
  /** The log-probability of each cell given the cells before it, if the model provides it. */
  readonly logProb?: ArrayLike<number> | undefined;
}

/** Subject of a statistic: the row, cells of a column, cells given the previous ones, two columns. */
export type StatisticKind = "row" | "values" | "conditional" | "pair";

/** A number per row that is monitored for drift. */
export interface RowStatistic {
  readonly kind: StatisticKind;
  readonly columns: readonly string[];
  readonly ranks: RankCounts;
}

/** Maximum number of column pairs: the most correlated ones. */
const MOST_PAIRS = 66;
/** Number of rows used to choose the pairs. */
const PAIR_ROWS = 1000;

/**
 * The monitored numbers of a row: its log-density; each value, and the log-probability of each cell, to find a shift
 * that leaves the density unchanged; for pairs of columns the product of their normal scores, for dependence.
 */
export class RowStatistics {
  readonly all: readonly RowStatistic[];
  private readonly names: readonly string[];
  private readonly values: readonly RankCounts[];
  private readonly conditional: readonly (RankCounts | undefined)[];
  private readonly pairs: readonly { readonly first: number; readonly second: number; readonly ranks: RankCounts }[];
  private readonly row: RankCounts;

  /** @param sample rows that determine the bins and are not ranked. */
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
