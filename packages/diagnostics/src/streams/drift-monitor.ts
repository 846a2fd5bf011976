import { type Key, OptionError } from "@pushforward/core";
import { checkKey, checkOptions } from "@pushforward/core/extend";
import { checkShare } from "../check-options.ts";
import { makeBets } from "./bets.ts";
import { type RowStatistic, RowStatistics, type StatisticKind, type StreamRows } from "./row-statistics.ts";
import { TestMartingale } from "./test-martingale.ts";

/** Options of {@link DriftMonitor}. */
export interface DriftMonitorOptions {
  /** Rows like those to come as long as nothing drifts, for instance rows that were held out when the model was trained. */
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
  /** What drifts: the log-density of rows, the values of a column, its cells given those before them, a pair of columns. */
  readonly kind: StatisticKind;
  /** The column or the pair; none for the log-density. */
  readonly columns: readonly string[];
  /** The e-value: at least `1 / level`. */
  readonly evidence: number;
  /** The probability of so much evidence, at any time since the evidence began at 1, is at most this. */
  readonly pValue: number;
}

const LEAST_REFERENCE = 20;
/** Every third row of the reference gives the bins, the others are counted in them. */
const PARTS = 3;
/** Rows without an alarm after the first one; after each further one twice as many. */
const FIRST_PAUSE = 1000;
const UNIFORMS = 4096;

/**
 * Watches a stream of rows for drift, with an alarm that is valid at any time: while the rows of the stream are drawn as those
 * of the reference were, the probability that there is ever an alarm is at most `level`, however long the stream is.
 *
 * Numbers of each row (its log-density, its values, the log-probabilities of its cells, products of two columns) are ranked
 * among those of the reference and of all rows before it. Without drift, the ranks of each number are independent and uniform,
 * whatever its distribution and the size of the reference (Vovk, Nouretdinov and Gammerman 2003, "Testing exchangeability
 * on-line"). A test martingale bets against that; it reaches `c` with a probability of at most `1/c` (Ville 1939). The level
 * is divided among the numbers, so that the column whose martingale raises the alarm is the one that drifts.
 *
 * Memory does not grow with the stream, because the ranks are those of a few hundred bins. Rows of the stream join those that
 * later ones are compared with: a lasting change becomes the new normal. After an alarm the evidence begins again at 1, and
 * the next one is at least 1,000 rows away, then 2,000, and so on.
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

  /** @throws {OptionError} no key, a level out of range, fewer than 20 rows of reference, columns of another length. */
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

  /** The largest evidence so far; 1 is none. */
  get evidence(): number {
    return this.largest;
  }

  /**
   * Looks at the next rows of the stream.
   *
   * @returns the alarms that they raise.
   * @throws {OptionError} the columns are not those of the reference.
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

/** A quarter of the level for each kind of number, in equal parts; one without numbers leaves its quarter to the others. */
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
