import type { BackendName } from "pushforward";
import type { QueryOptions, ReadOptions } from "../options/read-options.ts";
import type { ShardOptions } from "../shards/shard-options.ts";

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
