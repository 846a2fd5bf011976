import { freeName } from "@pushforward/columns/extend";
import { type FileTable, writeTable } from "@pushforward/files";
import type { LoadedModel } from "@pushforward/questions/extend";
import type { CsvTable, Table } from "pushforward";
import { FormulaGuard, typedOutput } from "../output/typed-output.ts";
import { located } from "../run/program-io.ts";
import { writeStoppable } from "../run/write-stoppable.ts";
import type { RowScores } from "./row-scorer.ts";
import type { ScoreOptions } from "./score-options.ts";

/** Some rows of the file and their scores. */
export interface ScoredChunk extends RowScores {
  readonly table: CsvTable;
}

/** Options that decide the written columns. */
export type WriteScoresOptions = Pick<ScoreOptions, "missing" | "escapeFormulas" | "pValue" | "explain">;

/**
 * Writes all columns of the file and the scores; if rows are left out, also the numbers of the remaining rows.
 *
 * @returns a note on the file, if any.
 */
export async function writeScores(
  out: string,
  chunks: AsyncIterable<ScoredChunk>,
  model: LoadedModel,
  source: Pick<FileTable, "types">,
  { missing, escapeFormulas, pValue, explain }: WriteScoresOptions,
): Promise<readonly string[]> {
  const guard = new FormulaGuard();
  const { types, csv, typed } = typedOutput(out, model, source.types);
  let scoreName = "log_density";
  const tables = async function* (): AsyncGenerator<Table> {
    for await (const { table, scores, cells = [], odd } of chunks) {
      const names = table.columns.map(({ name }) => name);
      scoreName = freeName("log_density", names);
      const rows = { name: freeName("row", names), kind: "number", values: table.rowNumbers } as const;
      const column = (name: string, values: Float64Array) =>
        ({ name: freeName(name, names), kind: "number", values }) as const;
      const { columns: asked = [], surprises = [] } = (explain && odd?.reasons) || {};
      const columns = [
        ...(missing === "drop" ? [rows] : []),
        ...table.columns,
        ...cells.map(({ name, values }) => column(`log_density of ${name}`, values)),
        { name: scoreName, kind: "number", values: scores } as const,
        ...(odd === undefined ? [] : [column("anomaly", odd.scores)]),
        ...(odd !== undefined && pValue ? [column("p_value", odd.pValues)] : []),
        ...asked.map((name, k) => column(`surprise of ${name}`, surprises[k] as Float64Array)),
      ];
      yield typed(guard.look({ rows: table.rows, columns }));
    }
  };
  await writeStoppable(tables(), (all) => writeTable(located(out), all, { escapeFormulas, types, ...csv }));
  const note = escapeFormulas ? undefined : guard.note(out);
  return [
    ...(scoreName === "log_density"
      ? []
      : [`The scores are in the column "${scoreName}", because the file has a column "log_density".`]),
    ...(note === undefined ? [] : [note]),
  ];
}
