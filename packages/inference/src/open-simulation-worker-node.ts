import { availableParallelism } from "node:os";
import { Worker } from "node:worker_threads";
import { BackendError, OptionError } from "@pushforward/core";
import type { SimulationAnswer, WorkerHandle, WorkerListener, WorkerPort } from "./worker-handle.ts";

/** The number of processors. */
export function processorCount(): number {
  return availableParallelism();
}

/**
 * Starts a worker of Node, the library's own or one that the caller makes.
 *
 * @throws {OptionError} the caller makes something else.
 */
export function openSimulationWorker(make: (() => WorkerHandle) | undefined, listener: WorkerListener): WorkerPort {
  // Without the options of the process, which may load what only its own program needs.
  const worker = make?.() ?? new Worker(new URL("../dist/simulator-worker.js", import.meta.url), { execArgv: [] });
  if (!(worker instanceof Worker)) {
    throw new OptionError(
      "workerSimulator: expected a function that makes a Worker of node:worker_threads, got another.",
    );
  }
  worker.on("message", (answer: SimulationAnswer) => listener.answered(answer));
  worker.on("error", (error) => listener.ended(error instanceof Error ? error : new Error(String(error))));
  worker.on("exit", () => listener.ended(new BackendError("a worker of the simulator has ended")));
  return {
    post: (question) => worker.postMessage(question),
    stop: async () => {
      await worker.terminate();
    },
    hold: (isHeld) => (isHeld ? worker.ref() : worker.unref()),
  };
}
