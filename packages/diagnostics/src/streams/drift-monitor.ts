import { type Key, OptionError } from "@pushforward/core";
import { checkKey, checkOptions } from "@pushforward/core/extend";
import { normalQuantile } from "@pushforward/core/plain";
import { normalTail } from "@pushforward/ops";
import { checkShare } from "../check-options.ts";
import { type RowStatistic, RowStatistics, type StatisticKind, type StreamRows } from "./row-statistics.ts";

/** Cells of [0, 1) with a constant payment per bet. */
export const CELLS = 256;

/** Ways to bet against uniform p-values; the mean payment of each over [0, 1) is 1. */
interface Bets {
  readonly count: number;
  /** The share of the capital that each has at the start; their sum is 1. */
  readonly shares: Float64Array;
  /** Payment per stake of 1, `[cells, bets]`. */
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
 * Bets on the effect of a drift on the normal scores of p-values (shift, scale) and on their frequency in parts of [0, 1). Each
 * is the ratio of a density on [0, 1) to the uniform density, averaged over cells.
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

/** Probability of a cell under a density equal to `ratio` in a range of whole cells. */
function rangeBet([low, high, ratio]: readonly [from: number, to: number, ratio: number]): Bet {
  const outside = (1 - ratio * (high - low)) / (1 - (high - low));
  return (from, to) => (from >= low && to <= high ? ratio : outside) * (to - from);
}

/** Rows after which the start of a drift becomes less likely at first. */
const START_SCALE = 32;

/**
 * The capital of a gambler who bets against p-values being independent and uniform, from 1 on. While they are, it is a
 * martingale, and reaches 1/α with a probability of at most α, at any time (Ville 1939).
 *
 * The capital is divided among all bets and all possible starting rows of a drift; the part for later rows is not at stake, so
 * a stable stream costs little: after t rows `1/√(1 + ln(1 + t/32))` is still reserved. All starts of a bet are one number,
 * because the same payments multiply each from its start on.
 */
export class TestMartingale {
  private readonly bets: Bets;
  /** The capital of each bet that has begun. */
  private readonly stakes: Float64Array;
  private rows = 0;
  private waiting = 1;

  constructor(bets: Bets) {
    this.bets = bets;
    this.stakes = new Float64Array(bets.count);
  }

  /** The capital after one more p-value in [0, 1). */
  step(p: number): number {
    const { stakes } = this;
    const { count, shares, payments } = this.bets;
    const still = 1 / Math.sqrt(1 + Math.log1p(++this.rows / START_SCALE));
    const begins = this.waiting - still;
    this.waiting = still;
    const from = Math.floor(p * CELLS) * count;
    let sum = still;
    for (let j = 0; j < count; j++) {
      const stake = ((stakes[j] as number) + begins * (shares[j] as number)) * (payments[from + j] as number);
      stakes[j] = stake;
      sum += stake;
    }
    return sum;
  }

  /** Begins again with a capital of 1. */
  restart(): void {
    this.stakes.fill(0);
    this.rows = 0;
    this.waiting = 1;
  }
}

/** Options of {@link DriftMonitor}. */
export interface DriftMonitorOptions {
  /** Reference rows without drift, for example held-out rows of the training data. */
  readonly reference: StreamRows;
  /** The probability of a false alarm, ever. Default: 0.05. */
  readonly level?: number;
  /** Where values have equal ranks, it decides. */
  readonly key: Key;
}

/** A drift that {@link DriftMonitor} has found. */
export interface DriftAlarm {
  /** The row that raised it, counted from 0 since the monitor began. */
  readonly row: number;
  /**
   * The drifting quantity: the log-density of rows, the values of a column, its cells given the previous ones, a pair of
   * columns.
   */
  readonly kind: StatisticKind;
  /** The column or the pair; none for the log-density. */
  readonly columns: readonly string[];
  /** The e-value: at least `1 / level`. */
  readonly evidence: number;
  /** The probability of so much evidence, at any time since the evidence began at 1, is at most this. */
  readonly pValue: number;
}

const LEAST_REFERENCE = 20;
/** Every third row of the reference determines the bins; the remaining rows are counted. */
const PARTS = 3;
/** Minimum rows between the first alarm and the next; doubled after each alarm. */
const FIRST_PAUSE = 1000;
const UNIFORMS = 4096;

/**
 * Monitors a stream of rows for drift, with an anytime-valid alarm: while rows have the distribution of the reference, the
 * probability of any alarm is at most `level`, for streams of any length.
 *
 * Statistics of each row (log-density, values, log-probabilities of cells, products of two columns) are ranked among the
 * reference and all previous rows. Without drift, the ranks of each statistic are independent and uniform, for any distribution
 * and reference size (Vovk, Nouretdinov and Gammerman 2003, "Testing exchangeability on-line"). A test martingale bets against
 * this; it reaches `c` with a probability of at most `1/c` (Ville 1939). The level is divided among the statistics, so the
 * alarm identifies the drifting column.
 *
 * Memory is constant, because ranks use a few hundred bins. Rows of the stream join the comparison rows, so a lasting change
 * becomes normal. After an alarm the evidence restarts at 1, and the next alarm is at least 1,000 rows later, then 2,000, and
 * so on.
 *
 * @example
 * const rows = (key: Key, shift: number): StreamRows => {
 *   const values = key.normal(2000).map((z) => z + shift);
 *   return { rows: 2000, logDensity: values.map((x) => -x * x / 2), columns: [{ name: "x", values }] };
 * };
 * const [first, second, third] = createKey(0).split(3);
 * const monitor = new DriftMonitor({ reference: rows(first, 0), key: createKey(1) });
 * monitor.push(rows(second, 0)); // → []
 * const [alarm] = monitor.push(rows(third, 0.7));
 * console.log(alarm?.row, alarm?.columns); // ["x"], some rows after 2,000
 */
export class DriftMonitor {
  private readonly statistics: RowStatistics;
  private readonly martingales: readonly TestMartingale[];
  private readonly shares: Float64Array;
  private readonly bins: Int32Array;
  private readonly level: number;
  private readonly key: Key;
  private readonly names: readonly string[];
  private uniforms: Float32Array = new Float32Array(0);
  private count = 0;
  private largest = 1;
  private pauseEnds = 0;
  private pause = FIRST_PAUSE;

