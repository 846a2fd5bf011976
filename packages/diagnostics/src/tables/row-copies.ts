import type { Table } from "@pushforward/datasets";
import { normalTail } from "@pushforward/p-values";
import { type AlignedColumn, alignTables } from "./align-tables.ts";
import { rowRarity } from "./row-rarity.ts";

/** What {@link rowCopies} finds. */
export interface RowCopies {
  /** Synthetic rows that equal a training row in every cell. */
  readonly count: number;
  /** Those of them that equal a row that occurs once in the training rows. */
  readonly unique: number;
  /** How many of the latter there would be among as many new rows. */
  readonly expectedUnique: number;
  /** Of the hypothesis that there are no more than among new rows; small where rows were copied. */
  readonly pValue: number;
  /** The synthetic rows that are `unique`, from 0. */
  readonly rows: Int32Array;
}

const MOST_STRATA = 20;
/** Pairs of equal training rows for a stratum. */
const PAIRS_PER_STRATUM = 60;

/**
 * Copies of training rows among synthetic rows. Rows that are frequent among real ones are drawn again by any good model;
 * what counts are copies of rows that occur once. As many of them as among new rows are expected: by Good (1953) a new row
 * equals one that occurs once in n rows with probability 2·F₂/n, where F₂ different rows occur twice. Rows of rare values
 * seldom occur twice and are copied as often as others, so they count more: observed and expected copies are compared in up
 * to 20 strata by how rare the values of a row are.
 *
 * @throws {DataError} a table has no rows, or lacks a column, or has numbers in it where the other has text.
 * @example
 * rowCopies(penguins(), penguins()).count; // → 342
 */
export function rowCopies(training: Table, synthetic: Table): RowCopies {
  const columns = alignTables([training, synthetic], "rowCopies");
  const found = countRows(columns, training.rows);
  const rarity = rowRarity(columns, 0);
  const once = [...found.values()].filter(({ count }) => count === 1).map(({ row }) => rarity[row] as number);
  const twice = [...found.values()].filter(({ count }) => count === 2).map(({ row }) => rarity[row] as number);
  let count = 0;
  const rows: number[] = [];
  const copied: number[] = [];
  for (const [row, key] of rowKeys(columns, 1, synthetic.rows).entries()) {
    const original = found.get(key);
    if (original === undefined) continue;
    count += 1;
    if (original.count > 1) continue;
    rows.push(row);
    copied.push(rarity[original.row] as number);
  }
  const ratio = synthetic.rows / training.rows;
  const pValue = normalTail(excess({ once, twice, copied }, ratio));
  return { count, unique: rows.length, expectedUnique: 2 * twice.length * ratio, pValue, rows: Int32Array.from(rows) };
}

/** The rarities of training rows that occur once, of those that occur twice, and of those that were copied. */
interface Rarities {
  readonly once: readonly number[];
  readonly twice: readonly number[];
  readonly copied: readonly number[];
}

/** Copies beyond those expected, in standard deviations: strata are weighted for copies of rows drawn evenly. */
function excess({ once, twice, copied }: Rarities, ratio: number): number {
  const strata = Math.max(1, Math.min(MOST_STRATA, Math.floor(twice.length / PAIRS_PER_STRATUM)));
  // Of equally many pairs: their number is what the expectation of a stratum rests on.
  const sorted = Float64Array.from(twice).sort();
  const ends = Array.from(
    { length: strata - 1 },
    (_, s) => sorted[Math.floor(((s + 1) * sorted.length) / strata)] ?? 0,
  );
  const countIn = (values: readonly number[]): Float64Array => {
    const counts = new Float64Array(strata);
    for (const value of values) {
      const stratum = ends.reduce((sum, end) => sum + Number(value >= end), 0);
      counts[stratum] = (counts[stratum] as number) + 1;
    }
    return counts;
  };
  const [ofOnce, ofTwice, ofCopied] = [countIn(once), countIn(twice), countIn(copied)];
  let [sum, variance] = [0, 0];
  for (let s = 0; s < strata; s++) {
    const pairs = ofTwice[s] as number;
    const expected = 2 * pairs * ratio;
    // Copies and pairs are about Poisson; one copy more where neither is there to tell how many there are.
    const spread = expected + 4 * pairs * ratio * ratio + 1 / strata;
    const weight = (ofOnce[s] as number) / spread;
    sum += weight * ((ofCopied[s] as number) - expected);
    variance += weight * weight * spread;
  }
  return variance > 0 ? sum / Math.sqrt(variance) : 0;
}

/** Each different row of the first table: how often it occurs, and where first. */
function countRows(columns: readonly AlignedColumn[], rows: number): Map<string, { count: number; row: number }> {
  const found = new Map<string, { count: number; row: number }>();
  for (const [row, key] of rowKeys(columns, 0, rows).entries()) {
    const known = found.get(key);
    if (known === undefined) found.set(key, { count: 1, row });
    else known.count += 1;
  }
  return found;
}

function rowKeys(columns: readonly AlignedColumn[], table: number, rows: number): string[] {
  const values = columns.map((column) => column.values[table] as AlignedColumn["values"][number]);
  return Array.from({ length: rows }, (_, row) => values.map((column) => column[row]).join(","));
}
