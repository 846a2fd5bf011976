import { BackendError } from "@pushforward/core";
import type { WorkerHandle } from "@pushforward/core/plain";

/** Name of the object that a caller must create. */
export const workerName = "a Worker";

/** The number of processors. */
export function processorCount(): number {
  return navigator.hardwareConcurrency;
}

/**
 * Starts a Web Worker that loads a simulator. Bundlers find the address, and bundle the worker.
 *
 * @throws {BackendError} there are no workers here.
 */
export function openSimulationWorker(): WorkerHandle {
  if (typeof Worker === "undefined") throw new BackendError("workerSimulator: expected Web Workers, got none here.");
  return new Worker(new URL("../dist/simulator-worker.js", import.meta.url), { type: "module" });
}
