// One fit: from checked data to final weights, step by step, with validation, checkpoints and events.
import {
  type ConditionalDistribution,
  cpuSeconds,
  type Distribution,
  type Key,
  type Module,
  OptionError,
  type Parameter,
  type ParameterTree,
  parameterCount,
  requireBackend,
  sizeOf,
  TimeSlice,
  TrainingDivergedError,
  withTraining,
} from "@pushforward/core";
import { planLogProb } from "@pushforward/ops";
import * as tf from "@tensorflow/tfjs-core";
import { adam } from "./adam.ts";
import { Averages } from "./averages.ts";
import { epochOrder, makeBatch, stepsPerEpoch } from "./batch.ts";
import {
  type Checkpoint,
  type CheckpointParts,
  copySnapshot,
  type FitIdentity,
  type Progress,
  packCheckpoint,
  restoreSnapshot,
  type Snapshot,
  takeSnapshot,
  unpackCheckpoint,
} from "./checkpoint.ts";
import { evaluateLogProb, evaluateLoss } from "./evaluate.ts";
import type { StopReason, TrainEvent, TrainResult } from "./events.ts";
import { checkOptions, type FitOptions, resolveOptions, resolveRates, type Settings } from "./fit-options.ts";
import { type LossAndGradients, lossAndGradients } from "./gradients.ts";
import { type Loss, negativeLogLikelihood, type RowLogProb, rowLogProb } from "./loss.ts";
import type { Optimizer, OptimizerFactory } from "./optimizer.ts";
import { PlannedLikelihood } from "./planned-likelihood.ts";
import { eventShapeOf, readTable, selectRows, type Table, type TrainingData } from "./training-data.ts";

/** Steps between two copies of weights known to be good, kept while there are no best ones. */
const GOOD_INTERVAL = 50;

/**
 * Fits a model to data by gradient descent and tells what happens: a `start` event, a `step` event for each step, an
 * `epoch` event for each epoch, `rollback` and `checkpoint` events, and one `stop` event, which is also the result.
 *
 * Without `options.loss` it makes the negative mean log-density in nats small, of a distribution or a conditional
 * distribution. Ten per cent of the rows are held out; when they stop getting better the fit stops, and the weights that
 * were best on them are restored. With `averaging`, the weights that are judged, and those that the model holds at each
 * `epoch` event and in the end, are moving averages. The model is changed in place and holds finite weights whatever
 * happens, also when the consumer leaves the loop, aborts, or the loss throws.
 *
 * @param model any module; its trainable parameters that `options.freeze` does not name are fitted.
 * @param data rows `[n, ...event]`, or `{ x, context, weights }`. They are checked before the first step.
 * @throws {DataError} a value that is not finite, with its row and column; no rows.
 * @throws {ShapeError} rows that do not fit the model.
 * @throws {ContextError} a context that is missing, or that the model does not take.
 * @throws {OptionError} an option out of range.
 * @throws {TrainingDivergedError} a loss, gradient or weight became NaN or infinite; the model holds its best weights,
 *   or without validation some from at most 50 steps before.
 * @example
 * for await (const event of fit(model, data, { key: createKey(0) })) {
 *   if (event.type === "epoch") report(event.epoch, event.trainLoss, event.validationLoss);
 * }
 */
export async function* fit<M extends Module>(
  model: M,
  data: TrainingData,
  options: FitOptions<M>,
): AsyncGenerator<TrainEvent, TrainResult, void> {
  const run = new FitRun(model, data, options);
  try {
    yield* run.events();
    return run.result();
  } finally {
    try {
      run.settle();
    } finally {
      run.dispose();
    }
  }
}

/** The state of one fit. */
class FitRun<M extends Module> {
  private readonly model: M;
  private readonly train: Table;
  private readonly validation: Table | undefined;
  private readonly settings: Settings;
  private readonly options: FitOptions<M>;
  private readonly loss: Loss<M>;
  private readonly logProb: RowLogProb | undefined;
  /** Absent for a loss of the user and for a model that only tensors can compute. */
  private readonly planned: PlannedLikelihood | undefined;
  private readonly optimizers: OptimizerFactory;
  private optimizer: Optimizer;
  private readonly averages: Averages | undefined;
  /** All parameters, those that may change, and those that are trained. */
  private readonly all: ParameterTree;
  private readonly changing: ParameterTree;
  private readonly trained: ParameterTree;
  /** What the learning rate of each of these is multiplied by; undefined where it is 1 for all. */
  private readonly rates: ReadonlyMap<string, number> | undefined;
  /** Of what is random in the model while it is trained. */
  private readonly randomness: Key;
  private readonly identity: FitIdentity;
  private readonly stepsPerEpoch: number;
  private readonly totalSteps: number;

