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
  /** Columns whose missing cells are filled. Default: all of the model. */
  readonly columns?: readonly string[] | undefined;
  /** Whether means of numbers and most probable categories are filled in, instead of one draw. */
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
 * The table of a file with its missing cells filled, all other cells as they stand there.
 *
 * @param table texts and numbers as the file has them; columns that the model does not know are left as they are.
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

/** The table of a file with filled cells in place of missing ones, all others as they stand there. */
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

/** Tables below each other, with their number in a column where there are several. */
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

/** Columns with the ends of the intervals of numbers that were filled in, as the file writes them; empty elsewhere. */
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
