import { normalQuantile } from "@pushforward/core/plain";

/** Bins of equal mass, and the order statistics from each end at which the tails are cut finer. */
const BINS = 128;
const TAIL_PLACES: readonly number[] = [0, 1, 3, 7, 15];

/**
 * Ranks values among all values before them, in constant memory: the values are counted in bins, and a value has a random
 * place among those of its bin.
 *
 * Where the edges of the bins do not depend on the values that are ranked, and these are exchangeable, so are their bins, and
 * the ranks are independent and uniform on [0, 1): the p-values of Vovk, Nouretdinov and Gammerman (2003).
 */
export class RankCounts {
  /** Bin k holds (edges[k − 1], edges[k]], the last but one everything above, and the last one NaN. */
  private readonly edges: Float64Array;
  /** A normal score for each bin: where its values stand among those that gave the edges; 0 for NaN. */
  private readonly scores: Float64Array;
  /** A Fenwick tree: sums of counts over ranges of bins. */
  private readonly tree: Float64Array;
  private readonly counts: Float64Array;
  private total = 0;

  /** @param sample values that take no part in what is ranked. */
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
