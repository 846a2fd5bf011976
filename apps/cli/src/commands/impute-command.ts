import { writeTable } from "@pushforward/files";
import { Command, Option } from "commander";
import {
  type BackendName,
  type Column,
  createKey,
  type ImputedTable,
  imputeTable,
  type Table,
  useBackend,
} from "pushforward";
import { freeName } from "pushforward/extend";
import { UsageError, UserError } from "../errors/user-error.ts";
import { fraction, integer, names, path } from "../options/options.ts";
import { addQueryOption, DATA_ARGUMENT, fileOrQuery, type QueryOptions } from "../options/query-option.ts";
import { addReadOptions, type ReadOptions } from "../options/read-options.ts";
import { forceOption, requireOption } from "../options/require-option.ts";
import { checkTarget, written } from "../output/check-target.ts";
import { FormulaGuard } from "../output/formula-guard.ts";
import { say } from "../output/terminal.ts";
import { type AskedModel, askModel } from "../questions/asked-model.ts";
import { loadTableModel } from "../reading/load-table-model.ts";
import { readTable, tableSource } from "../reading/read-table.ts";

interface ImputeCommandOptions extends ReadOptions, QueryOptions {
  readonly out: string;
  readonly force?: boolean;
  readonly columns?: readonly string[];
  readonly expected?: boolean;
  readonly multiple?: number;
  readonly intervals?: number;
  readonly draws: number;
  readonly seed: number;
  readonly escapeFormulas: boolean;
  readonly backend: BackendName;
}

const MOST_TABLES = 1000;
const MOST_DRAWS = 100_000;

/** `pushforward impute`: fills the missing cells of a table. */
export function imputeCommand(): Command {
  const command = new Command("impute")
    .description(
      "Fill the missing cells of a table with what a model says of them given the other cells of their rows.",
    )
    .argument("<model.safetensors>", "the model", path)
    .argument("[data]", DATA_ARGUMENT, path)
    .usage("<model.safetensors> <data> --out <filled.csv> [options]");
  requireOption(command, new Option("--out <filled>", "where the filled table goes: .csv, .parquet, .arrow, .jsonl"));
  command
    .addOption(forceOption())
    .option("--columns <names>", "columns whose missing cells are filled (default: all of the model)", names)
    .option("--expected", "fill in means of numbers and most probable categories, instead of one draw")
    .option(
      "--multiple <m>",
      "write m tables with different draws below each other, numbered in a column",
      integer(2, MOST_TABLES),
    )
    .option(
      "--intervals <level>",
      "with --expected: add columns with central intervals of numbers, 0.9 for instance",
      fraction,
    )
    .option("--draws <n>", "draws for each row", integer(10, MOST_DRAWS), 100)
    .option("--seed <n>", "decides every random number", integer(0), 0)
    .option("--escape-formulas", "write an apostrophe before texts that a spreadsheet would run", false);
  return addQueryOption(addReadOptions(command))
    .addOption(new Option("--backend <name>", "compute backend").choices(["wasm", "cpu"]).default("wasm"))
    .action(runImpute);
}

async function runImpute(modelFile: string, data: string | undefined, options: ImputeCommandOptions): Promise<void> {
  const dataFile = fileOrQuery(data, options);
  const { out, force, expected, multiple, intervals, draws, seed, columns } = options;
  if (intervals !== undefined && !expected) throw new UsageError("--intervals: expected --expected, got none.");
  if (expected && multiple !== undefined) throw new UsageError("--multiple: expected draws, got --expected.");
  const isReplaced = await checkTarget({ path: out, inputs: [modelFile, dataFile], replaces: "nothing", force });
  const model = await loadTableModel(modelFile);
  await useBackend(options.backend);
  const asked = await askModel(model, modelFile, seed);
  const source = await tableSource(dataFile, options);
  const table = await readTable(source, { columns: asked.names, others: "keep", kinds: "text", missing: "keep" });
  const unknown = columns?.find((name) => !asked.names.includes(name));
  if (unknown !== undefined) {
    throw new UserError(`${modelFile}: expected --columns of the model, ${asked.names.join(", ")}, got ${unknown}.`);
  }
  const typed = asked.read({
    rows: table.rows,
    columns: table.columns.filter(({ name }) => asked.names.includes(name)),
  });
  const filled = imputeTable(asked.questions, typed, {
    ...{ key: createKey(seed), draws, columns, multiple, level: intervals },
  });
  const guard = new FormulaGuard();
  const result = expected
    ? withIntervals(merged(table, filled.expected, filled, asked), filled, intervals)
    : stacked(
        filled.drawn.map((one) => merged(table, one, filled, asked)),
        multiple,
      );
  await writeTable(out, guard.look(result), { escapeFormulas: options.escapeFormulas, types: source.types });
  const cells = filled.cells.length;
  say(
    `${cells} missing ${cells === 1 ? "cell" : "cells"} of ${new Set(filled.cells.map(({ row }) => row)).size} rows filled`,
  );
  if (filled.poor.length > 0) {
    say(
      `in ${filled.poor.length} rows the values rest on fewer than 10 effective draws: --draws ${10 * draws} gives more`,
    );
  }
  const note = options.escapeFormulas ? undefined : guard.note(out);
  if (note !== undefined) say(note);
  say(`filled: ${written(out, isReplaced)}`);
}

/** The table of a file with filled cells in place of missing ones, all others as they stand there. */
function merged(table: Table, filled: Table, { cells }: ImputedTable, { write }: AskedModel): Table {
  const texts = new Map(write(filled).columns.map((column) => [column.name, textsOf(column)]));
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

/** Columns with the ends of the intervals of numbers that were filled in; empty for the others. */
function withIntervals(table: Table, { cells }: ImputedTable, level: number | undefined): Table {
  if (level === undefined) return table;
  const taken = table.columns.map(({ name }) => name);
  const ends = new Map<string, Map<number, readonly [low: number, high: number]>>();
  for (const { row, column, interval } of cells) {
    if (interval !== undefined) ends.set(column, (ends.get(column) ?? new Map()).set(row, interval));
  }
  const added = [...ends].flatMap(([column, intervals]) =>
    ["low", "high"].map((word, end): Column => {
      const values = Array.from({ length: table.rows }, (_, row) => String(intervals.get(row)?.[end] ?? ""));
      const missing = new Set([...values.keys()].filter((row) => values[row] === ""));
      return { name: freeName(`${word} of ${column}`, taken), kind: "text", values, missing };
    }),
  );
  return { rows: table.rows, columns: [...table.columns, ...added] };
}
