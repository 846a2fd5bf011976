import { normalQuantile } from "@pushforward/core/plain";
import { normalTail } from "@pushforward/ops";

/** Cells of [0, 1) in each of which a bet pays the same. */
export const CELLS = 256;

/** Ways to bet against uniform p-values; the mean payment of each over [0, 1) is 1. */
export interface Bets {
  readonly count: number;
  /** The share of the capital that each has at the start; their sum is 1. */
  readonly shares: Float64Array;
  /** What a stake of 1 becomes, `[cells, bets]`. */
  readonly payments: Float64Array;
}

type Bet = (from: number, to: number) => number;

const SHIFTS: readonly number[] = [0.1, 0.2, 0.4, 0.8, 1.6].flatMap((shift) => [shift, -shift]);
const SCALES: readonly number[] = [0.5, 0.7, 0.85, 1.2, 1.5, 2, 3];
/** Part of the range, and how much more often a p-value falls into it than it should. */
const RANGES: readonly (readonly [from: number, to: number, ratio: number])[] = [4, 8].flatMap((parts) =>
  Array.from({ length: parts }, (_, k) => k).flatMap((k) =>
    [0.5, 1.5, 3].map((ratio) => [k / parts, (k + 1) / parts, ratio] as const),
  ),
);
const TAILS: readonly (readonly [from: number, to: number, ratio: number])[] = (
  [
    [1 / 16, 1.5],
    [1 / 16, 3],
    [1 / 64, 2],
    [1 / 64, 5],
    [1 / 256, 4],
    [1 / 256, 12],
  ] as const
).flatMap(([size, ratio]) => [[0, size, ratio] as const, [1 - size, 1, ratio] as const]);

/**
 * Bets on what a drift does to the normal scores of p-values (a shift, another scale) and to their frequency in parts of
 * [0, 1). Each is the ratio of a density on [0, 1) to the uniform one, averaged over cells.
 */
export function makeBets(): Bets {
  const groups: readonly (readonly Bet[])[] = [
    SHIFTS.map((shift) => normalBet(shift, 1)),
    SCALES.map((scale) => normalBet(0, scale)),
    RANGES.map(rangeBet),
    TAILS.map(rangeBet),
  ];
  const bets = groups.flat();
  const shares = groups.flatMap((group) => group.map(() => 1 / groups.length / group.length));
  const payments = new Float64Array(CELLS * bets.length);
  for (const [j, bet] of bets.entries()) {
    for (let cell = 0; cell < CELLS; cell++) {
      payments[cell * bets.length + j] = CELLS * bet(cell / CELLS, (cell + 1) / CELLS);
    }
  }
  return { count: bets.length, shares: Float64Array.from(shares), payments };
}

/** Probability that Φ(shift + scale·Z) is in a cell. */
function normalBet(shift: number, scale: number): Bet {
  const below = (p: number): number => (p <= 0 ? 0 : p >= 1 ? 1 : 1 - normalTail((normalQuantile(p) - shift) / scale));
  return (from, to) => below(to) - below(from);
}

/** Probability of a cell under a density that is `ratio` in a range whose ends are ends of cells. */
function rangeBet([low, high, ratio]: readonly [from: number, to: number, ratio: number]): Bet {
  const outside = (1 - ratio * (high - low)) / (1 - (high - low));
  return (from, to) => (from >= low && to <= high ? ratio : outside) * (to - from);
}
