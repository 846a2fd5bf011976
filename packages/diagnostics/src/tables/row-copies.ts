import type { Table } from "@pushforward/datasets";
import { normalTail } from "@pushforward/ops";
import { type AlignedColumn, alignTables } from "./column-shapes.ts";
import { rowRarity } from "./row-memorization.ts";

/** Result of {@link rowCopies}. */
export interface RowCopies {
  /** Synthetic rows that equal a training row in every cell. */
  readonly count: number;
  /** Synthetic rows that equal a row with one occurrence in the training rows. */
  readonly unique: number;
  /** Expected value of `unique` for an equal number of new rows. */
  readonly expectedUnique: number;
  /**
   * p-value of the hypothesis that the number of copies is no larger than among new rows; small if rows were copied.
   */
  readonly pValue: number;
  /**
   * The smallest share of copied rows that is detected with a probability of 95 % at a p-value of 0.001: 1 if rows repeat so
   * often that copies are not detectable.
   */
  readonly detectable: number;
  /** The synthetic rows that are `unique`, from 0. */
  readonly rows: Int32Array;
}

/** Pairs of equal rows in a stratum, at least. */
const PAIRS_PER_STRATUM = 30;
const MOST_STRATA = 100;
/** With fewer pairs, the expected split is not measurable. */
const FEW_PAIRS = 60;
/** Normal quantiles: copies are found at a p-value of 0.001, and are so in 95 % of all cases. */
const FOUND = 3.09 + 1.645;

/**
 * Counts copies of training rows among synthetic rows. A good model also repeats frequent rows, so only copies of rows
 * with one occurrence count. The expected number is the number among new rows: by Good (1953) a new row equals one with
 * a single occurrence in n rows with probability 2·F₂/n, with F₂ distinct rows of two occurrences.
 *
 * The test uses rows with two occurrences in both tables together. For equal distributions, a pair of equal rows is
 * split between the tables as often as by chance; for different distributions, less often. Copies are split pairs. Rows
 * of rare values seldom occur twice and are copied as often as frequent rows, so they have more weight: split and
 * unsplit pairs are compared in up to 100 strata by the rarity of the values.
 *
 * If a good model repeats a large share of rows, few copies are not detectable: `detectable` is the limit.
 *
 * @throws {DataError} a table has no rows, or lacks a column, or has numbers in a column with text in the other table.
 * @example
 * rowCopies(penguins(), penguins()).count; // → 342
 */
export function rowCopies(training: Table, synthetic: Table): RowCopies {
  const columns = alignTables([training, synthetic], "rowCopies");
  const found = countRows(columns);
  const rows: number[] = [];
  let count = 0;
  for (const [row, key] of rowKeys(columns, 1).entries()) {
    const { own } = found.get(key) as CountedRow;
    if (own > 0) count += 1;
    if (own === 1) rows.push(row);
  }
  const different = [...found.values()];
  const twice = different.reduce((sum, { own }) => sum + Number(own === 2), 0);
  const { excess, slope } = splitPairs(raritiesOf(columns, different), training.rows, synthetic.rows);
  return {
    ...{ count, unique: rows.length, expectedUnique: (2 * twice * synthetic.rows) / training.rows },
    pValue: normalTail(excess),
    detectable: Math.min(1, FOUND / (slope * synthetic.rows)),
    rows: Int32Array.from(rows),
  };
}

/** The rarities of rows that occur once, and of pairs of equal rows: within a table, and split between both. */
interface Rarities {
  readonly once: readonly number[];
  /** Of rows that occur once in the training rows, however often they were drawn. */
  readonly unique: readonly number[];
  readonly within: readonly number[];
  readonly split: readonly number[];
}

function raritiesOf(columns: readonly AlignedColumn[], different: readonly CountedRow[]): Rarities {
  const rarity = rowRarity(columns);
  const of = (holds: (row: CountedRow) => boolean): number[] =>
    different.filter(holds).map(({ table, row }) => (rarity[table] as Float64Array)[row] as number);
  return {
    once: of(({ own, drawn }) => own + drawn === 1),
    unique: of(({ own }) => own === 1),
    within: of(({ own, drawn }) => own + drawn === 2 && own !== 1),
    split: of(({ own, drawn }) => own === 1 && drawn === 1),
  };
}

/** Excess of split pairs. */
interface SplitPairs {
  /** In standard deviations. */
  readonly excess: number;
  /** By how much one copy of a training row, drawn evenly, raises it. */
  readonly slope: number;
}

/** Split pairs in strata, which are weighted for copies of rows drawn evenly. */
function splitPairs({ once, unique, within, split }: Rarities, n: number, m: number): SplitPairs {
  // Neither the strata nor their weights tell which pairs are split: these are so by chance alone.
  const pairs = Float64Array.from([...within, ...split]).sort();
  const strata = Math.max(1, Math.min(MOST_STRATA, Math.floor(pairs.length / PAIRS_PER_STRATUM)));
  const ends = Array.from({ length: strata - 1 }, (_, s) => pairs[Math.floor(((s + 1) * pairs.length) / strata)] ?? 0);
  const countIn = (values: readonly number[]): Float64Array => {
    const counts = new Float64Array(strata);
    for (const value of values) {
      const stratum = ends.reduce((sum, end) => sum + Number(value >= end), 0);
      counts[stratum] = (counts[stratum] as number) + 1;
    }
    return counts;
  };
  const [ofOnce, ofUnique, ofWithin, ofSplit] = [once, unique, within, split].map(countIn) as [
    Float64Array,
    Float64Array,
    Float64Array,
    Float64Array,
  ];
  // Of pairs of equal rows that are drawn alike: those that are split for one that is not.
  const odds = (2 * n * m) / (n * n + m * m);
  let [sum, variance, raise] = [0, 0, 0];
  for (let s = 0; s < strata; s++) {
    const [own, other] = [ofWithin[s] as number, ofSplit[s] as number];
    // Of so few pairs the split ones are copies rather than a sign of how many are split by chance.
    const expected = pairs.length < FEW_PAIRS ? odds * own : ((own + other) * odds) / (1 + odds);
    // Both numbers are about Poisson; one pair more where there is none to tell how many there are.
    const spread = expected * (1 + odds) + 1 / strata;
    const weight = ((ofOnce[s] as number) + 1) / spread;
    sum += weight * (other - odds * own);
    variance += weight * weight * spread;
    raise += (weight * (ofUnique[s] as number)) / n;
  }
  return { excess: sum / Math.sqrt(variance), slope: raise / Math.sqrt(variance) };
}

/** A distinct row: its count in both tables, and its first position. */
interface CountedRow {
  own: number;
  drawn: number;
  readonly table: number;
  readonly row: number;
}

function countRows(columns: readonly AlignedColumn[]): Map<string, CountedRow> {
  const found = new Map<string, CountedRow>();
  for (const table of [0, 1]) {
    for (const [row, key] of rowKeys(columns, table).entries()) {
      const counted = found.get(key) ?? { own: 0, drawn: 0, table, row };
      if (table === 0) counted.own += 1;
      else counted.drawn += 1;
      found.set(key, counted);
    }
  }
  return found;
}

function rowKeys(columns: readonly AlignedColumn[], table: number): string[] {
  const values = columns.map((column) => column.values[table] as AlignedColumn["values"][number]);
  return Array.from(values[0] ?? [], (_, row) => values.map((column) => column[row]).join(","));
}
