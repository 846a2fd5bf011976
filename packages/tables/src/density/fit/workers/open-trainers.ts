import { BackendError, OptionError } from "@pushforward/core";
import type { NetworkTrainer } from "../network/network-trainer.ts";
import type { NetworkWork } from "../network/network-work.ts";
import { trainNetworkEvents } from "../network/train-network.ts";

/** Trainers of a fit. */
export interface OpenTrainers {
  readonly trainers: readonly NetworkTrainer[];
  /** 0 where all networks are trained in this thread. */
  readonly workers: number;
  /** Why there are none, where some were wanted. */
  readonly note: string | undefined;
  close(): void | Promise<void>;
}

/** Least work for which it is worth to start workers, about ten seconds of a core: each takes up to a second to start. */
const LEAST_OPERATIONS = 3e11;
/** What workers and their data may take in all, and what one takes by itself. */
const MOST_BYTES = 8e8;
const WORKER_BYTES = 8e7;

/**
 * Workers for a fit, or this thread where there are none, they are not worth it, or can't start.
 *
 * @param threads how many workers; 1 for none.
 * @throws {OptionError} threads is no integer from 1.
 */
export async function openTrainers(
  source: ColumnWorkers | undefined,
  threads: number | "auto",
  work: NetworkWork,
): Promise<OpenTrainers> {
  if (threads !== "auto" && !(Number.isSafeInteger(threads) && threads >= 1)) {
    throw new OptionError(
      `fitTableDensity: expected threads to be "auto" or an integer from 1, got ${JSON.stringify(threads)}.`,
    );
  }
  const count = source === undefined ? 1 : workerCount(source, threads, work);
  if (source === undefined || count < 2) return inThisThread();
  try {
    const { trainers, close } = await source.open(count);
    return { trainers, workers: trainers.length, note: undefined, close };
  } catch (error) {
    if (!(error instanceof BackendError)) throw error;
    return inThisThread(`all columns are trained in this thread, because workers can't start: ${error.message}`);
  }
}

function inThisThread(note?: string): OpenTrainers {
  return { trainers: [{ train: trainNetworkEvents }], workers: 0, note, close: () => {} };
}

function workerCount(
  source: ColumnWorkers,
  threads: number | "auto",
  { columns, operations, contextBytes }: NetworkWork,
): number {
  if (threads !== "auto") return Math.min(threads, columns);
  if (operations < LEAST_OPERATIONS) return 1;
  return Math.min(source.count(), columns, Math.floor(MOST_BYTES / (WORKER_BYTES + contextBytes)));
}

/** Workers that train networks beside this thread, on the backend that runs here. */
export interface ColumnWorkers {
  /** How many are worth it on this machine: its cores. */
  readonly count: () => number;
  /**
   * Starts some.
   *
   * @throws {BackendError} they can't start here.
   */
  readonly open: (count: number) => Promise<OpenColumnWorkers>;
}

/** Workers that run. */
export interface OpenColumnWorkers {
  readonly trainers: readonly NetworkTrainer[];
  /** Ends them. */
  close(): void | Promise<void>;
}
