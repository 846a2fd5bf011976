import { type Key, keyFromWords, serveRequests } from "@pushforward/core/plain";
import type { RowSimulator, SimulatedRow } from "./simulator.ts";

/** A call of a simulator, as a worker is sent it. */
export interface SimulationRequest {
  readonly parameters: Float64Array;
  readonly words: Key["words"];
}

/**
 * Makes a worker a simulator for {@link workerSimulator} with a worker factory, so that a bundler can bundle the worker with
 * its imports. Works in Node and in browsers.
 *
 * @throws {TypeError} the simulator is not a function.
 * @example
 * // simulator-worker.ts, the program of the workers that a function given to workerSimulator makes
 * const serve = () => serveSimulator(([mean = 0], key) => key.normal(20).map((noise) => mean + noise));
 */
export function serveSimulator(simulator: RowSimulator): void {
  if (typeof simulator !== "function")
    throw new TypeError(`expected a simulator that is a function, got ${typeof simulator}`);
  serveRequests(() => answerOf(simulator));
}

/** How a worker answers the calls of a simulator. */
export function answerOf(
  simulator: RowSimulator,
): (request: SimulationRequest) => SimulatedRow | Promise<SimulatedRow> {
  return ({ parameters, words }) => simulator(parameters, keyFromWords(words));
}
