import { askedModel, imputedRows } from "@pushforward/answers";
import { writeTable } from "@pushforward/files";
import { Command, Option } from "commander";
import { type BackendName, useBackend } from "pushforward";
import { UsageError } from "../errors/user-error.ts";
import { fraction, integer, names, path } from "../options/options.ts";
import { addQueryOption, DATA_ARGUMENT, fileOrQuery, type QueryOptions } from "../options/query-option.ts";
import { addReadOptions, type ReadOptions } from "../options/read-options.ts";
import { forceOption, requireOption } from "../options/require-option.ts";
import { checkTarget, written } from "../output/check-target.ts";
import { FormulaGuard } from "../output/formula-guard.ts";
import { say } from "../output/terminal.ts";
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
  const { out, force, expected, multiple, intervals, draws, seed } = options;
  if (intervals !== undefined && !expected) throw new UsageError("--intervals: expected --expected, got none.");
  if (expected && multiple !== undefined) throw new UsageError("--multiple: expected draws, got --expected.");
  const isReplaced = await checkTarget({ path: out, inputs: [modelFile, dataFile], replaces: "nothing", force });
  const model = await loadTableModel(modelFile);
  await useBackend(options.backend);
  const asked = await askedModel(model, modelFile, seed);
  const source = await tableSource(dataFile, options);
  const table = await readTable(source, { columns: asked.names, others: "keep", kinds: "text", missing: "keep" });
  const { table: result, filled } = imputedRows(asked, table, modelFile, options);
  const guard = new FormulaGuard();
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