  private progress: Mutable<Progress> = {
    step: 0,
    epoch: 1,
    stepInEpoch: 0,
    lossSum: 0,
    rowCount: 0,
    trainLoss: null,
    bestEpoch: null,
    bestValidationLoss: null,
    epochsWithoutImprovement: 0,
    epochsSinceRollback: 0,
    rollbacks: 0,
    seconds: 0,
  };
  private best: Snapshot | undefined;
  private lastGood: Snapshot | undefined;
  private learningRate = 0;
  private reason: StopReason = "aborted";
  private weights: "best" | "last" = "last";
  private settled = false;
  private failed = false;
  private lastRows: Int32Array | undefined;
  private readonly startSeconds: number;
  private readonly startTime: number = performance.now();
  private readonly startCpu: number | undefined = cpuSeconds();
  /** The longest that training keeps the event loop, steps aside. */
  private readonly slice: TimeSlice = new TimeSlice();

  constructor(model: M, data: TrainingData, options: FitOptions<M>) {
    requireBackend("fit");
    checkOptions(options);
    this.model = model;
    this.options = options;
    [this.train, this.validation] = splitData(data, options);
    this.settings = resolveOptions(options, this.train.rows.length);
    this.all = model.parameters();
    const { freeze = () => false } = options;
    const free = filterTree(this.all, (path) => !freeze(path));
    const rates = resolveRates(
      options.rates ?? (() => 1),
      filterTree(free, (_path, { trainable }) => trainable),
    );
    this.changing = filterTree(free, (path) => rates.get(path) !== 0);
    this.trained = filterTree(this.changing, (_path, { trainable }) => trainable);
    this.rates = Array.from(this.trained.keys()).every((path) => rates.get(path) === 1) ? undefined : rates;
    if (this.trained.size === 0) {
      throw new OptionError("fit: expected a parameter to train, got a model where all are frozen or not trainable.");
    }
    this.stepsPerEpoch = stepsPerEpoch(this.train.rows.length, this.settings.batchSize);
    this.totalSteps = Math.min(this.settings.maxSteps, this.settings.epochs * this.stepsPerEpoch);
    if (options.loss === undefined) {
      const tables = this.validation === undefined ? [this.train] : [this.train, this.validation];
      this.logProb = rowLogProb(model, tables, "fit");
      this.loss = negativeLogLikelihood(this.logProb);
      const rowSize = sizeOf(eventShapeOf(this.train.x));
      // rowLogProb has refused what is neither.
      const { plan } = planLogProb(model as unknown as Distribution | ConditionalDistribution, rowSize);
      this.planned =
        plan &&
        new PlannedLikelihood(plan, this.train, this.trained, {
          rows: Math.min(this.settings.batchSize, this.train.rows.length),
          threads: this.settings.threads,
          steps: this.totalSteps,
        });
    } else {
      this.logProb = undefined;
      this.planned = undefined;
      this.loss = options.loss;
    }
    this.randomness = options.key.fold("dropout");
    this.optimizers = options.optimizer ?? adam();
    this.optimizer = this.optimizers.create();
    this.identity = {
      trainRows: this.train.rows.length,
      validationRows: this.validation?.rows.length ?? 0,
      batchSize: this.settings.batchSize,
      key: options.key.fold("checkpoint").uniform(1)[0] as number,
    };
    const saved = options.resume && this.resume(options.resume);
    const { averaging } = this.settings;
    this.averages = averaging && new Averages(this.trained, averaging, saved?.averages);
    this.startSeconds = this.progress.seconds;
  }

  async *events(): AsyncGenerator<TrainEvent, void, void> {
    const first = this.options.resume === undefined ? await this.evaluate() : undefined;
    if (first !== undefined && Number.isFinite(first)) this.keepBest(0, first);
    yield {
      type: "start",
      step: this.progress.step,
      epochs: this.settings.epochs,
      stepsPerEpoch: this.stepsPerEpoch,
      totalSteps: this.totalSteps,
      batchSize: this.settings.batchSize,
      trainRows: this.identity.trainRows,
      validationRows: this.identity.validationRows,
      parameters: parameterCount(this.trained),
      ...(first === undefined ? {} : { validationLoss: first }),
    };
    try {
      this.reason = yield* this.epochs();
      this.settle();
    } catch (error) {
      if (!(error instanceof TrainingDivergedError)) {
        this.failed = true;
        throw error;
      }
      this.reason = "diverged";
      this.settle();
      yield { type: "stop", ...this.result() };
      throw error;
    }
    yield { type: "stop", ...this.result() };
  }

