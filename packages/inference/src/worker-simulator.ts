import { BackendError, type ErrorData, OptionError } from "@pushforward/core";
import type { RowSimulator, SimulatedRow } from "./simulator.ts";

/** Options of {@link workerSimulator}. */
export interface WorkerSimulatorOptions {
  /** Number of workers. Default: the number of processors. */
  readonly threads?: number | undefined;
}

/** A simulator whose calls run in workers, which end with `close()` or at the end of an `await using`. */
export interface WorkerSimulator extends AsyncDisposable {
  readonly simulator: RowSimulator;
  /** As many calls can run at the same time: the `concurrency` of `simulate` and of `npe` that uses them all. */
  readonly threads: number;
  close(): Promise<void>;
}

/** What a worker is asked. */
export interface SimulationQuestion {
  readonly parameters: Float64Array;
  readonly words: readonly [number, number];
}

/** What a worker says: that its module is loaded, and then what its calls gave. */
export type SimulationAnswer =
  | { readonly type: "ready" }
  | { readonly type: "row"; readonly row: SimulatedRow }
  | { readonly type: "failed"; readonly error: ErrorData };

/**
 * Runs a simulator in workers of Node, so that simulations use all processors and this thread stays free. The module's default
 * export is a {@link RowSimulator}; it is loaded once in each worker. Keys are the same as in this thread, and so are the rows.
 *
 * What a call throws comes back under its name and is counted as a reason by `simulate`; so does a worker that ends.
 *
 * @param module the address of the module, as `new URL("./simulator.js", import.meta.url)`.
 * @throws {OptionError} threads that are not a positive integer; a module that does not load, or without a default function.
 * @throws {BackendError} there are no workers of Node here.
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
  module: string | URL,
  options: WorkerSimulatorOptions = {},
): Promise<WorkerSimulator> {
  const node = globalThis.process?.getBuiltinModule?.("node:worker_threads");
  if (node === undefined) throw new BackendError("workerSimulator: expected workers of Node, got none here.");
  const threads = options.threads ?? globalThis.process.getBuiltinModule("node:os").availableParallelism();
  if (!Number.isSafeInteger(threads) || threads < 1) {
    throw new OptionError(`workerSimulator: expected threads to be an integer from 1, got ${threads}.`);
  }
  const program = new URL("../dist/simulator-worker.js", import.meta.url);
  const workerData = String(module);
  const workers = Array.from(
    { length: threads },
    // Without the options of the process, which may load what only its own program needs.
    () => new SimulationWorker(new node.Worker(program, { workerData, execArgv: [] })),
  );
  const close = async (): Promise<void> => {
    await Promise.all(workers.map((worker) => worker.stop()));
  };
  try {
    await Promise.all(workers.map((worker) => worker.ready()));
  } catch (error) {
    await close();
    const reason = error instanceof Error ? error.message : String(error);
    throw new OptionError(
      `workerSimulator: expected a module whose default export is a function, got ${workerData}: ${reason}`,
      { cause: error },
    );
  }
  const idle = [...workers];
  const waiting: ((worker: SimulationWorker) => void)[] = [];
  const simulator: RowSimulator = async (parameters, key) => {
    const worker = idle.pop() ?? (await new Promise<SimulationWorker>((resolve) => waiting.push(resolve)));
    try {
      return await worker.simulate({ parameters, words: key.words });
    } finally {
      // The others go on without a worker that has ended; where none is left, calls get its error.
      if (!worker.hasEnded || workers.every(({ hasEnded }) => hasEnded)) {
        const next = waiting.shift();
        if (next === undefined) idle.push(worker);
        else next(worker);
      }
    }
  };
  return { simulator, threads, close, [Symbol.asyncDispose]: close };
}

/** A worker, which answers one call after the other. */
class SimulationWorker {
  private readonly worker: import("node:worker_threads").Worker;
  private settle: { resolve(answer: SimulationAnswer): void; reject(error: Error): void } | undefined;
  private end: Error | undefined;

  constructor(worker: import("node:worker_threads").Worker) {
    this.worker = worker;
    worker.on("message", (answer: SimulationAnswer) => this.settle?.resolve(answer));
    worker.on("error", (error) => this.ended(error instanceof Error ? error : new Error(String(error))));
    worker.on("exit", () => this.ended(new BackendError("a worker of the simulator has ended")));
  }

  get hasEnded(): boolean {
    return this.end !== undefined;
  }

  async ready(): Promise<void> {
    const answer = await this.answer(() => {});
    if (answer.type === "failed") throw thrown(answer.error);
  }

  async simulate(question: SimulationQuestion): Promise<SimulatedRow> {
    const answer = await this.answer(() => this.worker.postMessage(question));
    if (answer.type === "failed") throw thrown(answer.error);
    return (answer as Extract<SimulationAnswer, { type: "row" }>).row;
  }

  async stop(): Promise<void> {
    await this.worker.terminate();
  }

  private async answer(ask: () => void): Promise<SimulationAnswer> {
    if (this.end !== undefined) throw this.end;
    // Only a call keeps the process alive.
    this.worker.ref();
    try {
      return await new Promise<SimulationAnswer>((resolve, reject) => {
        this.settle = { resolve, reject };
        ask();
      });
    } finally {
      this.settle = undefined;
      this.worker.unref();
    }
  }

  private ended(error: Error): void {
    this.end ??= error;
    this.settle?.reject(this.end);
  }
}

/** The error of a worker, under its own name: reasons are told apart by it. */
function thrown({ name, message, stack }: ErrorData): Error {
  return Object.assign(new Error(message), { name, ...(stack !== undefined && { stack }) });
}
