import type { WorkerHandle } from "@pushforward/core/plain";

/**
 * Starts a worker that runs the built `column-worker.ts`. Bundlers find the address, and bundle the worker.
 *
 * @throws workers are unavailable here, or the page forbids workers.
 */
export function openWorker(): WorkerHandle {
  return new Worker(new URL("../../dist/workers/column-worker.js", import.meta.url), { type: "module" });
}
