import type { ReadTableOptions } from "@pushforward/columns";
import { checkScores, type LoadedModel, type OddRows, oddRows } from "@pushforward/questions/extend";
import type { CellScores } from "@pushforward/tables";
import { UnseenCells, type UnseenCounts } from "@pushforward/tables/extend";
import { type BackendName, type CsvTable, type Table, useBackend } from "pushforward";
import { loadTableModel } from "../reading/load-table-model.ts";
import { located } from "../run/program-io.ts";
import { inThreads } from "../run/threads.ts";

/** Settings of the scores: plain data, which can be sent to a thread. */
export interface ScoreJob {
  readonly modelFile: string;
  readonly backend: BackendName;
  /** Name of the table, for messages. */
  readonly file: string;
  readonly missing?: "error" | "drop" | undefined;
  /** `true` to read the columns that the model does not know. */
  readonly keepOthers: boolean;
  /** `true` to compute the log-probability of each cell. */
  readonly cells: boolean;
  /** Requested output about odd rows; undefined for none. */
  readonly odd?: "scores" | "reasons" | undefined;
}

/** Results for some rows. */
export interface RowScores {
  readonly scores: Float64Array;
  /** The log-probability of each cell, by the name of its column. */
  readonly cells?: readonly CellScores[] | undefined;
  readonly odd?: OddRows | undefined;
  /** Cells that no training row could have. */
  readonly unseen?: UnseenCounts | undefined;
}

/** Scores rows of a table by a model and its anomaly score. */
export class RowScorer {
  readonly reading: ReadTableOptions;
  private readonly job: ScoreJob;
  private readonly model: LoadedModel;

  constructor(job: ScoreJob, model: LoadedModel) {
    this.job = job;
    this.model = model;
    this.reading = model.reading(job);
  }

  /** A scorer in a thread of its own, which reads the model itself. */
  static async open(job: ScoreJob): Promise<RowScorer> {
    const model = await loadTableModel(job.modelFile);
    await useBackend(job.backend);
    return new RowScorer(job, model);
  }

  /** @throws {DataError} a value does not fit its column, or a density is NaN; the message names its row. */
  score(table: CsvTable): RowScores {
    const { job, model } = this;
    const typed = model.read(table, { file: job.file });
    const unseen = new UnseenCells(model);
    unseen.look(typed.columns);
    const { scores, cells } = model.score(typed);
    checkScores(scores, table, job.file);
    return {
      ...{ scores, cells: job.cells ? cells : undefined },
      ...{ odd: this.judge(typed, scores), unseen: unseen.found() },
    };
  }

  private judge(typed: Table, logProb: Float64Array): OddRows | undefined {
    const { anomalies, rules } = this.model;
    const { odd } = this.job;
    return odd === undefined || anomalies === undefined
      ? undefined
      : oddRows(anomalies, typed, { logProb, explain: odd === "reasons", rules });
  }
}

/** Rows and their results. */
export interface ScoredBlock {
  readonly table: CsvTable;
  readonly known: RowScores;
}

/** Scores the blocks of a table in several threads, and yields the blocks in order. */
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
