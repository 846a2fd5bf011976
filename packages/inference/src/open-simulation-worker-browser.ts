import { BackendError, OptionError } from "@pushforward/core";
import type { SimulationAnswer, WorkerHandle, WorkerListener, WorkerPort } from "./worker-handle.ts";

/** The number of processors. */
export function processorCount(): number {
  return navigator.hardwareConcurrency;
}

/**
 * Starts a Web Worker, the library's own or one that the caller makes. Bundlers find the address of the library's, and
 * bundle it.
 *
 * @throws {OptionError} the caller makes something else.
 * @throws {BackendError} there are no workers here.
 */
export function openSimulationWorker(make: (() => WorkerHandle) | undefined, listener: WorkerListener): WorkerPort {
  if (typeof Worker === "undefined") throw new BackendError("workerSimulator: expected Web Workers, got none here.");
  const worker = make?.() ?? new Worker(new URL("../dist/simulator-worker.js", import.meta.url), { type: "module" });
  if (!(worker instanceof Worker)) {
    throw new OptionError("workerSimulator: expected a function that makes a Worker, got another.");
  }
  worker.addEventListener("message", ({ data }: MessageEvent<SimulationAnswer>) => listener.answered(data));
  worker.addEventListener("error", ({ message }) => {
    // It goes on after an error that nobody caught, but the call that threw it never answers.
    worker.terminate();
    // What the page forbids, and a script that is not there, come without words.
    listener.ended(new BackendError(`a worker of the simulator has ended: ${message || "its script did not load"}`));
  });
  return {
    post: (question) => worker.postMessage(question),
    stop: async () => worker.terminate(),
  };
}
