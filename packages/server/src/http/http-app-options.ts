import type { ServedModel } from "../models/served-model.ts";
import type { ServerMetrics } from "../server-metrics.ts";
import type { WorkerPool } from "../workers/worker-pool.ts";

/** What the routes and the server tell each other. */
interface ServerState {
  /** Whether the server answers what has come, and nothing new. */
  isStopping: boolean;
  /** Requests that were not answered yet. */
  open: number;
}

/** What the routes need. */
export interface HttpAppOptions {
  readonly pool: WorkerPool;
  readonly models: ReadonlyMap<string, ServedModel>;
  readonly metrics: ServerMetrics;
  readonly token: string | undefined;
  /** Most bytes of a body. */
  readonly maxBody: number;
  /** Most milliseconds that a request waits, and most that it is computed. */
  readonly timeout: number;
  /** Most milliseconds that a request takes to arrive. */
  readonly receiveTimeout: number;
  readonly version: string;
  readonly state: ServerState;
}
