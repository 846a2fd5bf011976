import { type LoadedModel, TopRows } from "@pushforward/questions/extend";
import type { AnomalyScore, BackendName } from "pushforward";
import { UserError } from "../errors/user-error.ts";
import type { ShardOptions } from "../jobs/shard-options.ts";
import type { QueryOptions, ReadOptions } from "../options/read-options.ts";

/** What is asked about odd rows. */
export interface OddQuestion {
  readonly anomalies: AnomalyScore;
  readonly explain: boolean;
  readonly top: TopRows | undefined;
}

/** What to ask the anomaly score of a model; undefined where nobody asks, or where the model has none and need not. */
export function oddQuestion({ anomalies }: LoadedModel, options: ScoreOptions, file: string): OddQuestion | undefined {
  const { out, top, keep = [], pValue, explain } = options;
  if (anomalies === undefined) {
    const flag = top !== undefined ? "--top" : pValue ? "--p-value" : explain ? "--explain" : undefined;
    if (flag === undefined) return undefined;
    throw new UserError(
      `${file}: expected a model that knows which rows are odd for ${flag}, got one without. Fit it again, without --no-anomalies.`,
    );
  }
  if (!options.anomalies || (out === undefined && top === undefined)) return undefined;
  return {
    anomalies,
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
