import { addDropped } from "@pushforward/datasets/extend";
import { type LoadedModel, type LogDensityMoments, LogDensitySummary, TopRows } from "@pushforward/questions/extend";
import type { AnomalyScore, BackendName, CsvTable } from "pushforward";
import { UserError } from "../errors/user-error.ts";
import type { ShardOptions } from "../jobs/shard-options.ts";
import type { QueryOptions, ReadOptions } from "../options/read-options.ts";
import { say } from "../output/terminal.ts";
import { durationInWords } from "../output/words.ts";
import { droppedNote } from "../reading/read-table.ts";

/** Requested output about odd rows. */
export interface OddQuestion {
  readonly anomalies: AnomalyScore;
  readonly rules: LoadedModel["rules"];
  readonly explain: boolean;
  readonly top: TopRows | undefined;
}

/**
 * Returns the request to the anomaly score of a model; undefined without a request, or for a model without a score if
 * no option needs one.
 */
export function oddQuestion(
  { anomalies, rules }: LoadedModel,
  options: ScoreOptions,
  file: string,
): OddQuestion | undefined {
  const { out, top, keep = [], pValue, explain } = options;
  if (anomalies === undefined) {
    const flag = top !== undefined ? "--top" : pValue ? "--p-value" : explain ? "--explain" : undefined;
    if (flag === undefined) return undefined;
    throw new UserError(
      `${file}: expected a model with an anomaly score for ${flag}, got a model without. Fit the model again without --no-anomalies.`,
    );
  }
  if (!options.anomalies || (out === undefined && top === undefined)) return undefined;
  return {
    anomalies,
    rules,
    explain: explain === true || top !== undefined,
    top: top === undefined ? undefined : new TopRows(top, keep),
  };
}

/** Options of `pushforward score`. */
export interface ScoreOptions extends ReadOptions, QueryOptions, ShardOptions {
  readonly out?: string;
  readonly force?: boolean;
  readonly escapeFormulas: boolean;
  readonly cells?: boolean;
  readonly marginal?: boolean;
  readonly pValue?: boolean;
  readonly explain?: boolean;
  readonly top?: number;
  readonly keep?: readonly string[];
  readonly anomalies: boolean;
  readonly json?: boolean;
  readonly backend: BackendName;
  readonly threads: number | "auto";
}

/** Values of a {@link ScoreSummary}, as plain data. */
export type ScoreMoments = LogDensityMoments & Pick<CsvTable, "dropped" | "droppedBy">;

/** Summary of scored and dropped rows. */
export class ScoreSummary extends LogDensitySummary {
  dropped = 0;
  droppedBy: ReadonlyMap<string, number> = new Map();

  look(values: Float64Array, { dropped, droppedBy }: Pick<CsvTable, "dropped" | "droppedBy">): void {
    this.add(values);
    this.dropped += dropped;
    this.droppedBy = addDropped([this, { droppedBy }]);
  }

  /** Adds the rows of a second summary. */
  lookAt({ dropped, droppedBy, ...moments }: ScoreMoments): void {
    this.merge(moments);
    this.dropped += dropped;
    this.droppedBy = addDropped([this, { droppedBy }]);
  }

  scoreMoments(): ScoreMoments {
    const { dropped, droppedBy } = this;
    return { ...this.moments(), dropped, droppedBy };
  }

  /** Final messages. */
  lines(): string[] {
    const { rows, meanLogDensity, standardError } = this.toJson();
    const dropped = droppedNote(rows, this);
    const error = standardError === null ? "" : ` ± ${standardError.toFixed(4)}`;
    const mean = meanLogDensity === null ? "not finite" : `${meanLogDensity.toFixed(4)}${error} nats`;
    return [
      ...(dropped === undefined ? [] : [dropped]),
      rows === 0 ? "0 rows" : `${rows} rows, mean log-density ${mean}`,
    ];
  }
}

/** Milliseconds between two lines. */
const EVERY = 5000;

/** Periodically prints the number of scored rows, the rate, and the remaining time. */
export class ScoreProgress {
  private readonly total: number | undefined;
  private readonly start: number = performance.now();
  private told: number = this.start;
  private rows = 0;

  /** @param total rows, where they are known. */
  constructor(total: number | undefined) {
    this.total = total;
  }

  add(rows: number): void {
    const isFirst = this.rows === 0;
    this.rows += rows;
    const now = performance.now();
    // A small table is done after its first block.
    if (isFirst || now - this.told < EVERY) return;
    this.told = now;
    const rate = (1000 * this.rows) / (now - this.start);
    const rest = this.total === undefined ? undefined : Math.max(0, this.total - this.rows) / rate;
    const all = this.total === undefined ? "" : ` of ${this.total}`;
    say(
      `${this.rows}${all} rows, ${Math.round(rate)} per second${rest === undefined ? "" : `, ${durationInWords(rest)} left`}`,
    );
  }
}
