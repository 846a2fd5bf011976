import type { Key } from "@pushforward/core";
import type { Checkpoint, CheckpointOptions, TrainEvent } from "@pushforward/training";
import type { ColumnDensity } from "../../column-density.ts";
import type { ColumnTraining } from "./column-training.ts";
import type { NetworkTask } from "./network-task.ts";

/** A network to train. */
export interface NetworkJob {
  readonly task: NetworkTask;
  readonly training: ColumnTraining;
  readonly width: number;
  readonly key: Key;
  /** Where it goes on from. */
  readonly resume: NetworkState | undefined;
  /** When it is saved while it is trained. Default: never. */
  readonly every: CheckpointOptions["every"] | undefined;
}

/** What a job tells whom it is done for. */
export interface NetworkJobOptions {
  /** Stops the training soon; the network is then the best so far. */
  readonly signal: AbortSignal | undefined;
  /** Stores the state of the network, as often as the job says. Training waits for the promise. */
  readonly save: (state: NetworkState) => Promise<void>;
}

/**
 * A trained network, and whether it learned more than it could keep; or `"no gain"` where it never got better, and
 * `"too small"` where one of the first width, as its first epochs show, should make way for a wider one.
 */
export type TrainedNetwork = { readonly density: ColumnDensity; readonly overfits: boolean } | "no gain" | "too small";

/**
 * Trains the networks of columns, one at a time, in this thread or in another one. The same job gives the same network, bit
 * for bit, wherever it is trained.
 */
export interface NetworkTrainer {
  train(job: NetworkJob, options: NetworkJobOptions): AsyncGenerator<TrainEvent, TrainedNetwork, void>;
}

/** How far the networks of a column are. */
export interface ColumnState {
  /** Those that are kept, with their widths. */
  readonly members: readonly ColumnDensity[];
  readonly widths: readonly number[];
  /** Width and number of the network that comes next, unless all are done. */
  readonly width: number;
  readonly member: number;
  readonly isDone: boolean;
  /** Of that network, if it is in training. */
  readonly network?: NetworkState | undefined;
}

/** How far a network is. */
export interface NetworkState {
  readonly checkpoint: Checkpoint;
  /** On validation rows after the epoch before. */
  readonly loss: number;
}
