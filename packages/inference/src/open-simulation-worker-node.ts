import { availableParallelism } from "node:os";
import { nodeWorker, type WorkerHandle } from "@pushforward/core/plain";

/** Name of the object that a caller must create. */
export const workerName = "a Worker of node:worker_threads";

/** The number of processors. */
export function processorCount(): number {
  return availableParallelism();
}

/** Starts a worker of Node that loads a simulator. */
export function openSimulationWorker(): WorkerHandle {
  return nodeWorker(new URL("../dist/simulator-worker.js", import.meta.url));
}