  result(): TrainResult {
    const { progress } = this;
    return {
      reason: this.reason,
      epochs: progress.stepInEpoch === 0 ? progress.epoch - 1 : progress.epoch,
      steps: progress.step,
      ...(progress.trainLoss === null ? {} : { trainLoss: progress.trainLoss }),
      ...this.bestSoFar(),
      weights: this.weights,
      ...this.clock(),
    };
  }

  /** Gives the model its final weights, once, and throws when the last ones turn out to be bad. */
  settle(): void {
    if (this.settled) return;
    this.settled = true;
    // Who stops within the first epoch wants what was learned, not the model as it came.
    const early = this.reason === "aborted" && this.progress.epoch === 1;
    if (this.reason === "diverged" || (this.best !== undefined && this.settings.restoreBest && !early)) {
      this.restoreFinite();
      return;
    }
    this.averages?.show();
    // Not after an exception of the loss, which would only come again and hide the first.
    const loss = this.failed ? 0 : this.lastLoss();
    if (Number.isFinite(loss)) return;
    this.restoreFinite();
    throw this.divergedAfter("loss after the last step", loss, this.result().epochs);
  }

  /** Frees what only the fit needs. */
  dispose(): void {
    this.planned?.dispose();
    this.optimizer.dispose();
    this.averages?.dispose();
  }

  private restoreFinite(): void {
    const snapshot = this.best ?? this.lastGood;
    if (snapshot === undefined) this.averages?.show();
    else restoreSnapshot(this.changing, snapshot);
    if (this.best !== undefined) this.weights = "best";
  }

  private async *epochs(): AsyncGenerator<TrainEvent, StopReason, void> {
    const { options, progress, settings } = this;
    const shuffleKey = options.shuffle === false ? undefined : options.key;
    while (progress.step < this.totalSteps || progress.stepInEpoch > 0) {
      if (progress.epochsWithoutImprovement >= settings.patience) return "patience";
      if (progress.epochsSinceRollback >= (settings.rollback?.patience ?? Number.POSITIVE_INFINITY)) {
        const event = this.rollBack();
        if (event === undefined) return "patience";
        yield event;
      }
      const order = epochOrder(this.train, settings.batchSize, shuffleKey, progress.epoch);
      while (progress.stepInEpoch < this.stepsPerEpoch && progress.step < this.totalSteps) {
        await this.slice.breathe();
        const threads = this.planned?.prepare();
        if (threads !== undefined) await threads;
        if (options.signal?.aborted) return "aborted";
        yield this.step(order.batch(progress.stepInEpoch));
        if (settings.checkpointSteps > 0 && progress.step % settings.checkpointSteps === 0) {
          yield await this.save();
        }
      }
      const epoch = await this.endEpoch();
      if (epoch === undefined) return "aborted";
      yield epoch;
      this.averages?.hide();
      if (settings.checkpointEpochs > 0 && epoch.epoch % settings.checkpointEpochs === 0) yield await this.save();
    }
    return "completed";
  }

  private step(rows: Int32Array): TrainEvent {
    const { progress, settings } = this;
    const learningRate = settings.schedule(progress.step, this.totalSteps);
    if (!(learningRate >= 0 && learningRate < Number.POSITIVE_INFINITY)) {
      throw new OptionError(
        `fit: expected a schedule of finite rates from 0, got ${learningRate} in step ${progress.step + 1}.`,
      );
    }
    this.learningRate = learningRate * this.rateScale();
    const isDue = this.lastGood === undefined || progress.step % GOOD_INTERVAL === 0;
    const candidate = this.best === undefined && isDue ? takeSnapshot(this.changing) : undefined;
    let loss = 0;
    let gradientNorm = 0;
    tf.tidy(() => {
      const key = this.randomness.fold(progress.step);
      const evaluated = withTraining(this.model, key, () => this.planned?.at(rows) ?? this.lossOnTape(rows));
      loss = evaluated.loss;
      if (!Number.isFinite(loss)) throw this.diverged("loss", loss);
      const report = this.optimizer.update(this.trained, evaluated.gradients, {
        learningRate: this.learningRate,
        clipNorm: settings.clipNorm > 0 ? settings.clipNorm : undefined,
        rates: this.rates,
      });
      const bad = report.nonFinite;
      if (bad !== undefined) throw this.diverged(bad.what, loss, bad.parameter);
      gradientNorm = report.gradientNorm;
    });
    this.lastGood = candidate ?? this.lastGood;
    this.lastRows = rows;
    progress.step++;
    this.averages?.update(progress.step);
    progress.stepInEpoch++;
    progress.lossSum += loss * rows.length;
    progress.rowCount += rows.length;
    return {
      type: "step",
      step: progress.step,
      epoch: progress.epoch,
      loss,
      gradientNorm,
      learningRate: this.learningRate,
    };
  }

