import { isTableDensity, type LoadedModel, type OddRows, oddRows } from "@pushforward/questions/extend";
import { densityReading, scoreDensityRows, UnseenCells, type UnseenCounts } from "@pushforward/tables/extend";
import { type AnomalyScore, type BackendName, type CsvTable, type ReadTableOptions, useBackend } from "pushforward";
import { loadTableModel } from "../reading/load-table-model.ts";
import { flowReading, scoreFlowRows } from "../reading/score-flow.ts";

/** How rows are scored: plain data, so that a thread can be told. */
export interface ScoreJob {
  readonly modelFile: string;
  readonly backend: BackendName;
  /** Name of the table, for messages. */
  readonly file: string;
  readonly missing?: "error" | "drop" | undefined;
  /** Whether the columns that the model does not know are read. */
  readonly keepOthers: boolean;
  /** Whether the log-probability of each cell is asked for. */
  readonly cells: boolean;
  /** What is asked about odd rows; undefined where nothing is. */
  readonly odd?: "scores" | "reasons" | undefined;
}

/** What is known of some rows. */
export interface RowScores {
  readonly scores: Float64Array;
  /** The log-probability of each cell, by the name of its column. */
  readonly cells?: readonly { readonly name: string; readonly values: Float64Array }[] | undefined;
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
    this.reading = isTableDensity(model) ? densityReading(model, job) : flowReading(model, job);
  }

  /** A scorer in a thread of its own, which reads the model itself. */
  static async open(job: ScoreJob): Promise<RowScorer> {
    const model = await loadTableModel(job.modelFile);
    await useBackend(job.backend);
    return new RowScorer(job, model);
  }

  /** Throws as `scoreFlow` and `scoreDensity`. */
  score(table: CsvTable): RowScores {
    const { job, model } = this;
    const { anomalies } = model;
    if (!isTableDensity(model)) {
      const { typed, scores } = scoreFlowRows(model, table, job.file);
      return { scores, odd: this.judge(anomalies, typed) };
    }
    const unseen = new UnseenCells(model);
    const { typed, scores, cells } = scoreDensityRows(model, table, unseen, job);
    return { scores, cells, odd: this.judge(anomalies, typed), unseen: unseen.found() };
  }

  private judge(anomalies: AnomalyScore | undefined, typed: Parameters<typeof oddRows>[1]): OddRows | undefined {
    const { odd } = this.job;
    return odd === undefined || anomalies === undefined ? undefined : oddRows(anomalies, typed, odd === "reasons");
  }
}
