import { Worker } from "node:worker_threads";
import type { WorkerPort } from "./worker-port.ts";

/**
 * Starts a worker that runs `column-worker.ts`, as it was built.
 *
 * @param onEnd told why it has ended without being stopped.
 */
export function openWorker(onEnd: (reason: string) => void): WorkerPort {
  // Without the options of the process, which may load what only its own program needs.
  const worker = new Worker(new URL("../../dist/workers/column-worker.js", import.meta.url), { execArgv: [] });
  let isStopped = false;
  const end = (reason: string): void => {
    if (!isStopped) onEnd(reason);
  };
  const port: WorkerPort = {
    onmessage: null,
    postMessage: (message, transfer) => worker.postMessage(message, transfer),
    ref: () => worker.ref(),
    unref: () => worker.unref(),
    stop: async () => {
      isStopped = true;
      await worker.terminate();
    },
  };
  worker.on("message", (data: unknown) => port.onmessage?.({ data }));
  worker.on("error", (error) => end(error.message));
  worker.on("exit", () => end("one that has ended"));
  return port;
}
