import type { HttpBindings } from "@hono/node-server";
import type { Hono } from "hono";
import type { ServedModel } from "../models/served-model.ts";
import type { ServerMetrics } from "../server-metrics.ts";
import type { WorkerPool } from "../workers/worker-pool.ts";
import type { AllowedHosts } from "./allowed-hosts.ts";
import type { ServerLimits } from "./open-api.ts";

/** What the routes and the server tell each other. */
interface ServerState {
  /** Whether the server finishes the requests that it has, and refuses new ones. */
  isStopping: boolean;
  /** Requests without an answer yet. */
  open: number;
}

/** What the routes need. */
export interface HttpAppOptions {
  readonly pool: WorkerPool;
  readonly models: ReadonlyMap<string, ServedModel>;
  readonly metrics: ServerMetrics;
  readonly token: string | undefined;
  /** Maximum number of bytes of a body. */
  readonly maxBody: number;
  /** Names of hosts that requests may be addressed to. */
  readonly hosts: AllowedHosts;
  readonly limits: ServerLimits;
  readonly log: (sentence: string) => void;
  readonly version: string;
  readonly state: ServerState;
}

/** The routes, with the request and the answer of Node at hand. */
export type HttpApp = Hono<{ Bindings: HttpBindings }>;
