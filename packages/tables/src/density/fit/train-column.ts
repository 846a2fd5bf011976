import { ResidualMlp } from "@pushforward/conditioners";
import { type Key, mapEvents, type NdArray, ndArray, OptionError } from "@pushforward/core";
import {
  adamW,
  type CheckpointOptions,
  cosineSchedule,
  type FitOptions,
  fit,
  type TrainEvent,
  warmupSchedule,
} from "@pushforward/training";
import { CELL_SIZE, type CellCoding, type CodedColumn } from "../coding/cell-coding.ts";
import { ColumnDensity } from "../column-density.ts";
import { contextOf } from "../context-of.ts";
import { headSize } from "../head-size.ts";
import type { NetworkState } from "./column-state.ts";
import type { ColumnRows, ColumnTask } from "./column-task.ts";
import { MOST_LINEAR_ROWS, startLinear } from "./linear-start.ts";

/** How the networks of all columns are trained. */
export interface ColumnTraining {
  readonly members: number;
  readonly hidden: number;
  /** Whether a network that is too small makes way for one of twice the width. */
  readonly mayWiden: boolean;
  /** Whether a network that never gets better stays as it starts: as frequencies, or as a regression. */
  readonly keepsStart: boolean;
  readonly options: Omit<FitOptions<ColumnDensity>, "key">;
}

/** Widest row of an embedding. */
const MAX_WIDTH = 8;
const STEPS = 2400;
const [LEAST_EPOCHS, MOST_EPOCHS] = [20, 150];
/**
 * In wide tables of fewest rows, one small network with so many epochs is as good as several that are trained for longer,
 * which learn noise. With many columns that is done for more rows, because it takes a fifth of the time.
 */
const BRIEF_EPOCHS = 50;
const [FEWEST_ROWS, FEW_ROWS] = [100, 500];
const [WIDE, MANY_COLUMNS] = [32, 500];
/** After this share of its epochs a network that still gets better by so much an epoch is too small. */
const TRIAL = 0.35;
const STILL_BETTER = 0.004;
/** A network whose best epoch comes before this share of them overfits: others beside it average its noise away. */
const OVERFITS = 0.6;

/** The settings of a table of so many training rows and columns; no folds where rows are held out. */
export function columnTraining(
  { rows, columns, folds }: { readonly rows: number; readonly columns: number; readonly folds: number },
  options: {
    readonly hidden?: number | undefined;
    readonly members?: number | undefined;
    readonly epochs?: number | undefined;
    readonly threads?: number | "auto" | undefined;
  },
): ColumnTraining {
  const isBrief = rows <= (columns > MANY_COLUMNS ? FEW_ROWS : FEWEST_ROWS) && columns > WIDE;
  const { hidden = isBrief ? 32 : 64, members = isBrief || folds > 0 ? 1 : 3 } = options;
  for (const [name, value] of Object.entries({ hidden, members, epochs: options.epochs ?? 1 })) {
    if (!Number.isSafeInteger(value) || value < 1) {
      throw new OptionError(`tableDensity: expected ${name} to be an integer from 1, got ${value}.`);
    }
  }
  const batchSize = rows > 20_000 ? 256 : rows > 8_000 ? 128 : 64;
  const steps = Math.ceil(rows / batchSize);
  const epochs =
    options.epochs ?? Math.min(Math.max(Math.round(STEPS / steps), LEAST_EPOCHS), isBrief ? BRIEF_EPOCHS : MOST_EPOCHS);
  return {
    members: members * Math.max(folds, 1),
    hidden,
    mayWiden: options.hidden === undefined && !isBrief,
    keepsStart: folds > 0 || rows <= MOST_LINEAR_ROWS,
    options: {
      epochs,
      batchSize,
      patience: Math.max(3, Math.round(epochs / 8)),
      minImprovement: 0,
      optimizer: adamW({ beta2: 0.99, weightDecay: 1e-3 }),
      learningRate: warmupSchedule(
        cosineSchedule({ rate: 3e-3 }),
        Math.min(100, Math.max(1, Math.round((epochs * steps) / 10))),
      ),
      averaging: { decay: 1 - 1 / Math.max(20, 3 * steps) },
      clipNorm: 5,
      threads: options.threads ?? "auto",
    },
  };
}

