import type { CsvTable } from "pushforward";
import { located } from "../run/program-io.ts";
import { inThreads } from "../run/threads.ts";
import type { RowScores, ScoreJob } from "./row-scorer.ts";

/** Rows and what is known of them. */
export interface ScoredBlock {
  readonly table: CsvTable;
  readonly known: RowScores;
}

/** Scores the blocks of a table in some threads, and gives them in their order. */
export async function* scoreInThreads(
  tables: AsyncIterable<CsvTable>,
  job: ScoreJob,
  { threads, columns }: { readonly threads: number; readonly columns: readonly string[] },
): AsyncGenerator<ScoredBlock> {
  const known = new Set(columns);
  const blocks = inThreads<CsvTable, CsvTable, RowScores>(tables, {
    program: new URL("./score-worker.js", import.meta.url),
    told: { ...job, modelFile: located(job.modelFile) },
    threads,
    // What the model does not know stays here.
    ask: (table) => ({ ...table, columns: table.columns.filter(({ name }) => known.has(name)) }),
  });
  for await (const { item, answer } of blocks) yield { table: item, known: answer };
}
