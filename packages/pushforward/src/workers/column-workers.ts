import { type BackendChoice, backendChoice, coreCount } from "@pushforward/backend/extend";
import { BackendError } from "@pushforward/core";
import { mention } from "@pushforward/core/extend";
import { WorkerLink } from "@pushforward/core/plain";
import type { ColumnWorkers } from "@pushforward/tables";
import { type OpenColumnWorkers, PortTrainer } from "@pushforward/tables/extend";
import { openWorker } from "#open-worker";

/**
 * Workers that train the columns of a table at the same time, on the running backend: `worker_threads` in Node, module
 * workers in a browser. `fitTableDensity` and `fitTable` of this package use these workers automatically.
 * @example
 * const { model } = await fitTableDensity(penguins(), { key, maxEpochs: 2, workers: columnWorkers, threads: "auto" });
 */
export const columnWorkers: ColumnWorkers = { count: coreCount, open: openColumnWorkers };

async function openColumnWorkers(count: number): Promise<OpenColumnWorkers> {
  const choice = backendChoice();
  const opened: ColumnWorker[] = [];
  const close = async (): Promise<void> => {
    await Promise.all(opened.map(({ link }) => link.stop(startError("one that was stopped"))));
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

/** A worker, from its start to its end. A training is a dialogue with it, and no request with one answer. */
class ColumnWorker {
  readonly link: WorkerLink;
  private trainer: PortTrainer | undefined;

  constructor() {
    this.link = new WorkerLink(openWorker(), ({ words }) => {
      this.trainer?.fail(new BackendError([`columnWorkers: expected all to keep running, got ${words}.`, remedy]));
      return startError(words);
    });
  }

  /** Starts a backend in the worker. */
  async start(choice: BackendChoice): Promise<PortTrainer> {
    await this.link.start(choice);
    this.trainer = new PortTrainer(this.link);
    return this.trainer;
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
