/// <reference lib="esnext.disposable" preserve="true" />

import { OptionError } from "@pushforward/core";
import { checkOptions, describeValue } from "@pushforward/core/extend";
import type { ErrorData } from "@pushforward/core/plain";
import { openSimulationWorker, processorCount } from "#simulation-workers";
import type { RowSimulator, SimulatedRow } from "./simulator.ts";
import type { SimulationAnswer, SimulationQuestion, WorkerHandle, WorkerPort } from "./worker-handle.ts";

/** Options of {@link workerSimulator}. */
export interface WorkerSimulatorOptions {
  /** Number of workers. Default: the number of processors. */
  readonly threads?: number | undefined;
}

/** A simulator whose calls run in workers, which end with `close()` or at the end of an `await using`. */
export interface WorkerSimulator extends AsyncDisposable {
  readonly simulator: RowSimulator;
  /** As many calls can run at the same time: the `concurrency` of `simulate` and of `fitNpe` that uses them all. */
  readonly threads: number;
  close(): Promise<void>;
}

/**
 * Runs a simulator in workers, of Node or of a browser, so that simulations use all processors and this thread stays free.
 * Keys are the same as in this thread, and so are the rows.
 *
 * What a call throws comes back under its name and is counted as a reason by `simulate`; so does a worker that ends.
 *
 * @param module the absolute address of a module whose default export is a {@link RowSimulator}, as
 * `new URL("./simulator.js", import.meta.url)`; each worker loads it once, as it is served. Or a function that makes a
 * worker whose program calls {@link serveSimulator}: a bundler then bundles that program with all that it imports. It is
 * called once for each worker, and waits for that call.
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
  const workers: SimulationWorker[] = [];
  const close = async (): Promise<void> => {
    await Promise.all(workers.map((worker) => worker.stop()));
  };
  try {
    for (let i = 0; i < threads; i++) workers.push(new SimulationWorker(module));
    await Promise.all(workers.map((worker) => worker.ready()));
  } catch (error) {
    await close();
    throw error;
  }
  const idle = [...workers];
  const waiting: ((worker: SimulationWorker) => void)[] = [];
  const simulator: RowSimulator = async (parameters, key) => {
    const worker = idle.pop() ?? (await new Promise<SimulationWorker>((resolve) => waiting.push(resolve)));
    try {
      return await worker.simulate(parameters, key.words);
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
  private readonly port: WorkerPort;
  /** The address of its module, where it is the library's program that loads one. */
  private readonly module: string | undefined;
  private settle: { resolve(answer: SimulationAnswer): void; reject(error: Error): void } | undefined;
  private end: Error | undefined;

  constructor(module: string | URL | (() => WorkerHandle)) {
    this.module = typeof module === "function" ? undefined : String(module);
    this.port = openSimulationWorker(typeof module === "function" ? module : undefined, {
      answered: (answer) => this.settle?.resolve(answer),
      ended: (error) => {
        this.end ??= error;
        this.settle?.reject(this.end);
      },
    });
  }

  get hasEnded(): boolean {
    return this.end !== undefined;
  }

  async ready(): Promise<void> {
    const { module } = this;
    try {
      const answer = await this.answer(module === undefined ? undefined : { type: "load", module });
      if (answer.type === "failed") throw thrown(answer.error);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      const expected =
        module === undefined
          ? "a worker that calls serveSimulator, got one that failed"
          : `a module whose default export is a function, got ${module}`;
      throw new OptionError(`workerSimulator: expected ${expected}: ${reason}`, { cause: error });
    }
  }

  async simulate(parameters: Float64Array, words: readonly [number, number]): Promise<SimulatedRow> {
    const answer = await this.answer({ type: "simulate", parameters, words });
    if (answer.type === "failed") throw thrown(answer.error);
    return (answer as Extract<SimulationAnswer, { type: "row" }>).row;
  }

  stop(): Promise<void> {
    return this.port.stop();
  }

  private async answer(question: SimulationQuestion | undefined): Promise<SimulationAnswer> {
    if (this.end !== undefined) throw this.end;
    // Only a call keeps the process alive.
    this.port.hold?.(true);
    try {
      return await new Promise<SimulationAnswer>((resolve, reject) => {
        this.settle = { resolve, reject };
        if (question !== undefined) this.port.post(question);
      });
    } finally {
      this.settle = undefined;
      this.port.hold?.(false);
    }
  }
}

/** The error of a worker, under its own name: reasons are told apart by it. */
function thrown({ name, message, stack }: ErrorData): Error {
  return Object.assign(new Error(message), { name, ...(stack !== undefined && { stack }) });
}
