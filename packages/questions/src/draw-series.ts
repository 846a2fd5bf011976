import type { Key } from "@pushforward/core";
import { logSumExp } from "@pushforward/core/plain";
import { joinNumbers } from "@pushforward/datasets/extend";
import { type DrawnHoles, joinDraws, type Tilt } from "@pushforward/tables/extend";
import { type ProposalName, type WeightQuality, weightQuality } from "./proposals.ts";

/** By the name of a column. */
export type Tilts = ReadonlyMap<string, Tilt>;

/** Draws of each proposal that find the better one. */
export const PILOT = 150;
/** The first proposal is exact where it is good, and needs no mixture: it may be this much worse. */
const FIRST_SHARE = 0.8;

/** Draws of a question by one proposal, and their effective number. */
export class DrawSeries {
  readonly proposal: ProposalName;
  readonly tilts: Tilts | undefined;
  /** `true` if the cells of conditions are drawn first, among those that meet them. */
  readonly isPinned: boolean;
  readonly parts: DrawnHoles[] = [];
  rows: number = 0;
  /** Undefined until a draw has a weight. */
  quality: WeightQuality | undefined;
  /** The logarithm of the mean weight, in nats. */
  logMean: number = Number.NEGATIVE_INFINITY;
  private readonly key: Key;

  constructor(proposal: ProposalName, key: Key, tilts?: Tilts, isPinned: boolean = false) {
    this.isPinned = isPinned;
    this.proposal = proposal;
    this.key = key;
    this.tilts = tilts;
  }

  /** The key of the next draws. */
  get nextKey(): Key {
    return this.key.fold(this.parts.length);
  }

  /** The effective number of draws. */
  get size(): number {
    return this.quality?.effectiveSampleSize ?? 0;
  }

  /** `true` if some draws have a number that follows from a known copy. */
  get isPulled(): boolean {
    return this.parts.some(({ pulled }) => [...pulled.values()].some((flags) => flags.includes(1)));
  }

  add(drawn: DrawnHoles): void {
    this.parts.push(drawn);
    const logWeights = joinNumbers(this.parts.map((part) => part.logWeights));
    this.rows = logWeights.length;
    this.quality = weightQuality(logWeights);
    this.logMean = logSumExp(logWeights) - Math.log(this.rows);
  }

  /**
   * `true` if a different proposal may be better than this first one: the draws have uneven weights, and the remaining ones
   * cost more than a try.
   */
  isWorthTrying(draws: number): boolean {
    const { rows, size } = this;
    return size < FIRST_SHARE * rows && (1.1 * draws * rows) / size - rows >= 2 * PILOT;
  }

  /**
   * Effective draws per draw. If the mean weight of another series is larger, this series has missed a share s of the answer. A
   * draw of that part would have at least the share s of all weights, so the effective number is at most
   * `1 / (s² + (1 − s)² / size)`.
   */
  efficiency(other: DrawSeries): number {
    if (this.size === 0) return 0;
    const share = Math.max(0, 1 - Math.exp(this.logMean - other.logMean));
    return 1 / (share ** 2 + (1 - share) ** 2 / this.size) / this.rows;
  }

  /**
   * The number of draws of this series that probably suffices together with all other series. It is at most eight times the
   * present number, at least a tenth more, and leaves the sum over all series within `most`.
   */
  forecast(all: readonly DrawSeries[], { draws, most }: { readonly draws: number; readonly most: number }): number {
    const others = all.filter((series) => series !== this);
    const lacking = draws - others.reduce((sum, { size }) => sum + size, 0);
    const wanted = this.rows * Math.min(8, Math.max(1.1, (1.1 * lacking) / Math.max(this.size, 1)));
    return Math.min(most - rowsOf(others), Math.ceil(wanted));
  }
}

/** Number of the draws of all series. */
export function rowsOf(all: readonly DrawSeries[]): number {
  return all.reduce((sum, { rows }) => sum + rows, 0);
}

/** The series with the most effective draws per draw; the first one unless another is better by a quarter. */
export function bestSeries(all: readonly DrawSeries[]): DrawSeries {
  const [first, ...others] = all as [DrawSeries, ...DrawSeries[]];
  const better = others.filter(({ rows, size }) => FIRST_SHARE * size * first.rows > first.size * rows);
  return better.reduce((best, one) => (best === first || one.size > best.size ? one : best), first);
}

/**
 * All draws as a single weighted sample; undefined if no draw has a weight. Each series estimates the same answer. The weights of
 * a series with N draws and the effective number n become
 *
 *     log w ← log w + log (n / Σ n) − log (N / Σ N)
 *
 * The effective number of the sample is then about `Σ n`, and its mean weight estimates the same evidence as the mean weight of
 * each series.
 */
export function poolSeries(all: readonly DrawSeries[]): DrawnHoles | undefined {
  const used = all.filter(({ size }) => size > 0);
  if (used.length === 0) return undefined;
  const sizes = used.reduce((sum, { size }) => sum + size, 0);
  const rows = rowsOf(used);
  return joinDraws(
    used.flatMap(({ parts, size, rows: own }) => {
      const shift = used.length === 1 ? 0 : Math.log(((size / sizes) * rows) / own);
      return parts.map((part) => ({ ...part, logWeights: part.logWeights.map((value) => value + shift) }));
    }),
  );
}
