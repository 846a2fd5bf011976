import { DataError, type Key, OptionError } from "@pushforward/core";
import { checkKey, checkOptions, describeValue } from "@pushforward/core/extend";
import type { Column, Table } from "@pushforward/datasets";
import { getColumn, listNames, refuseInfinite, takeTableRows } from "@pushforward/datasets/extend";
import { cellAt, columnFromCells, NumberCoding } from "@pushforward/tables/extend";
import { bestDraws, type RowDraws } from "./conditional-table.ts";
import type { TableQuestions } from "./table-questions.ts";

/** Options of {@link imputeTable}. Only the key is required. */
export interface ImputeOptions {
  readonly key: Key;
  /** Draws for each row with a hole, at least. Default: 50. */
  readonly draws?: number | undefined;
  /** Columns with holes to fill. Default: all. */
  readonly columns?: readonly string[] | undefined;
  /** Number of filled tables to draw. Default: 1. */
  readonly multiple?: number | undefined;
  /** The probability of the intervals of numbers. Default: 0.9. */
  readonly level?: number | undefined;
}

/** A cell that was missing. */
export interface ImputedCell {
  /** From 0. */
  readonly row: number;
  readonly column: string;
  /** The conditional mean of a number, the most probable value of a category. */
  readonly value: number | string;
  /** Bounds of the central interval of a number. */
  readonly interval?: readonly [low: number, high: number];
  /** Of a category: the probability of the value. */
  readonly probability?: number;
}

/** A table with filled holes. */
export interface ImputedTable {
  /** Tables with drawn cells, in the requested number. */
  readonly drawn: readonly Table[];
  /** With means and most probable values. */
  readonly expected: Table;
  readonly cells: readonly ImputedCell[];
  /** Rows, from 0, with answers from fewer than 10 effective draws. */
  readonly poor: readonly number[];
}

const DRAWS = 50;
const FEW_DRAWS = 10;
/** Rows that are drawn at once. */
const BLOCK = 20_000;

/**
 * Fills the missing cells of a table from the model's distribution of these cells given the other cells of their rows,
 * each with a value that is present: draws, and means with intervals or most probable values with probabilities. A
 * known number off the grid of its column counts as the nearest number on the grid.
 *
 * @param table with the columns of the model; other columns stay unchanged.
 * @throws {DataError} a column is missing or of the wrong kind.
 * @throws {OptionError} an option out of range.
 * @example
 * const { model } = await fitTableDensity(penguins(), { key, maxEpochs: 2 });
 * const questions = await askTable(model, { key });
 * const { expected, cells } = imputeTable(questions, penguins(), { key });
 */
export function imputeTable(questions: TableQuestions, table: Table, options: ImputeOptions): ImputedTable {
  checkOptions("imputeTable", options, { key: true, draws: true, columns: true, multiple: true, level: true });
  checkKey("imputeTable", options);
  const { key, draws = DRAWS, multiple = 1, level = 0.9 } = options;
  for (const [name, value] of Object.entries({ draws, multiple })) {
    if (!Number.isSafeInteger(value) || value < 1) {
      throw new OptionError(`imputeTable: expected ${name} to be an integer from 1, got ${describeValue(value)}.`);
    }
  }
  if (!(level > 0 && level < 1))
    throw new OptionError(`imputeTable: expected a level between 0 and 1, got ${describeValue(level)}.`);
  const names = questions.columns.map(({ name }) => name);
  const unknown = options.columns?.find((name) => !names.includes(name));
  if (unknown !== undefined) {
    throw new DataError(`imputeTable: expected columns of the model, ${listNames(names)}, got "${unknown}".`, {
      column: unknown,
    });
  }
  const wanted = new Set(options.columns ?? names);
  // A known number that cannot occur would leave no draw with a density.
  const own = {
    rows: table.rows,
    columns: names.map((name): Column => {
      const column = getColumn(table, name);
      if (column.kind === "text") return column;
      refuseInfinite(column);
      const coding = questions.questioned.density.codingOf(name);
      if (!(coding instanceof NumberCoding)) return column;
      return { ...column, values: column.values.map((x) => (Number.isNaN(x) ? x : coding.nearest(x))) };
    }),
  };
  const isHole = (column: Column, row: number): boolean => wanted.has(column.name) && cellAt(column, row) === undefined;
  const holed = Array.from({ length: table.rows }, (_, row) => row).filter((row) =>
    own.columns.some((column) => isHole(column, row)),
  );
  const filler = new Filler(table, multiple);
  const perBlock = Math.max(1, Math.floor(BLOCK / draws));
  for (let from = 0; from < holed.length; from += perBlock) {
    const rows = holed.slice(from, from + perBlock);
    const part = takeTableRows(own, rows);
    const answers = bestDraws(questions.questioned, part, { draws, isHole, mayBeMissing: false, key: key.fold(from) });
    for (const [i, row] of rows.entries()) {
      filler.fill(row, i, part, answers[i] as RowDraws, { level, key: key.fold("draw").fold(row), isHole });
    }
  }
  return filler.result();
}

