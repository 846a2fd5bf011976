import type { BackendName } from "pushforward";
import type { ShardOptions } from "../jobs/shard-options.ts";
import type { QueryOptions } from "../options/query-option.ts";
import type { ReadOptions } from "../options/read-options.ts";

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
