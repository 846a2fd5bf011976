import type { WorkerPort } from "./worker-port.ts";

/**
 * Starts a worker that runs `column-worker.ts`, as it was built. Bundlers find the address, and bundle the worker.
 *
 * @param onEnd told why it has ended without being stopped.
 * @throws there are no workers here, or the page forbids them.
 */
export function openWorker(onEnd: (reason: string) => void): WorkerPort {
  const worker = new Worker(new URL("../../dist/workers/column-worker.js", import.meta.url), { type: "module" });
  const port: WorkerPort = {
    onmessage: null,
    postMessage: (message, transfer = []) => worker.postMessage(message, transfer),
    stop: () => worker.terminate(),
  };
  worker.addEventListener("message", ({ data }: MessageEvent<unknown>) => port.onmessage?.({ data }));
  // What the page forbids, and a script that is not there, come without words.
  worker.addEventListener("error", ({ message }) => onEnd(message || "one whose script did not load"));
  return port;
}