/** A trained network, and whether it learned more than it could keep; or why there is none. */
export type TrainedColumn = { readonly density: ColumnDensity; readonly overfits: boolean } | "no gain" | "too small";

/** A network to train. */
export interface NetworkJob {
  readonly task: ColumnTask;
  readonly training: ColumnTraining;
  readonly width: number;
  readonly key: Key;
  readonly signal: AbortSignal | undefined;
}

/** When a network is saved while it is trained, and from where it goes on. */
export interface NetworkCheckpoints {
  readonly resume: NetworkState | undefined;
  /** Default: never. */
  readonly every: CheckpointOptions["every"] | undefined;
  readonly save: (state: NetworkState) => Promise<void>;
}

/**
 * Trains a network for a column, which starts as the frequencies of the values: `"no gain"` where it never gets better, and
 * `"too small"` where one of the first width, as its first epochs show, should make way for a wider one.
 */
export async function* trainColumn(
  { task, training, width, key, signal }: NetworkJob,
  { resume, every, save }: NetworkCheckpoints,
): AsyncGenerator<TrainEvent, TrainedColumn, void> {
  const density = newColumn(task, width, key);
  const trial = new Trial(training.options.epochs as number, resume?.loss);
  const mayWiden = training.mayWiden && width === training.hidden;
  const stops = [...(signal === undefined ? [] : [signal]), ...(mayWiden ? [trial.signal] : [])];
  const stop = AbortSignal.any(stops);
  const events = fit(density, dataOf(task, task.train), {
    ...training.options,
    key: key.fold("fit"),
    validation: dataOf(task, task.validation),
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
    return isKept ? { density, overfits: bestEpoch < OVERFITS * (training.options.epochs as number) } : "no gain";
  } finally {
    if (!isKept) density.dispose();
  }
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

function dataOf(
  { index, parents }: ColumnTask,
  { coded, rows }: ColumnRows,
): { readonly x: NdArray; readonly context: NdArray } {
  const context = contextOf(parents, coded, 0, rows);
  return {
    x: ndArray([rows, CELL_SIZE], (coded[index] as CodedColumn).cells),
    context: ndArray([rows, context.length / rows], context),
  };
}

/** A network that starts as the frequencies of the codes, or better. */
export function newColumn(task: ColumnTask, hidden: number, key: Key): ColumnDensity {
  const { index, parents, codings, train } = task;
  const at = (k: number): CellCoding => (codings[k] as { readonly coding: CellCoding }).coding;
  const { codes, components } = at(index);
  const tables = parents.map((k) => {
    // The mixture is no code of a cell.
    const count = at(k).codes - (at(k).components > 0 ? 1 : 0);
    return { codes: count, width: Math.min(MAX_WIDTH, Math.ceil(count / 2)) };
  });
  const head = { codes, components };
  const network = new ResidualMlp({
    inputSize: tables.reduce((sum, { width }) => sum + width, 0),
    context: parents.reduce((sum, k) => sum + at(k).featureCount, 0),
    outputSize: headSize(head),
    hidden: [hidden, hidden, hidden],
    activation: "silu",
    dropout: 0.1,
    key: key.fold("network"),
  });
  const bias = new Float32Array(headSize(head));
  bias.set(at(index).logFrequencies(countCodes(train.coded[index] as CodedColumn, codes)));
  network.layers.at(-1)?.bias.write(bias);
  const density = new ColumnDensity({ head, embedding: { tables }, network, key: key.fold("embedding") });
  startLinear(density, network, task);
  return density;
}

/** How often each code of a column occurs in some rows. */
function countCodes({ cells }: CodedColumn, codes: number): Float64Array {
  const counts = new Float64Array(codes);
  for (let at = 0; at < cells.length; at += CELL_SIZE) {
    const code = cells[at] as number;
    if (code >= 0) counts[code] = (counts[code] as number) + 1;
  }
  return counts;
}
