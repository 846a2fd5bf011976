import type { NetworkPort } from "@pushforward/tables/extend";

/** A worker, as the end of a channel to it. */
export interface WorkerPort extends NetworkPort {
  stop(): void | Promise<void>;
}
