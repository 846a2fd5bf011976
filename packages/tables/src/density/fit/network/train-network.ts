import { type Key, type NdArray, ndArray } from "@pushforward/core";
import { mapEvents } from "@pushforward/core/plain";
import {
  adamW,
  type Checkpoint,
  type CheckpointOptions,
  cosineSchedule,
  type TrainEvent,
  type TrainOptions,
  trainEvents,
  warmupSchedule,
} from "@pushforward/training";
import { CELL_SIZE } from "../../coding/category-coding.ts";
import type { ColumnDensity } from "../../column-density.ts";
import { matchFrequencies } from "../match-frequencies.ts";
import { type ColumnTraining, newNetwork } from "./column-network.ts";
import type { NetworkRows, NetworkTask } from "./network-task.ts";

/**
 * Learning rate. At half this rate, the same densities need twice the steps; with twice the rate, densities are worse.
 */
const RATE = 8e-3;
/** After this share of its epochs a network that still gets better by so much an epoch is too small. */
const TRIAL = 0.35;
const STILL_BETTER = 0.004;
/** A network with its best epoch before this fraction overfits; averaging with additional networks reduces the noise. */
const OVERFITS = 0.6;

/** Trains a network in this thread. It starts as the frequencies of the values, or better. */
export async function* trainNetworkEvents(
  { task, training, width, mayStartLinear, key, resume, every }: NetworkJob,
  { signal, save }: NetworkJobOptions,
): AsyncGenerator<TrainEvent, TrainedNetwork, void> {
  const { density, isRegression } = newNetwork(task, width, key, mayStartLinear);
  const { epochs } = training;
  const trial = new Trial(epochs, resume?.loss);
  const mayWiden = training.mayWiden && width === training.hidden;
  const stops = [...(signal === undefined ? [] : [signal]), ...(mayWiden ? [trial.signal] : [])];
  const stop = AbortSignal.any(stops);
  const events = trainEvents(density, dataOf(task.train), {
    ...fitOptions(training),
    key: key.fold("fit"),
    validation: dataOf(task.validation),
    signal: stop,
    resume: resume?.checkpoint,
    checkpoint: every && {
      every,
      // A network that is called off would go on where it is resumed.
      save: (checkpoint) => (stop.aborted ? undefined : save({ checkpoint, loss: trial.loss })),
    },
  });
  let isKept = false;
  try {
    const { bestEpoch = 1 } = yield* mapEvents(events, (event) => trial.watch(event));
    if (mayWiden && trial.signal.aborted) return "too small";
    isKept = bestEpoch > 0 || isRegression || training.keepsStart;
    if (bestEpoch > 0) matchFrequencies(density, task.train);
    return isKept ? { density, wantsAnother: isRegression || bestEpoch < OVERFITS * epochs } : "no gain";
  } finally {
    if (!isKept) density.dispose();
  }
}

function fitOptions(training: ColumnTraining): Omit<TrainOptions<ColumnDensity>, "key"> {
  const { epochs, batchSize, patience, warmupSteps, decay } = training;
  return {
    ...{ maxEpochs: epochs, batchSize, patience },
    minImprovement: 0,
    optimizer: adamW({ beta2: 0.99, weightDecay: 1e-3 }),
    learningRate: warmupSchedule(cosineSchedule({ learningRate: RATE }), warmupSteps),
    averaging: { decay },
    clipNorm: 5,
    // To share the few rows of a step gains nothing for networks this small: several are trained at the same time instead.
    threads: 1,
  };
}

/** Watches the first epochs of a network, and calls it off where they show that it is too small. */
class Trial {
  private readonly last: number;
  private readonly controller = new AbortController();
  /** On validation rows after the last epoch. */
  loss: number;

  constructor(epochs: number, loss: number = Number.POSITIVE_INFINITY) {
    this.last = Math.round(TRIAL * epochs);
    this.loss = loss;
  }

  get signal(): AbortSignal {
    return this.controller.signal;
  }

  watch(event: TrainEvent): TrainEvent {
    if (event.type !== "epoch") return event;
    const { epoch, improved, validationLoss = 0 } = event;
    if (epoch === this.last && improved && this.loss - validationLoss > STILL_BETTER) this.controller.abort();
    this.loss = validationLoss;
    return event;
  }
}

function dataOf({ rows, cells, context }: NetworkRows): { readonly x: NdArray; readonly context: NdArray } {
  return { x: ndArray([rows, CELL_SIZE], cells), context: ndArray([rows, context.length / rows], context) };
}

/** A network to train. */
export interface NetworkJob {
  readonly task: NetworkTask;
  readonly training: ColumnTraining;
  readonly width: number;
  /** `false` for a network that starts as the frequencies. */
  readonly mayStartLinear: boolean;
  readonly key: Key;
  /** The state to resume from. */
  readonly resume: NetworkState | undefined;
  /** When it is saved while it is trained. Default: never. */
  readonly every: CheckpointOptions["every"] | undefined;
}

/** Callbacks of a job. */
export interface NetworkJobOptions {
  /** Stops the training soon; the result is the best network until then. */
  readonly signal: AbortSignal | undefined;
  /** Stores the state of the network, in the interval of the job. Training waits for the promise. */
  readonly save: (state: NetworkState) => Promise<void>;
}

/**
 * A trained network, with a flag that is `true` if it overfits or starts as a regression: a further one may help. `"no gain"` if it
 * never improved, `"too small"` if the first epochs of a network of the first width indicate that a wider network is needed.
 */
export type TrainedNetwork =
  | { readonly density: ColumnDensity; readonly wantsAnother: boolean }
  | "no gain"
  | "too small";

/**
 * Trains the networks of columns, one at a time, in this thread or in a worker. The same job produces the same network, bit for
 * bit, in any thread.
 */
export interface NetworkTrainer {
  train(job: NetworkJob, options: NetworkJobOptions): AsyncGenerator<TrainEvent, TrainedNetwork, void>;
}

/** State of the networks of a column. */
export interface ColumnState {
  /** Accepted networks, with their widths. */
  readonly members: readonly ColumnDensity[];
  readonly widths: readonly number[];
  /** Width and index of the next network, unless all are complete. */
  readonly width: number;
  readonly member: number;
  readonly isDone: boolean;
  /** Of that network, if it is in training. */
  readonly network?: NetworkState | undefined;
}

/** State of a network. */
export interface NetworkState {
  readonly checkpoint: Checkpoint;
  /** On validation rows after the epoch before. */
  readonly loss: number;
}
