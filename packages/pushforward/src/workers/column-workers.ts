import { backendChoice, coreCount } from "@pushforward/backend/extend";
import { BackendError } from "@pushforward/core";
import { mention } from "@pushforward/core/extend";
import { errorFromData } from "@pushforward/core/plain";
import type { ColumnWorkers } from "@pushforward/tables";
import { type OpenColumnWorkers, PortTrainer } from "@pushforward/tables/extend";
import { openWorker } from "#open-worker";
import type { WorkerPort } from "./worker-port.ts";
import type { WorkerStart } from "./worker-start.ts";

/**
 * Workers that train the columns of a table at the same time, on the backend that runs: `worker_threads` in Node, module
 * workers in a browser. `fitTableDensity` and `fitTable` of this package take them by themselves.
 *
 * @example
 * const { model } = await fitTableDensity(penguins(), { key, epochs: 2, workers: columnWorkers, threads: "auto" });
 */
export const columnWorkers: ColumnWorkers = { count: coreCount, open: openColumnWorkers };

async function openColumnWorkers(count: number): Promise<OpenColumnWorkers> {
  const choice = backendChoice();
  const opened: ColumnWorker[] = [];
  const close = async (): Promise<void> => {
    await Promise.all(opened.map(({ port }) => port.stop()));
  };
  try {
    for (let i = 0; i < count; i++) opened.push(new ColumnWorker());
    return { trainers: await Promise.all(opened.map((worker) => worker.start(choice))), close };
  } catch (error) {
    await close();
    if (error instanceof BackendError) throw error;
    throw startError(error instanceof Error ? error.message : String(error), error);
  }
}

/** A worker, from its start to its end. */
class ColumnWorker {
  readonly port: WorkerPort;
  private trainer: PortTrainer | undefined;
  private end: string | undefined;
  private wake = (): void => {};

  constructor() {
    this.port = openWorker((reason) => this.ended(reason));
  }

  /** Starts a backend in the worker. */
  async start(choice: ReturnType<typeof backendChoice>): Promise<PortTrainer> {
    let answer: WorkerStart | undefined;
    const answered = new Promise<void>((resolve) => {
      this.wake = resolve;
    });
    this.port.onmessage = ({ data }) => {
      answer = data as WorkerStart;
      this.wake();
    };
    this.port.postMessage(choice);
    if (this.end === undefined) await answered;
    if (this.end !== undefined) throw startError(this.end);
    if (answer?.type === "failed") throw errorFromData(answer.error);
    this.trainer = new PortTrainer(this.port);
    return this.trainer;
  }

  private ended(reason: string): void {
    this.end ??= reason;
    this.wake();
    this.trainer?.fail(new BackendError([`columnWorkers: expected all to go on, got ${reason}.`, remedy]));
  }
}

const remedy = mention("threads", {
  value: "1",
  words: "threads: 1",
  sentence: (words) => ` Train in this thread: pass ${words}.`,
});

function startError(reason: string, cause?: unknown): BackendError {
  return new BackendError(`columnWorkers: expected workers to start, got ${reason}.`, { cause });
}