  /** @throws {OptionError} no key, a level out of range, fewer than 20 reference rows, or columns of different lengths. */
  constructor(options: DriftMonitorOptions) {
    checkOptions("DriftMonitor", options, { reference: true, level: true, key: true });
    const { reference, level = 0.05, key } = options;
    checkKey("DriftMonitor", { key });
    this.level = checkShare("DriftMonitor", "level", level);
    this.key = key;
    if (reference.rows < LEAST_REFERENCE) {
      throw new OptionError(
        `DriftMonitor: expected at least ${LEAST_REFERENCE} rows of reference, got ${reference.rows}.`,
      );
    }
    checkLengths(reference);
    this.names = reference.columns.map(({ name }) => name);
    this.statistics = new RowStatistics(everyThird(reference));
    const { all } = this.statistics;
    this.shares = sharesOf(all);
    const bets = makeBets();
    this.martingales = all.map(() => new TestMartingale(bets));
    this.bins = new Int32Array(all.length);
    for (let row = 0; row < reference.rows; row++) {
      if (row % PARTS === 0) continue;
      this.statistics.binsOf(reference, row, this.bins);
      for (const [k, { ranks }] of all.entries()) ranks.add(this.bins[k] as number);
    }
  }

  /** Number of rows so far. */
  get rows(): number {
    return this.count;
  }

  /** The largest evidence so far; 1 means no evidence. */
  get evidence(): number {
    return this.largest;
  }

  /**
   * Looks at the next rows of the stream.
   *
   * @returns the alarms that they raise.
   * @throws {OptionError} the columns differ from the reference.
   */
  push(rows: StreamRows): DriftAlarm[] {
    this.check(rows);
    const alarms: DriftAlarm[] = [];
    for (let row = 0; row < rows.rows; row++) {
      this.statistics.binsOf(rows, row, this.bins);
      const alarm = this.step(this.uniform());
      this.count++;
      if (alarm !== undefined) alarms.push(alarm);
    }
    return alarms;
  }

  private step(u: number): DriftAlarm | undefined {
    const { all } = this.statistics;
    const isPaused = this.count < this.pauseEnds;
    let [evidence, found] = [0, 0];
    for (let k = 0; k < all.length; k++) {
      const p = (all[k] as RowStatistic).ranks.rank(this.bins[k] as number, u);
      if (isPaused) continue;
      const own = (this.shares[k] as number) * (this.martingales[k] as TestMartingale).step(p);
      if (own > evidence) [evidence, found] = [own, k];
    }
    if (evidence > this.largest) this.largest = evidence;
    if (evidence * this.level < 1) return undefined;
    for (const martingale of this.martingales) martingale.restart();
    this.pauseEnds = this.count + 1 + this.pause;
    this.pause *= 2;
    const { kind, columns } = all[found] as RowStatistic;
    return { row: this.count, kind, columns, evidence, pValue: 1 / evidence };
  }

  private uniform(): number {
    const place = this.count % UNIFORMS;
    if (place === 0) this.uniforms = this.key.fold(this.count / UNIFORMS).uniform(UNIFORMS);
    return this.uniforms[place] as number;
  }

  private check(rows: StreamRows): void {
    const names = rows.columns.map(({ name }) => name);
    if (names.length !== this.names.length || names.some((name, j) => name !== this.names[j])) {
      throw new OptionError(
        `DriftMonitor.push: expected the columns ${this.names.join(", ")} of the reference, got ${names.join(", ")}.`,
      );
    }
    checkLengths(rows);
  }
}

/** A quarter of the level per type of statistic, in equal parts; an empty type passes its quarter to the remaining types. */
function sharesOf(all: readonly RowStatistic[]): Float64Array {
  const counts = new Map<StatisticKind, number>();
  for (const { kind } of all) counts.set(kind, (counts.get(kind) ?? 0) + 1);
  return Float64Array.from(all, ({ kind }) => 1 / counts.size / (counts.get(kind) as number));
}

function everyThird({ rows, logDensity, columns }: StreamRows): StreamRows {
  const count = Math.ceil(rows / PARTS);
  const pick = (values: ArrayLike<number>): Float64Array =>
    Float64Array.from({ length: count }, (_, i) => values[PARTS * i] as number);
  return {
    rows: count,
    logDensity: pick(logDensity),
    columns: columns.map(({ name, values, logProb }) => ({
      ...{ name, values: pick(values) },
      ...(logProb && { logProb: pick(logProb) }),
    })),
  };
}

function checkLengths({ rows, logDensity, columns }: StreamRows): void {
  for (const { name, values, logProb } of [
    { name: "the log-density", values: logDensity, logProb: undefined },
    ...columns,
  ]) {
    for (const one of [values, logProb]) {
      if (one === undefined || one.length === rows) continue;
      throw new OptionError(`DriftMonitor: expected ${rows} numbers of ${name}, got ${one.length}.`);
    }
  }
}
