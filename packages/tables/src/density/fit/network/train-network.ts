import { type NdArray, ndArray } from "@pushforward/core";
import { mapEvents } from "@pushforward/core/plain";
import {
  adamW,
  cosineSchedule,
  type TrainEvent,
  type TrainOptions,
  trainEvents,
  warmupSchedule,
} from "@pushforward/training";
import { CELL_SIZE } from "../../coding/cell-coding.ts";
import type { ColumnDensity } from "../../column-density.ts";
import { newNetwork } from "./column-network.ts";
import type { ColumnTraining } from "./column-training.ts";
import { matchFrequencies } from "./match-frequencies.ts";
import type { NetworkRows } from "./network-task.ts";
import type { NetworkJob, NetworkJobOptions, TrainedNetwork } from "./network-trainer.ts";

/** Half of it takes twice the steps to the same densities; with twice as much they get worse. */
const RATE = 8e-3;
/** After this share of its epochs a network that still gets better by so much an epoch is too small. */
const TRIAL = 0.35;
const STILL_BETTER = 0.004;
/** A network whose best epoch comes before this share of them overfits: others beside it average its noise away. */
const OVERFITS = 0.6;

/** Trains a network in this thread. It starts as the frequencies of the values, or better. */
export async function* trainNetworkEvents(
  { task, training, width, key, resume, every }: NetworkJob,
  { signal, save }: NetworkJobOptions,
): AsyncGenerator<TrainEvent, TrainedNetwork, void> {
  const density = newNetwork(task, width, key);
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
    isKept = bestEpoch > 0 || training.keepsStart;
    if (bestEpoch > 0) matchFrequencies(density, task.train);
    return isKept ? { density, overfits: bestEpoch < OVERFITS * epochs } : "no gain";
  } finally {
    if (!isKept) density.dispose();
  }
}

function fitOptions(training: ColumnTraining): Omit<TrainOptions<ColumnDensity>, "key"> {
  const { epochs, batchSize, patience, warmupSteps, decay } = training;
  return {
    ...{ epochs, batchSize, patience },
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