  private lossOnTape(rows: Int32Array): LossAndGradients {
    const batch = makeBatch(this.train, rows);
    const key = this.options.key.fold("loss").fold(this.progress.step);
    return lossAndGradients(() => this.loss(this.model, batch, key), this.trained);
  }

  /** Ends the epoch; undefined when the signal came during validation. */
  private async endEpoch(): Promise<Extract<TrainEvent, { type: "epoch" }> | undefined> {
    const { progress } = this;
    this.averages?.show();
    const validationLoss = await this.evaluate();
    if (validationLoss === undefined && this.validation !== undefined) return undefined;
    // +Infinity is a row outside the model's support, and only no improvement.
    if (validationLoss !== undefined && !(validationLoss > Number.NEGATIVE_INFINITY)) {
      throw this.divergedAfter("validation loss", validationLoss, progress.epoch);
    }
    const { epoch } = progress;
    const trainLoss = progress.lossSum / progress.rowCount;
    const limit =
      (progress.bestValidationLoss ?? Number.POSITIVE_INFINITY) -
      (this.best === undefined ? 0 : this.settings.minImprovement);
    const improved = validationLoss !== undefined && validationLoss < limit;
    if (improved) this.keepBest(epoch, validationLoss);
    else if (validationLoss !== undefined) {
      progress.epochsWithoutImprovement++;
      progress.epochsSinceRollback++;
    }
    Object.assign(progress, { trainLoss, epoch: epoch + 1, stepInEpoch: 0, lossSum: 0, rowCount: 0 });
    return {
      type: "epoch",
      epoch,
      step: progress.step,
      trainLoss,
      ...(validationLoss === undefined ? {} : { validationLoss }),
      improved,
      ...this.bestSoFar(),
      learningRate: this.learningRate,
      ...this.clock(),
    };
  }

  private keepBest(epoch: number, loss: number): void {
    this.best = takeSnapshot(this.changing);
    this.lastGood = undefined;
    Object.assign(this.progress, {
      bestEpoch: epoch,
      bestValidationLoss: loss,
      epochsWithoutImprovement: 0,
      epochsSinceRollback: 0,
    });
  }

  /** Goes back to the best weights; undefined when that was done often enough, or there are none. */
  private rollBack(): TrainEvent | undefined {
    const { best, progress, settings } = this;
    const { bestEpoch, rollbacks } = progress;
    if (best === undefined || bestEpoch === null || rollbacks >= (settings.rollback?.times ?? 0)) return undefined;
    restoreSnapshot(this.changing, best);
    this.averages?.write(best);
    // Moments of the way that led astray would only lead there again.
    const used = this.optimizer;
    this.optimizer = this.optimizers.create();
    used.dispose();
    Object.assign(progress, { epochsSinceRollback: 0, rollbacks: rollbacks + 1 });
    return { type: "rollback", epoch: progress.epoch - 1, step: progress.step, bestEpoch, scale: this.rateScale() };
  }

  private rateScale(): number {
    const { factor = 1 } = this.settings.rollback ?? {};
    return factor ** this.progress.rollbacks;
  }

  /** The validation loss; undefined without validation rows or when the signal came. */
  private async evaluate(): Promise<number | undefined> {
    if (this.validation === undefined) return undefined;
    const chunks =
      this.logProb === undefined
        ? evaluateLoss(this.loss, this.model, this.validation, this.options.key.fold("validation"))
        : evaluateLogProb(this.logProb, this.validation);
    for (;;) {
      if (this.options.signal?.aborted) return undefined;
      const next = chunks.next();
      if (next.done) return next.value;
      await this.slice.breathe();
    }
  }

