import { nodeWorker, type WorkerHandle } from "@pushforward/core/plain";

/** Starts a worker that runs `column-worker.ts`, as it was built. */
export function openWorker(): WorkerHandle {
  return nodeWorker(new URL("../../dist/workers/column-worker.js", import.meta.url));
}
