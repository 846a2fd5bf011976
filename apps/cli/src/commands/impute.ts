import { rowBlocks } from "@pushforward/columns/extend";
import { writeTable } from "@pushforward/files";
import { askedModel, checkImputedColumns, checkQuestions, imputedRows } from "@pushforward/questions/extend";
import { UnseenCells } from "@pushforward/tables/extend";
import type { BackendName, Table } from "pushforward";
import { UsageError } from "../errors/user-error.ts";
import type { ReadOptions } from "../options/read-options.ts";
import { fileOrQuery, type QueryOptions } from "../options/read-options.ts";
import { checkTarget, written } from "../output/check-target.ts";
import { say } from "../output/terminal.ts";
import { FormulaGuard, typedOutput } from "../output/typed-output.ts";
import { loadTableModel } from "../reading/load-table-model.ts";
import { readTable, tableSource } from "../reading/read-table.ts";
import { located } from "../run/program-io.ts";
import { startBackend } from "../run/start-backend.ts";
import { writeStoppable } from "../run/write-stoppable.ts";

interface ImputeCommandOptions extends ReadOptions, QueryOptions {
  readonly out: string;
  readonly force?: boolean;
  readonly columns?: readonly string[];
  readonly expected?: boolean;
  readonly multiple: number;
  readonly intervals?: number;
  readonly draws: number;
  readonly seed: number;
  readonly escapeFormulas: boolean;
  readonly backend: BackendName;
}

/** Runs `pushforward impute`. */
export async function runImpute(
  modelFile: string,
  data: string | undefined,
  options: ImputeCommandOptions,
): Promise<void> {
  const dataFile = fileOrQuery(data, options);
  const { out, force, expected, multiple, intervals, draws, seed } = options;
  if (intervals !== undefined && !expected)
    throw new UsageError("--intervals: expected the option --expected as well, got --intervals alone.");
  if (expected && multiple > 1) throw new UsageError("--multiple: expected draws, got --expected.");
  const isReplaced = await checkTarget({ path: out, inputs: [modelFile, dataFile], replaces: "rows", force });
  const model = await loadTableModel(modelFile);
  checkQuestions(model, modelFile, []);
  checkImputedColumns(model, options.columns, modelFile);
  const source = await tableSource(dataFile, options);
  const table = await readTable(source, { columns: model.names, others: "keep", kinds: "text", missing: "keep" });
  // Cells that the model cannot read are refused before it is prepared, too.
  const unseen = new UnseenCells(model);
  unseen.look(model.read(table, { isPartial: true }).columns, "unknown");
  await startBackend(options.backend);
  const asked = await askedModel(model, modelFile, seed);
  const { table: result, filled } = imputedRows(asked, table, modelFile, options);
  const guard = new FormulaGuard();
  const { escapeFormulas } = options;
  const { types, csv, typed } = typedOutput(out, model, source.types);
  const looked = guard.look(result);
  const blocks = function* (): Generator<Table> {
    for (const block of looked.rows === 0 ? [looked] : rowBlocks(looked, looked.columns.length)) yield typed(block);
  };
  await writeStoppable(blocks(), (all) => writeTable(located(out), all, { escapeFormulas, types, ...csv }));
  const count = filled.cells.length;
  say(
    `${count} missing ${count === 1 ? "cell" : "cells"} of ${new Set(filled.cells.map(({ row }) => row)).size} rows filled`,
  );
  if (filled.poor.length > 0) {
    say(
      `in ${filled.poor.length} rows the values have fewer than 10 effective draws: increase them with --draws ${10 * draws}`,
    );
  }
  say(...unseen.notes());
  const note = options.escapeFormulas ? undefined : guard.note(out);
  if (note !== undefined) say(note);
  say(`filled: ${written(out, isReplaced)}`);
}