interface FillOptions {
  readonly level: number;
  readonly key: Key;
  readonly isHole: (column: Column, row: number) => boolean;
}

/** Collects the cells of filled tables. */
class Filler {
  private readonly table: Table;
  private readonly drawn: Map<string, Map<number, number | string>>[];
  private readonly expected = new Map<string, Map<number, number | string>>();
  private readonly cells: ImputedCell[] = [];
  private readonly poor: number[] = [];

  constructor(table: Table, multiple: number) {
    this.table = table;
    this.drawn = Array.from({ length: multiple }, () => new Map());
  }

  fill(row: number, place: number, part: Table, { parts, weights: own, size }: RowDraws, options: FillOptions): void {
    if (size < FEW_DRAWS) this.poor.push(row);
    if (own === undefined) return;
    const { level, key, isHole } = options;
    const picks = Array.from(key.uniform(this.drawn.length), (u) => pick(own, u));
    for (const column of part.columns) {
      if (!isHole(column, place)) continue;
      const values = parts.flatMap(({ table, from, count }) => {
        const answers = getColumn(table, column.name);
        return Array.from({ length: count }, (_, i) => cellAt(answers, from + i));
      });
      for (const [m, i] of picks.entries())
        set(this.drawn[m] as Map<string, Map<number, number | string>>, column.name, row, values[i]);
      const summary = column.kind === "number" ? numberSummary(values, own, level) : categorySummary(values, own);
      set(this.expected, column.name, row, summary.value);
      this.cells.push({ row, column: column.name, ...summary });
    }
  }

  result(): ImputedTable {
    return {
      drawn: this.drawn.map((cells) => withCells(this.table, cells)),
      expected: withCells(this.table, this.expected),
      ...{ cells: this.cells, poor: this.poor },
    };
  }
}

function set(
  cells: Map<string, Map<number, number | string>>,
  name: string,
  row: number,
  value: number | string | undefined,
): void {
  if (value === undefined) return;
  const own = cells.get(name) ?? new Map<number, number | string>();
  own.set(row, value);
  cells.set(name, own);
}

function withCells({ rows, columns }: Table, cells: ReadonlyMap<string, ReadonlyMap<number, number | string>>): Table {
  return {
    rows,
    columns: columns.map((column) => {
      const own = cells.get(column.name);
      if (own === undefined) return column;
      return columnFromCells(
        column.name,
        column.kind,
        Array.from({ length: rows }, (_, row) => own.get(row) ?? cellAt(column, row)),
      );
    }),
  };
}

function pick(weights: Float64Array, u: number): number {
  let left = u;
  for (const [i, weight] of weights.entries()) {
    left -= weight;
    if (left < 0) return i;
  }
  return weights.length - 1;
}

function numberSummary(values: readonly (number | string | undefined)[], weights: Float64Array, level: number) {
  // A draw without weight may lack a cell that follows from others.
  const order = [...values.keys()]
    .filter((i) => (weights[i] as number) > 0)
    .sort((a, b) => Number(values[a]) - Number(values[b]));
  const total = order.reduce((sum, i) => sum + (weights[i] as number), 0);
  const mean = order.reduce((sum, i) => sum + (Number(values[i]) * (weights[i] as number)) / total, 0);
  const at = (share: number): number => {
    let sum = 0;
    for (const i of order) {
      sum += weights[i] as number;
      if (sum >= share * total) return Number(values[i]);
    }
    return Number(values[order.at(-1) as number]);
  };
  return { value: mean, interval: [at((1 - level) / 2), at((1 + level) / 2)] as const };
}

function categorySummary(values: readonly (number | string | undefined)[], weights: Float64Array) {
  const sums = new Map<string, number>();
  for (const [i, value] of values.entries()) {
    const text = String(value);
    sums.set(text, (sums.get(text) ?? 0) + (weights[i] as number));
  }
  const [value, probability] = [...sums].reduce((best, next) => (next[1] > best[1] ? next : best));
  return { value, probability };
}
