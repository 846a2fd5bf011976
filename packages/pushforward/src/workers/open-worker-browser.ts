import type { WorkerHandle } from "@pushforward/core/plain";

/**
 * Starts a worker that runs `column-worker.ts`, as it was built. Bundlers find the address, and bundle the worker.
 *
 * @throws there are no workers here, or the page forbids them.
 */
export function openWorker(): WorkerHandle {
  return new Worker(new URL("../../dist/workers/column-worker.js", import.meta.url), { type: "module" });
}
