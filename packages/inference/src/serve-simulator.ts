import { errorToData, keyFromWords } from "@pushforward/core/plain";
import type { RowSimulator } from "./simulator.ts";
import { listen, tell } from "./worker-thread.ts";

/**
 * Makes the worker that calls it one that simulates, for {@link workerSimulator} with a function that makes workers: a
 * bundler can then bundle the worker with what the simulator imports. The same in Node and in browsers.
 *
 * @throws {TypeError} the simulator is not a function.
 * @example
 * // simulator-worker.ts; the page calls workerSimulator(() => new Worker(new URL("./simulator-worker.ts", import.meta.url)))
 * const serve = () => serveSimulator(([mean = 0], key) => key.normal(20).map((noise) => mean + noise));
 */
export function serveSimulator(simulator: RowSimulator): void {
  if (typeof simulator !== "function")
    throw new TypeError(`expected a simulator that is a function, got ${typeof simulator}`);
  listen(async (question) => {
    if (question.type !== "simulate") return;
    try {
      tell({ type: "row", row: await simulator(question.parameters, keyFromWords(question.words)) });
    } catch (error) {
      tell({ type: "failed", error: errorToData(error) });
    }
  });
  tell({ type: "ready" });
}
