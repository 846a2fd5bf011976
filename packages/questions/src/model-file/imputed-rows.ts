import { freeName } from "@pushforward/columns/extend";
import { createKey, OptionError } from "@pushforward/core";
import { mention } from "@pushforward/core/extend";
import { suggestedName } from "@pushforward/core/plain";
import type { Column, Table } from "@pushforward/datasets";
import type { TableModel } from "@pushforward/tables";
import { type ImputedTable, imputeTable } from "../impute-table.ts";
import type { AskedModel } from "./asked-model.ts";

/** How missing cells are filled. */
export interface ImputedRowsOptions {
  readonly seed: number;
  /** Draws for each row. */
  readonly draws: number;
  /** Columns with missing cells to fill. Default: all columns of the model. */
  readonly columns?: readonly string[] | undefined;
  /** `true` to fill in means of numbers and most probable categories, instead of a draw. */
  readonly expected?: boolean | undefined;
  /** Number of tables with different draws, one after the other. Default: 1. */
  readonly multiple?: number | undefined;
  /** expected: the probability of intervals of numbers, which become columns. */
  readonly intervals?: number | undefined;
}

/** A table with filled cells. */
export interface ImputedRows {
  readonly table: Table;
  readonly filled: ImputedTable;
}

/**
 * Fills the missing cells of the table of a file and keeps all other cells unchanged.
 *
 * @param table texts and numbers as the file has them; columns that the model does not know stay unchanged.
 * @param modelFile for messages.
 * @throws {OptionError} a column that the model does not have. @throws {DataError} a value does not fit its column.
 * @example
 * const filled = (model: AskedModel, table: Table) => imputedRows(model, table, "model.safetensors", { seed: 0, draws: 100 }).table;
 */
export function imputedRows(
  asked: AskedModel,
  table: Table,
  modelFile: string,
  options: ImputedRowsOptions,
): ImputedRows {
  const { seed, draws, columns, expected, intervals } = options;
  const multiple = options.multiple === 1 ? undefined : options.multiple;
  checkImputedColumns(asked.model, columns, modelFile);
  const own = table.columns.filter(({ name }) => asked.model.names.includes(name));
  const filled = imputeTable(
    asked.questions,
    asked.model.read({ rows: table.rows, columns: own }, { isPartial: true }),
    {
      ...{ key: createKey(seed), draws, columns, multiple, level: intervals },
    },
  );
  return {
    filled,
    table: expected
      ? withIntervals(merged(table, filled.expected, filled, asked), filled, intervals, asked)
      : stacked(
          filled.drawn.map((one) => merged(table, one, filled, asked)),
          multiple,
        ),
  };
}

/**
 * Refuses names of columns that a model does not have, before it is prepared.
 *
 * @throws {OptionError} a column that the model does not have.
 * @example
 * const check = (model: LoadedModel) => checkImputedColumns(model, ["size"], "model.safetensors");
 */
export function checkImputedColumns(
  { names }: Pick<TableModel, "names">,
  columns: readonly string[] | undefined,
  modelFile: string,
): void {
  const unknown = columns?.find((name) => !names.includes(name));
  if (unknown === undefined) return;
  throw new OptionError([
    `${modelFile}: expected `,
    mention("columns"),
    ` of the model, ${names.join(", ")}, got ${unknown}.${suggestedName(unknown, names)}`,
  ]);
}

/** Replaces the missing cells of the table of a file with filled cells, and keeps all other cells unchanged. */
function merged(table: Table, filled: Table, { cells }: ImputedTable, { model }: AskedModel): Table {
  const texts = new Map(model.write(filled).columns.map((column) => [column.name, textsOf(column)]));
  const rows = new Map<string, Set<number>>();
  for (const { row, column } of cells) rows.set(column, (rows.get(column) ?? new Set()).add(row));
  return {
    rows: table.rows,
    columns: table.columns.map((column): Column => {
      const own = rows.get(column.name);
      if (own === undefined) return column;
      const values = textsOf(column).map((text, row) =>
        own.has(row) ? (texts.get(column.name)?.[row] as string) : text,
      );
      const missing = new Set([...missingOf(column)].filter((row) => !own.has(row)));
      return { name: column.name, kind: "text", values, ...(missing.size > 0 && { missing }) };
    }),
  };
}

function textsOf({ kind, values }: Column): readonly string[] {
  return kind === "text" ? (values as readonly string[]) : Array.from(values as Float64Array, String);
}

function missingOf(column: Column): ReadonlySet<number> {
  return (column.kind === "text" && column.missing) || new Set();
}

/** Stacks tables vertically, with a column for the number of the table if `multiple` is set. */
function stacked(tables: readonly Table[], multiple: number | undefined): Table {
  const [first] = tables as readonly [Table, ...Table[]];
  if (multiple === undefined) return first;
  const rows = first.rows;
  const number: Column = {
    ...{
      name: freeName(
        "imputation",
        first.columns.map(({ name }) => name),
      ),
      kind: "number",
    },
    values: Float64Array.from({ length: rows * tables.length }, (_, i) => Math.floor(i / rows) + 1),
  };
  const columns = first.columns.map((column, k): Column => {
    const parts = tables.map((table) => table.columns[k] as Column);
    const values = parts.flatMap(textsOf);
    const missing = new Set(parts.flatMap((part, m) => [...missingOf(part)].map((row) => m * rows + row)));
    return { name: column.name, kind: "text", values, ...(missing.size > 0 && { missing }) };
  });
  return { rows: rows * tables.length, columns: [number, ...columns] };
}

/** Adds columns with the interval bounds of filled numbers, as the file writes numbers; empty elsewhere. */
function withIntervals(
  table: Table,
  { cells, expected }: ImputedTable,
  level: number | undefined,
  { model }: AskedModel,
): Table {
  if (level === undefined) return table;
  const taken = table.columns.map(({ name }) => name);
  const ends = new Map<string, Map<number, readonly [low: number, high: number]>>();
  for (const { row, column, interval } of cells) {
    if (interval !== undefined) ends.set(column, (ends.get(column) ?? new Map()).set(row, interval));
  }
  const written = [0, 1].map((end) => {
    const columns = expected.columns.map((column): Column => {
      if (column.kind === "text") return column;
      const intervals = ends.get(column.name);
      return { ...column, values: column.values.map((value, row) => intervals?.get(row)?.[end] ?? value) };
    });
    return new Map(model.write({ ...expected, columns }).columns.map((column) => [column.name, textsOf(column)]));
  });
  const added = [...ends].flatMap(([column, intervals]) =>
    ["low", "high"].map((word, end): Column => {
      const texts = written[end]?.get(column) ?? [];
      const values = Array.from(texts, (text, row) => (intervals.has(row) ? text : ""));
      const missing = new Set([...values.keys()].filter((row) => !intervals.has(row)));
      return { name: freeName(`${word} of ${column}`, taken), kind: "text", values, missing };
    }),
  );
  return { rows: table.rows, columns: [...table.columns, ...added] };
}
