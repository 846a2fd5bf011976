/// <reference lib="esnext.disposable" preserve="true" />

import { BackendError, OptionError } from "@pushforward/core";
import { checkOptions, describeValue } from "@pushforward/core/extend";
import { isWorker, type WorkerEnd, type WorkerHandle, WorkerPool } from "@pushforward/core/plain";
import { openSimulationWorker, processorCount, workerName } from "#simulation-workers";
import type { SimulationRequest } from "./serve-simulator.ts";
import type { RowSimulator, SimulatedRow } from "./simulator.ts";

/** Options of {@link workerSimulator}. */
export interface WorkerSimulatorOptions {
  /** Number of workers. Default: the number of processors. */
  readonly threads?: number | undefined;
}

/** A simulator that runs its calls in workers. The workers stop with `close()` or at the end of an `await using`. */
export interface WorkerSimulator extends AsyncDisposable {
  readonly simulator: RowSimulator;
  /** Number of parallel calls: the `concurrency` for `simulate` and `fitNpe`. */
  readonly threads: number;
  close(): Promise<void>;
}

/**
 * Runs a simulator in workers, of Node or of a browser, so that simulations use all processors and this thread stays free.
 * Keys are the same as in this thread, and so are the rows.
 *
 * An error of a call keeps its name and is a reason in `simulate`; so is a terminated worker.
 *
 * @param module the absolute URL of a module with a {@link RowSimulator} as default export, as `new URL("./simulator.js",
 * import.meta.url)`; each worker loads it unbundled. Or a function that creates a worker that calls {@link serveSimulator}, for
 * bundlers. It is called once per worker.
 * @throws {OptionError} threads that are not a positive integer; a module that does not load, or without a default function;
 * a function that makes no worker.
 * @throws {BackendError} there are no workers here.
 * @example
 * // simulator.js: export default ([mean], key) => key.normal(20).map((noise) => mean + noise);
 * const address = new URL("data:text/javascript,export default ([mean], key) => key.normal(20).map((z) => mean + z)");
 * await using workers = await workerSimulator(address, { threads: 2 });
 * const { simulator, threads: concurrency } = workers;
 * const prior = new Uniform({ low: [-1], high: [1] });
 * const { data } = await simulate({ prior, simulator, simulations: 100 }, { key: createKey(0), concurrency });
 * data; // → shape [100, 20]
 */
export async function workerSimulator(
  module: string | URL | (() => WorkerHandle),
  options: WorkerSimulatorOptions = {},
): Promise<WorkerSimulator> {
  checkOptions("workerSimulator", options, { threads: true });
  const threads = options.threads ?? processorCount();
  if (!Number.isSafeInteger(threads) || threads < 1) {
    throw new OptionError(`workerSimulator: expected threads to be an integer from 1, got ${describeValue(threads)}.`);
  }
  const pool = new WorkerPool<SimulationRequest, SimulatedRow>({
    open: typeof module === "function" ? () => checkedWorker(module()) : openSimulationWorker,
    ...{ told: typeof module === "function" ? undefined : String(module), threads, endError },
  });
  const close = (): Promise<void> => pool.close();
  try {
    pool.openAll();
    await pool.ready().catch((error: unknown) => {
      const reason = error instanceof Error ? error.message : String(error);
      const expected =
        typeof module === "function"
          ? "a worker that calls serveSimulator, got one that failed"
          : `a module whose default export is a function, got ${module}`;
      throw new OptionError(`workerSimulator: expected ${expected}: ${reason}`, { cause: error });
    });
  } catch (error) {
    await close();
    throw error;
  }
  const simulator: RowSimulator = (parameters, key) => pool.run({ parameters, words: key.words });
  return { simulator, threads, close, [Symbol.asyncDispose]: close };
}

/** @throws {OptionError} the caller makes something else. */
function checkedWorker(made: unknown): WorkerHandle {
  if (isWorker(made)) return made;
  throw new OptionError(`workerSimulator: expected a function that makes ${workerName}, got a different result.`);
}

function endError({ type, words, cause }: WorkerEnd): Error {
  const reason = { ended: "", "not loaded": ": its script did not load", failed: `: ${words}` }[type];
  return cause ?? new BackendError(`a worker of the simulator has ended${reason}`);
}
