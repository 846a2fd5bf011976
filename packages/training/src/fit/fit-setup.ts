import { type Key, type Module, OptionError } from "@pushforward/core";
import { currentExecutor, requireBackend } from "@pushforward/core/extend";
import { cpuSeconds } from "@pushforward/core/plain";
import { type RowStream, StreamedSource } from "../data/streamed-source.ts";
import {
  readTable,
  selectRows,
  type Table,
  TableTrainingSource,
  type TrainingData,
  type TrainingSource,
} from "../data/training-data.ts";
import type { FitIdentity, Progress } from "./checkpoint.ts";
import { type FitParameters, fitParameters, likelihoodPlan } from "./fit-loss.ts";
import { checkFitOptions, resolveOptions, type Settings, type TrainOptions } from "./train-options.ts";

/** Checks the data and splits off the validation rows, unless these are given, or none are wanted. */
function splitData<M extends Module>(
  data: TrainingData | RowStream,
  options: Pick<TrainOptions<M>, "key" | "validation">,
): [train: TrainingSource, validation: Table | undefined] {
  if (isRowStream(data)) {
    const { validation } = options;
    if (typeof validation === "object") {
      const held = readTable(validation, "train: validation");
      return [new StreamedSource(data, held), held];
    }
    throw new OptionError(
      `train: expected separate validation rows with a stream, got ${validation ?? "none"}. A stream can't be split.`,
    );
  }
  const [train, validation] = splitTable(data, options);
  return [new TableTrainingSource(train), validation];
}

function splitTable<M extends Module>(
  data: TrainingData,
  options: Pick<TrainOptions<M>, "key" | "validation">,
): [train: Table, validation: Table | undefined] {
  const table = readTable(data, "train");
  const n = table.rows.length;
  const validation = options.validation ?? (n >= 20 ? 0.1 : 0);
  if (typeof validation !== "number") return [table, readTable(validation, "train: validation")];
  if (validation === 0) return [table, undefined];
  if (n === 1) throw new OptionError("train: expected at least 2 rows, to hold out some for validation, got 1.");
  const held = Math.max(1, Math.round(n * validation));
  if (held >= n) {
    throw new OptionError(`train: expected validation that leaves training rows, got ${validation} of ${n} rows.`);
  }
  const order = splitOrder(options.key, n).map((i) => table.rows[i] as number);
  return [selectRows(table, order.subarray(held).sort()), selectRows(table, order.subarray(0, held).sort())];
}

function isRowStream(data: TrainingData | RowStream): data is RowStream {
  return typeof data === "object" && data !== null && "block" in data && typeof data.block === "function";
}

function splitOrder(key: Key, n: number): Int32Array {
  return key.fold("split").permutation(n);
}

/** Constant decisions before the first step. */
export interface FitSetup {
  readonly train: TrainingSource;
  readonly validation: Table | undefined;
  readonly settings: Settings;
  readonly parameters: FitParameters;
  readonly stepsPerEpoch: number;
  readonly totalSteps: number;
  readonly identity: FitIdentity;
}

/** Checks data and options and derives the settings. */
export function fitSetup<M extends Module>(
  model: M,
  data: TrainingData | RowStream,
  options: TrainOptions<M>,
): FitSetup {
  const [train, validation] = splitData(data, options);
  const trainRows = train.rows;
  const settings = resolveOptions(options, trainRows);
  const parameters = fitParameters(model, options);
  const perEpoch = train.stepsPerEpoch(settings.batchSize);
  return {
    train,
    validation,
    settings,
    parameters,
    stepsPerEpoch: perEpoch,
    totalSteps: Math.min(settings.maxSteps, settings.epochs * perEpoch),
    identity: {
      trainRows,
      validationRows: validation?.rows.length ?? 0,
      batchSize: settings.batchSize,
      key: options.key.fold("checkpoint").uniform(1)[0] as number,
    },
  };
}

/**
 * Returns the number of threads of `train` on this machine with the active backend. With this number as its option
 * `threads`, a fit on a different machine produces the same bits.
 *
 * @throws all errors that `train` throws before its first step.
 * @example
 * using flow = maf({ features: 2, key: createKey(0) });
 * trainingThreads(flow, { x }, { key: createKey(1), maxEpochs: 2 }); // → 1
 */
export function trainingThreads<M extends Module>(model: M, data: TrainingData, options: TrainOptions<M>): number {
  requireBackend("trainingThreads");
  checkFitOptions(options);
  const { settings, totalSteps, train } = fitSetup(model, data, options);
  const executor = currentExecutor();
  const batchSize = Math.min(settings.batchSize, train.rows);
  const planned =
    options.loss === undefined
      ? likelihoodPlan({ model, sample: train.sample, batchSize, threads: settings.threads, totalSteps })
      : undefined;
  if (planned === undefined || executor === undefined) return 1;
  const { plan, settings: batches } = planned;
  return executor.refusal(plan, "train") === undefined ? executor.threads(plan, batches) : 1;
}

/** Learning rate factor after the previous rollbacks. */
export function rollbackScale({ rollback }: Settings, { rollbacks }: Progress): number {
  const { factor = 1 } = rollback ?? {};
  return factor ** rollbacks;
}

/**
 * Returns the learning rate of the next step.
 *
 * @throws {OptionError} the schedule does not return a finite rate.
 */
export function stepRate(settings: Settings, progress: Progress, totalSteps: number): number {
  const rate = settings.schedule(progress.step, totalSteps);
  if (!(rate >= 0 && rate < Number.POSITIVE_INFINITY)) {
    throw new OptionError(
      `train: expected a schedule of finite rates from 0, got ${rate} in step ${progress.step + 1}.`,
    );
  }
  return rate * rollbackScale(settings, progress);
}

/** The learning rate of the step before a checkpoint; 0 before the first step. */
export function resumedRate(settings: Settings, progress: Progress, totalSteps: number): number {
  if (progress.step === 0) return 0;
  return settings.schedule(progress.step - 1, totalSteps) * rollbackScale(settings, progress);
}

/** Wall time and processor time of a fit. */
export interface FitTimes {
  readonly seconds: number;
  /** Absent if the platform does not report it. */
  readonly cpuSeconds?: number;
}

/** To ask for the processor time can take longer than a step of a small model. */
const MS_BETWEEN_READINGS = 100;

/** Measures the time of a fit, that before a checkpoint included. */
export class FitClock {
  private readonly startTime: number = performance.now();
  private readonly startCpu: number | undefined = cpuSeconds();
  private secondsBefore = 0;
  private readAt: number = Number.NEGATIVE_INFINITY;
  private lastCpu: number | undefined = this.startCpu;

  /** Counts the seconds that passed before the resumed checkpoint. */
  resume(secondsBefore: number): void {
    this.secondsBefore = secondsBefore;
  }

  /** The times now. */
  read(): FitTimes {
    return this.timesAt(performance.now(), 0);
  }

  /** Current times; the processor time is up to 100 ms old. */
  glance(): FitTimes {
    return this.timesAt(performance.now(), MS_BETWEEN_READINGS);
  }

  private timesAt(now: number, oldest: number): FitTimes {
    if (now - this.readAt >= oldest) {
      this.lastCpu = cpuSeconds();
      this.readAt = now;
    }
    const seconds = this.secondsBefore + (now - this.startTime) / 1000;
    return this.lastCpu === undefined || this.startCpu === undefined
      ? { seconds }
      : { seconds, cpuSeconds: this.lastCpu - this.startCpu };
  }
}
