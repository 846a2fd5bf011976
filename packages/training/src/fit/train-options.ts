import { type Key, type Module, OptionError, type ParameterTree } from "@pushforward/core";
import { checkKey, checkOptions, describeValue, type OptionNames } from "@pushforward/core/extend";
import { constantSchedule, cosineSchedule, type Schedule } from "@pushforward/core/plain";
import type { TrainingData } from "../data/training-data.ts";
import type { Loss } from "../loss/loss.ts";
import type { OptimizerFactory } from "../optimizer/optimizer.ts";
import type { AveragingOptions } from "./averages.ts";
import type { Checkpoint } from "./checkpoint.ts";

/** When and how checkpoints are saved. */
export interface CheckpointOptions {
  /** Interval in steps or epochs. */
  readonly every: { readonly steps: number } | { readonly epochs: number };
  /** Stores a checkpoint and may keep its arrays. Training waits for the promise. */
  readonly save: (checkpoint: Checkpoint) => void | Promise<void>;
}

/** When to restore the best weights and continue with a smaller learning rate. */
export interface RollbackOptions {
  /** Epochs without improvement before a rollback, since the last one or the last improvement. */
  readonly patience: number;
  /** The factor by which each rollback multiplies all later learning rates. Default: 0.3. */
  readonly factor?: number | undefined;
  /** Maximum number of rollbacks; the next plateau stops the fit. Default: 3. */
  readonly times?: number | undefined;
}

/** Options of `train` and `trainEvents`. Only the key is required. */
export interface TrainOptions<M extends Module = Module> {
  /** Determines validation rows, row order, dropout and the randomness of the loss. */
  readonly key: Key;
  /** Maximum number of epochs. Default: enough for 3,000 steps, between 10 and 1,000. */
  readonly maxEpochs?: number | undefined;
  /** Maximum number of steps. Training can end within an epoch. */
  readonly maxSteps?: number | undefined;
  /** Batch size. Default: 256, or 64 for fewer than 1,000 rows. */
  readonly batchSize?: number | undefined;
  /** Shuffle the rows in each epoch. Default: true. False keeps the order of the data. */
  readonly shuffle?: boolean | undefined;
  /** Optimizer. Default: `adam()`. */
  readonly optimizer?: OptimizerFactory | undefined;
  /** A rate or a schedule: `cosineSchedule({ learningRate: 5e-3 })`. */
  readonly learningRate?: number | Schedule | undefined;
  /** Maximum global norm of the gradient; 0 disables clipping. Default: 5. */
  readonly clipNorm?: number | undefined;
  /** Loss to minimize. Default: the mean negative log-likelihood. */
  readonly loss?: Loss<M> | undefined;
  /** Validation data: a fraction of the rows, separate data, or 0 for none. Default: 0.1; 0 for fewer than 20 rows. */
  readonly validation?: number | TrainingData | undefined;
  /**
   * Epochs without improvement before the fit stops: 10, or a tenth of the epochs if that is more; with `rollback` no
   * limit but its own. Rollbacks do not start the count again.
   */
  readonly patience?: number | undefined;
  /** Minimum decrease of the validation loss that counts as an improvement. Default: 1e-4. */
  readonly minImprovement?: number | undefined;
  /** Restore the weights with the lowest validation loss at the end. Default: true. */
  readonly restoreBest?: boolean | undefined;
  /**
   * Number of threads per step. `auto` uses threads where the step is large enough; 1 for models that need the tape of
   * TensorFlow.js. The same number produces the same bits. `describeBackend()` has the reason if fewer threads run.
   */
  readonly threads?: "auto" | number | undefined;
  /**
   * Exponential moving averages of the trained parameters. Validation, the best weights and the final model use the averages;
   * training continues with the weights.
   */
  readonly averaging?: AveragingOptions | undefined;
  /**
   * After a plateau, restore the best weights (and averages), with a fresh optimizer and a smaller learning rate. Allows a
   * large initial learning rate. Needs validation rows.
   */
  readonly rollback?: RollbackOptions | undefined;
  /**
   * The factor of the learning rate for the parameter at a path. Default: 1 for all. A parameter with 0 keeps its value, as
   * if it were frozen. Called once per parameter, before the first step; gradients are clipped by their norm over all
   * parameters.
   */
  readonly learningRateMultipliers?: ((path: string) => number) | undefined;
  /** True for the path of a parameter that must keep its value. */
  readonly freeze?: ((path: string) => boolean) | undefined;
  /** Stops the fit between two steps, without an error. */
  readonly signal?: AbortSignal | undefined;
  readonly checkpoint?: CheckpointOptions | undefined;
  /** Checkpoint to resume: same model, data, key and options produce the same bits. */
  readonly resume?: Checkpoint | undefined;
}

