import type { ErrorData } from "@pushforward/core/plain";
import type { SimulatedRow } from "./simulator.ts";

/** What {@link workerSimulator} uses of a worker: a `Worker` of a browser, or one of Node's `worker_threads`. */
export interface WorkerHandle {
  postMessage(message: unknown): void;
  terminate(): unknown;
}

/** What a worker is asked. */
export type SimulationQuestion =
  | { readonly type: "load"; readonly module: string }
  | { readonly type: "simulate"; readonly parameters: Float64Array; readonly words: readonly [number, number] };

/** What a worker says: that it has its simulator, and then what its calls gave. */
export type SimulationAnswer =
  | { readonly type: "ready" }
  | { readonly type: "row"; readonly row: SimulatedRow }
  | { readonly type: "failed"; readonly error: ErrorData };

/** The end of a channel to a worker, the same in Node and in browsers. */
export interface WorkerPort {
  post(question: SimulationQuestion): void;
  stop(): Promise<void>;
  /** Whether the worker keeps a process alive. */
  hold?(isHeld: boolean): void;
}

/** What is told of a worker. */
export interface WorkerListener {
  answered(answer: SimulationAnswer): void;
  /** It has ended, and why. */
  ended(error: Error): void;
}
