import type { NetworkTrainer } from "../network/network-trainer.ts";

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