/** Checked options with their defaults, for a number of training rows. */
export interface Settings {
  readonly epochs: number;
  readonly maxSteps: number;
  readonly batchSize: number;
  readonly schedule: Schedule;
  readonly clipNorm: number;
  readonly threads: "auto" | number;
  readonly patience: number;
  readonly minImprovement: number;
  readonly restoreBest: boolean;
  readonly averaging: AveragingOptions | undefined;
  readonly rollback: Rollback | undefined;
  readonly checkpointSteps: number;
  readonly checkpointEpochs: number;
}

/** Checked rollback options with their defaults. */
type Rollback = { readonly [K in keyof RollbackOptions]-?: number };

const DEFAULT_RATE = 5e-3;
const DEFAULT_STEPS = 3000;

const OPTIONS: OptionNames<TrainOptions> = {
  key: true,
  maxEpochs: true,
  maxSteps: true,
  batchSize: true,
  shuffle: true,
  optimizer: true,
  learningRate: true,
  clipNorm: true,
  loss: true,
  validation: true,
  patience: true,
  minImprovement: true,
  restoreBest: true,
  threads: true,
  averaging: true,
  rollback: true,
  learningRateMultipliers: true,
  freeze: true,
  signal: true,
  checkpoint: true,
  resume: true,
};
const ROLLBACK_OPTIONS: OptionNames<RollbackOptions> = { patience: true, factor: true, times: true };
const CHECKPOINT_OPTIONS: OptionNames<CheckpointOptions> = { every: true, save: true };
const AVERAGING_OPTIONS: OptionNames<AveragingOptions> = { decay: true, warmup: true };

/** Checks the options that need no data. */
export function checkFitOptions<M extends Module>(options: TrainOptions<M>): void {
  checkKey("train", options);
  checkOptions<TrainOptions<M>>("train", options, OPTIONS);
  const { rollback, checkpoint, averaging } = options;
  if (rollback !== undefined) checkOptions("train: rollback", rollback, ROLLBACK_OPTIONS);
  if (checkpoint !== undefined) checkOptions("train: checkpoint", checkpoint, CHECKPOINT_OPTIONS);
  if (averaging !== undefined) checkOptions("train: averaging", averaging, AVERAGING_OPTIONS);
  const { validation } = options;
  if (typeof validation === "number" && !(validation >= 0 && validation < 1)) {
    throw new OptionError(`train: expected validation from 0 to below 1, got ${validation}.`);
  }
  for (const name of ["patience", "rollback"] as const) {
    if (validation === 0 && options[name] !== undefined) {
      throw new OptionError(`train: expected validation rows, because ${name} is set, got validation: 0.`);
    }
  }
}