  /** The loss of the last batch with the weights after its step, which no later step has looked at. */
  private lastLoss(): number {
    const rows = this.lastRows;
    if (rows === undefined) return 0;
    return tf.tidy(() => {
      const key = this.options.key.fold("loss").fold(this.progress.step);
      return this.loss(this.model, makeBatch(this.train, rows), key).dataSync()[0] as number;
    });
  }

  private async save(): Promise<TrainEvent> {
    const { progress } = this;
    progress.seconds = this.clock().seconds;
    await this.options.checkpoint?.save(
      packCheckpoint({
        parameters: takeSnapshot(this.all),
        averages: this.averages?.read(),
        best: this.best === undefined ? undefined : copySnapshot(this.best),
        optimizerType: this.optimizer.type,
        optimizer: this.optimizer.state(),
        identity: this.identity,
        progress: { ...progress },
      }),
    );
    return { type: "checkpoint", epoch: progress.epoch, step: progress.step };
  }

  /** Goes on from a checkpoint, but for its averages. */
  private resume(checkpoint: Checkpoint): CheckpointParts {
    const averaged = this.settings.averaging && this.trained;
    const parts = unpackCheckpoint(checkpoint, this.all, averaged, this.optimizer.type, this.identity);
    this.optimizer.restore(parts.optimizer, this.all);
    restoreSnapshot(this.all, parts.parameters);
    this.best = parts.best;
    this.progress = { ...parts.progress };
    const { step } = this.progress;
    if (step > 0) this.learningRate = this.settings.schedule(step - 1, this.totalSteps) * this.rateScale();
    return parts;
  }

  /** The error of the step that runs. */
  private diverged(what: string, loss: number, parameter?: string): TrainingDivergedError {
    const { step, epoch } = this.progress;
    return this.divergedAt(step + 1, epoch, what, loss, parameter);
  }

  /** The error of the step that was taken last. */
  private divergedAfter(what: string, loss: number, epoch: number): TrainingDivergedError {
    return this.divergedAt(this.progress.step, epoch, what, loss);
  }

  private divergedAt(
    step: number,
    epoch: number,
    what: string,
    loss: number,
    parameter?: string,
  ): TrainingDivergedError {
    const { progress, learningRate } = this;
    const subject = parameter === undefined ? what : `${what} of parameter ${parameter}`;
    const got = parameter === undefined ? String(loss) : "NaN or Infinity";
    const remedy =
      progress.step === 0
        ? "The model is unchanged. Check that it gives every row a density, and standardise the data."
        : `The model holds ${this.best === undefined ? "earlier" : "its best"} weights. Lower the learning rate.`;
    return new TrainingDivergedError(
      `fit: expected a finite ${subject}, got ${got} in step ${step}, epoch ${epoch}, at learning rate ${learningRate}. ${remedy}`,
      { step, epoch, learningRate, loss, ...(parameter === undefined ? {} : { parameter }) },
    );
  }

  private bestSoFar(): { bestEpoch?: number; bestValidationLoss?: number } {
    const { bestEpoch, bestValidationLoss } = this.progress;
    return bestEpoch === null || bestValidationLoss === null ? {} : { bestEpoch, bestValidationLoss };
  }

  private clock(): { seconds: number; cpuSeconds?: number } {
    const seconds = this.startSeconds + (performance.now() - this.startTime) / 1000;
    const now = cpuSeconds();
    return now === undefined || this.startCpu === undefined
      ? { seconds }
      : { seconds, cpuSeconds: now - this.startCpu };
  }
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

function splitData<M extends Module>(
  data: TrainingData,
  options: FitOptions<M>,
): [train: Table, validation: Table | undefined] {
  const table = readTable(data, "fit");
  const n = table.rows.length;
  const validation = options.validation ?? (n >= 20 ? 0.1 : 0);
  if (typeof validation !== "number") return [table, readTable(validation, "fit: validation")];
  if (validation === 0) return [table, undefined];
  if (n === 1) throw new OptionError("fit: expected at least 2 rows, to hold out some for validation, got 1.");
  const held = Math.min(n - 1, Math.max(1, Math.round(n * validation)));
  const order = splitOrder(options.key, n).map((i) => table.rows[i] as number);
  return [selectRows(table, order.subarray(held).sort()), selectRows(table, order.subarray(0, held).sort())];
}

function splitOrder(key: Key, n: number): Int32Array {
  return key.fold("split").permutation(n);
}

function filterTree(tree: ParameterTree, keep: (path: string, parameter: Parameter) => boolean): ParameterTree {
  return new Map(Array.from(tree).filter(([path, parameter]) => keep(path, parameter)));
}
