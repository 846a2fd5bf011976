import { normalQuantile } from "@pushforward/core/plain";
import { cellAt } from "@pushforward/tables/extend";
import type { Table } from "pushforward";

/** Rows of a table that equal a row of a reference table, completely or in all cells but one. */
export interface NearRows {
  /** Indices of rows that equal a reference row in every cell. */
  readonly equal: readonly number[];
  /** Number of rows that equal a reference row in all cells but one, and none in every cell. */
  readonly near: number;
  /**
   * Expected numbers of equal and near rows among the same number of new rows, estimated from similar rows in the
   * reference table.
   */
  readonly expectedEqual: number;
  readonly expectedNear: number;
}

/**
 * Counts rows that are copies of the rows of a reference table, or copies with one changed cell. The reference table
 * provides the chance level: a new row equals a reference row as often as reference rows equal each other.
 */
export function nearRows(others: Table, rows: Table): NearRows {
  const coded = codedRows([others, rows]);
  const [own, asked] = coded as [CodedRows, CodedRows];
  const whole = countsOf(own.keys);
  const isEqual = Array.from(asked.keys, (key) => whole.has(key));
  const isNear = new Uint8Array(rows.rows);
  const isOwnNear = new Uint8Array(others.rows);
  const isOwnEqual = Array.from(own.keys, (key) => (whole.get(key) as number) > 1);
  for (let column = 0; column < others.columns.length && others.columns.length > 1; column++) {
    const [ownKeys, keys] = [own.without(column), asked.without(column)];
    const counts = countsOf(ownKeys);
    for (let i = 0; i < others.rows; i++) {
      // Rows that are equal are alike without a column, too.
      const alike = (counts.get(ownKeys[i] as number) as number) - (whole.get(own.keys[i] as number) as number);
      if (alike > 0) isOwnNear[i] = 1;
    }
    for (let i = 0; i < rows.rows; i++) if (!isEqual[i] && counts.has(keys[i] as number)) isNear[i] = 1;
  }
  const ownNear = isOwnNear.filter((is, i) => is === 1 && !isOwnEqual[i]).length;
  const share = rows.rows / others.rows;
  return {
    equal: isEqual.flatMap((is, i) => (is ? [i] : [])),
    near: isNear.reduce((sum, is) => sum + is, 0),
    expectedEqual: share * isOwnEqual.filter(Boolean).length,
    expectedNear: share * ownNear,
  };
}

/**
 * Returns the excess of a count over the count `expected` among `rows` new rows, in standard deviations. For small
 * counts it is exact, by Poisson's law.
 */
export function excessOf(count: number, expected: number, rows: number): number {
  if (count === 0) return Number.NEGATIVE_INFINITY;
  if (expected > 25) {
    // The expected number is one of a sample, too.
    return (count - 0.5 - expected) / Math.sqrt(2 * Math.max(expected * (1 - expected / rows), 1));
  }
  let [term, below] = [Math.exp(-expected), 0];
  for (let k = 0; k < count; k++) {
    below += term;
    term *= expected / (k + 1);
  }
  return below >= 1 ? Number.POSITIVE_INFINITY : normalQuantile(below);
}

/** Cells of rows as sums of hashes, from which a single column can be removed. */
interface CodedRows {
  readonly keys: Float64Array;
  without(column: number): Float64Array;
}

function codedRows(tables: readonly Table[]): CodedRows[] {
  const codes = new Map<string, number>();
  const names = (tables[0] as Table).columns.map(({ name }) => name);
  return tables.map(({ rows, columns }) => {
    const own = names.map((name) => columns.find((column) => column.name === name) as (typeof columns)[number]);
    const cells = own.map((column, j) =>
      Uint32Array.from({ length: rows }, (_, row) => {
        const cell = cellAt(column, row);
        const text = `${j} ${typeof cell} ${cell}`;
        const known = codes.get(text) ?? codes.size + 1;
        codes.set(text, known);
        return known;
      }),
    );
    const [high, low] = [new Uint32Array(rows), new Uint32Array(rows)];
    for (const column of cells) {
      for (let row = 0; row < rows; row++) {
        high[row] = (high[row] as number) + mixed(column[row] as number, 1);
        low[row] = (low[row] as number) + mixed(column[row] as number, 2);
      }
    }
    const keyOf = (a: number, b: number): number => (a >>> 0) * 2 ** 21 + (b >>> 11);
    return {
      keys: Float64Array.from({ length: rows }, (_, row) => keyOf(high[row] as number, low[row] as number)),
      without: (column) =>
        Float64Array.from({ length: rows }, (_, row) => {
          const code = (cells[column] as Uint32Array)[row] as number;
          return keyOf((high[row] as number) - mixed(code, 1), (low[row] as number) - mixed(code, 2));
        }),
    };
  });
}

/** Well-mixed bits of a number (the finalizer of MurmurHash3). */
function mixed(code: number, seed: number): number {
  let x = code + Math.imul(seed, 0x9e3779b9);
  x = Math.imul(x ^ (x >>> 16), 0x85ebca6b);
  x = Math.imul(x ^ (x >>> 13), 0xc2b2ae35);
  return (x ^ (x >>> 16)) >>> 0;
}

function countsOf(keys: Float64Array): Map<number, number> {
  const counts = new Map<number, number>();
  for (const key of keys) counts.set(key, (counts.get(key) ?? 0) + 1);
  return counts;
}