/** The settings for a number of training rows. */
export function resolveOptions<M extends Module>(options: TrainOptions<M>, trainRows: number): Settings {
  const batchSize = count("batchSize", options.batchSize ?? (trainRows < 1000 ? 64 : 256));
  const steps = Math.ceil(trainRows / batchSize);
  const epochs = count(
    "maxEpochs",
    options.maxEpochs ?? Math.min(1000, Math.max(10, Math.round(DEFAULT_STEPS / steps))),
  );
  const { learningRate = cosineSchedule({ learningRate: DEFAULT_RATE }), checkpoint } = options;
  const rollback = rollbackOption(options);
  const patience = rollback === undefined ? Math.max(10, Math.ceil(epochs / 10)) : Number.MAX_SAFE_INTEGER;
  const every: { steps?: number; epochs?: number } = checkpoint?.every ?? {};
  return {
    epochs,
    maxSteps: count("maxSteps", options.maxSteps ?? Number.MAX_SAFE_INTEGER),
    batchSize,
    schedule: typeof learningRate === "number" ? constantSchedule(learningRate) : learningRate,
    clipNorm: atLeastZero("clipNorm", options.clipNorm ?? 5),
    threads: threadOption(options.threads ?? "auto"),
    patience: count("patience", options.patience ?? patience),
    minImprovement: atLeastZero("minImprovement", options.minImprovement ?? 1e-4),
    restoreBest: options.restoreBest ?? true,
    averaging: averagingOption(options.averaging),
    rollback,
    checkpointSteps: every.steps === undefined ? 0 : count("checkpoint.every.steps", every.steps),
    checkpointEpochs: every.epochs === undefined ? 0 : count("checkpoint.every.epochs", every.epochs),
  };
}

/**
 * The learning-rate multiplier of each parameter.
 *
 * @throws {OptionError} one that is not a finite number from 0.
 */
export function resolveMultipliers(
  multiplierOf: (path: string) => number,
  parameters: ParameterTree,
): ReadonlyMap<string, number> {
  const resolved = new Map<string, number>();
  for (const path of parameters.keys()) {
    const multiplier = multiplierOf(path);
    if (!(multiplier >= 0 && multiplier < Number.POSITIVE_INFINITY)) {
      throw new OptionError(
        `train: expected a learning-rate multiplier of at least 0 for parameter ${path}, got ${describeValue(multiplier)}.`,
      );
    }
    resolved.set(path, multiplier);
  }
  return resolved;
}

function rollbackOption({ rollback, patience }: Pick<TrainOptions, "rollback" | "patience">): Rollback | undefined {
  if (rollback === undefined) return undefined;
  const { factor = 0.3, times = 3 } = rollback;
  const own = count("rollback.patience", rollback.patience);
  if (!(factor > 0 && factor <= 1)) {
    throw new OptionError(`train: expected rollback.factor above 0 and at most 1, got ${describeValue(factor)}.`);
  }
  if (patience !== undefined && patience <= own) {
    throw new OptionError(
      `train: expected patience above rollback.patience, ${own}, got ${describeValue(patience)}. The fit would stop before a rollback: leave patience out.`,
    );
  }
  return { patience: own, factor, times: count("rollback.times", times) };
}

function averagingOption(averaging: AveragingOptions | undefined): AveragingOptions | undefined {
  if (averaging === undefined || (averaging.decay >= 0 && averaging.decay < 1)) return averaging;
  throw new OptionError(`train: expected averaging.decay from 0 to below 1, got ${averaging.decay}.`);
}

function threadOption(value: "auto" | number): "auto" | number {
  if (value === "auto" || (Number.isSafeInteger(value) && value >= 1)) return value;
  throw new OptionError(`train: expected threads to be "auto" or an integer from 1, got ${JSON.stringify(value)}.`);
}

function count(name: string, value: number): number {
  if (!(Number.isSafeInteger(value) && value >= 1)) {
    throw new OptionError(`train: expected ${name} to be an integer from 1, got ${describeValue(value)}.`);
  }
  return value;
}

function atLeastZero(name: string, value: number): number {
  if (!(value >= 0 && value < Number.POSITIVE_INFINITY)) {
    throw new OptionError(`train: expected ${name} of at least 0, got ${describeValue(value)}.`);
  }
  return value;
}
