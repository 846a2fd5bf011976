import type { ServedModel } from "../models/served-model.ts";
import type { ServerMetrics } from "../server-metrics.ts";
import type { WorkerPool } from "../workers/worker-pool.ts";

/** What the routes need. */
export interface HttpAppOptions {
  readonly pool: WorkerPool;
  readonly models: ReadonlyMap<string, ServedModel>;
  readonly metrics: ServerMetrics;
  readonly token: string | undefined;
  /** Most bytes of a body. */
  readonly maxBody: number;
  /** Most milliseconds that a client takes to send a request. */
  readonly timeout: number;
  readonly version: string;
  /** Whether the server answers what has come, and nothing new. */
  readonly isStopping: () => boolean;
}
