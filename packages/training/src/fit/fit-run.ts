import { type Module, parameterCount, TrainingDivergedError } from "@pushforward/core";
import { requireBackend } from "@pushforward/core/extend";
import { TimeSlice } from "@pushforward/core/plain";
import * as tf from "@tensorflow/tfjs-core";
import type { RowStream } from "../data/streamed-source.ts";
import type { StepRows, TrainingData } from "../data/training-data.ts";
import { adam } from "../optimizer/adam.ts";
import type { Optimizer, OptimizerFactory } from "../optimizer/optimizer.ts";
import { Averages, GoodWeights } from "./averages.ts";
import { fitCheckpoint, restoreCheckpoint } from "./checkpoint.ts";
import {
  bestSoFar,
  type Divergence,
  divergedError,
  type EpochEvent,
  epochsBegun,
  type FitProgress,
  newProgress,
  type StartEvent,
  type StopReason,
  type TrainEvent,
  type TrainResult,
} from "./events.ts";
import { FitLoss } from "./fit-loss.ts";
import { FitClock, type FitSetup, fitSetup, resumedRate, rollbackScale, stepRate } from "./fit-setup.ts";
import { checkFitOptions, type TrainOptions } from "./train-options.ts";

/** One fit: its loop, and the state of the loop. */
export class FitRun<M extends Module> {
  private readonly clock: FitClock = new FitClock();
  private readonly options: TrainOptions<M>;
  private readonly setup: FitSetup;
  private readonly loss: FitLoss<M>;
  private readonly optimizers: OptimizerFactory;
  private optimizer: Optimizer;
  private readonly averages: Averages | undefined;
  private readonly good: GoodWeights;
  private readonly progress: FitProgress;
  private learningRate: number;
  private lastBatch: StepRows | undefined;
  private reason: StopReason = "aborted";
  private weights: "best" | "last" = "last";
  private settled = false;
  private failed = false;
  /** The longest that training keeps the event loop, steps aside. */
  private readonly slice: TimeSlice = new TimeSlice();

  constructor(model: M, data: TrainingData | RowStream, options: TrainOptions<M>) {
    requireBackend("train");
    checkFitOptions(options);
    this.options = options;
    this.setup = fitSetup(model, data, options);
    const { identity, parameters, settings, totalSteps, train, validation } = this.setup;
    const { all, changing, trained } = parameters;
    const { averaging, batchSize, threads } = settings;
    const { sample } = train;
    const rows = Math.min(batchSize, train.rows);
    this.loss = new FitLoss({ model, trained, sample, validation, options, batchSize: rows, threads, totalSteps });
    this.optimizers = options.optimizer ?? adam();
    const optimizer = this.optimizers.create();
    this.optimizer = optimizer;
    const averaged = averaging && trained;
    const saved = options.resume && restoreCheckpoint(options.resume, { all, averaged, optimizer, identity });
    this.progress = { ...(saved?.progress ?? newProgress()) };
    this.good = new GoodWeights(changing, saved?.best);
    this.learningRate = resumedRate(settings, this.progress, totalSteps);
    this.averages = averaging && new Averages(trained, averaging, saved?.averages);
    this.clock.resume(this.progress.seconds);
  }

  async *events(): AsyncGenerator<TrainEvent, void, void> {
    const first = this.options.resume === undefined ? await this.loss.validationLoss(this.slice) : undefined;
    if (first !== undefined && Number.isFinite(first)) this.keepBest(0, first);
    yield this.startEvent(first);
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
      epochs: epochsBegun(progress),
      steps: progress.step,
      ...(progress.trainLoss === null ? {} : { trainLoss: progress.trainLoss }),
      ...bestSoFar(progress),
      weights: this.weights,
      ...this.clock.read(),
    };
  }

  /** Sets the final weights of the model, once, and throws if the last weights turn out to be bad. */
  settle(): void {
    if (this.settled) return;
    this.settled = true;
    // Who stops within the first epoch wants what was learned, not the model as it came.
    const early = this.reason === "aborted" && this.progress.epoch === 1;
    if (this.reason === "diverged" || (this.good.hasBest && this.setup.settings.restoreBest && !early)) {
      this.restoreGood();
      return;
    }
    this.averages?.show();
    // Not after an exception of the loss, which would only come again and hide the first.
    const loss = this.failed ? 0 : this.lastLoss();
    if (Number.isFinite(loss)) return;
    this.restoreGood();
    throw this.divergedAfter("loss after the last step", loss, epochsBegun(this.progress));
  }

  /** Frees the resources that only the fit needs. */
  dispose(): void {
    this.loss.dispose();
    this.optimizer.dispose();
    this.averages?.dispose();
  }

  private startEvent(validationLoss: number | undefined): StartEvent {
    const { identity, parameters, settings, stepsPerEpoch, totalSteps } = this.setup;
    return {
      type: "start",
      step: this.progress.step,
      epochs: settings.epochs,
      stepsPerEpoch,
      totalSteps,
      batchSize: settings.batchSize,
      trainRows: identity.trainRows,
      validationRows: identity.validationRows,
      parameters: parameterCount(parameters.trained),
      ...(validationLoss === undefined ? {} : { validationLoss }),
    };
  }

  private async *epochs(): AsyncGenerator<TrainEvent, StopReason, void> {
    const { options, progress, setup } = this;
    const { settings, stepsPerEpoch, totalSteps, train } = setup;
    const shuffleKey = options.shuffle === false ? undefined : options.key;
    while (progress.step < totalSteps || progress.stepInEpoch > 0) {
      if (progress.epochsWithoutImprovement >= settings.patience) return "patience";
      if (progress.epochsSinceRollback >= (settings.rollback?.patience ?? Number.POSITIVE_INFINITY)) {
        const event = this.rollBack();
        if (event === undefined) return "patience";
        yield event;
      }
      const steps = train.epoch(settings.batchSize, shuffleKey, progress.epoch);
      while (progress.stepInEpoch < stepsPerEpoch && progress.step < totalSteps) {
        await this.slice.breathe();
        const threads = this.loss.prepare();
        if (threads !== undefined) await threads;
        if (options.signal?.aborted) return "aborted";
        const batch = steps.at(progress.stepInEpoch);
        yield this.step(batch instanceof Promise ? await batch : batch);
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

  private step(batch: StepRows): TrainEvent {
    const { rows } = batch;
    const { progress, setup } = this;
    const { parameters, settings, totalSteps } = setup;
    this.learningRate = stepRate(settings, progress, totalSteps);
    const candidate = this.good.candidate(progress.step);
    let loss = 0;
    let gradientNorm = 0;
    tf.tidy(() => {
      const evaluated = this.loss.at(batch, progress.step);
      loss = evaluated.loss;
      if (!Number.isFinite(loss)) throw this.divergedIn("loss", loss);
      const report = this.optimizer.update(parameters.trained, evaluated.gradients, {
        learningRate: this.learningRate,
        clipNorm: settings.clipNorm > 0 ? settings.clipNorm : undefined,
        learningRateMultipliers: parameters.multipliers,
      });
      const bad = report.nonFinite;
      if (bad !== undefined) throw this.divergedIn(bad.what, loss, bad.parameter);
      gradientNorm = report.gradientNorm;
    });
    this.good.confirm(candidate);
    this.lastBatch = batch;
    progress.step++;
    this.averages?.update(progress.step);
    progress.stepInEpoch++;
    progress.lossSum += loss * rows.length;
    progress.rowCount += rows.length;
    const { learningRate } = this;
    return { type: "step", step: progress.step, epoch: progress.epoch, loss, gradientNorm, learningRate };
  }

  /** Finishes the epoch; returns undefined if the signal aborts the validation. */
  private async endEpoch(): Promise<EpochEvent | undefined> {
    const { progress, setup } = this;
    this.averages?.show();
    const validationLoss = await this.loss.validationLoss(this.slice);
    if (validationLoss === undefined && setup.validation !== undefined) return undefined;
    // +Infinity is a row outside the model's support, and only no improvement.
    if (validationLoss !== undefined && !(validationLoss > Number.NEGATIVE_INFINITY)) {
      throw this.divergedAfter("validation loss", validationLoss, progress.epoch);
    }
    const { epoch } = progress;
    const trainLoss = progress.lossSum / progress.rowCount;
    const limit =
      (progress.bestValidationLoss ?? Number.POSITIVE_INFINITY) -
      (this.good.hasBest ? setup.settings.minImprovement : 0);
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
      ...bestSoFar(progress),
      learningRate: this.learningRate,
      ...this.clock.glance(),
    };
  }

  private keepBest(epoch: number, loss: number): void {
    this.good.keepBest();
    Object.assign(this.progress, {
      bestEpoch: epoch,
      bestValidationLoss: loss,
      epochsWithoutImprovement: 0,
      epochsSinceRollback: 0,
    });
  }

  /** Restores the best weights; returns undefined if no rollbacks are left, or no best weights exist. */
  private rollBack(): TrainEvent | undefined {
    const { progress, setup } = this;
    const { bestEpoch, rollbacks } = progress;
    if (bestEpoch === null || rollbacks >= (setup.settings.rollback?.times ?? 0)) return undefined;
    const best = this.good.restoreBest();
    if (best === undefined) return undefined;
    this.averages?.write(best);
    // Reset the optimizer's moments: they would steer straight back to the bad region.
    const used = this.optimizer;
    this.optimizer = this.optimizers.create();
    used.dispose();
    Object.assign(progress, { epochsSinceRollback: 0, rollbacks: rollbacks + 1 });
    const scale = rollbackScale(setup.settings, progress);
    return { type: "rollback", epoch: progress.epoch - 1, step: progress.step, bestEpoch, scale };
  }

  private restoreGood(): void {
    if (!this.good.restore()) this.averages?.show();
    if (this.good.hasBest) this.weights = "best";
  }

  /** The loss of the last batch with the weights after its step, which no later step has looked at. */
  private lastLoss(): number {
    return this.lastBatch === undefined ? 0 : this.loss.value(this.lastBatch, this.progress.step);
  }

  private async save(): Promise<TrainEvent> {
    const { optimizer, progress, setup } = this;
    progress.seconds = this.clock.glance().seconds;
    await this.options.checkpoint?.save(
      fitCheckpoint({
        all: setup.parameters.all,
        averages: this.averages?.read(),
        best: this.good.copyBest(),
        optimizer,
        identity: setup.identity,
        progress,
      }),
    );
    return { type: "checkpoint", epoch: progress.epoch, step: progress.step };
  }

  /** The error of the step that runs. */
  private divergedIn(what: string, loss: number, parameter?: string): TrainingDivergedError {
    const { step, epoch } = this.progress;
    return this.divergedAt({ what, loss, parameter, step: step + 1, epoch });
  }

  /** The error of the step that was taken last. */
  private divergedAfter(what: string, loss: number, epoch: number): TrainingDivergedError {
    return this.divergedAt({ what, loss, step: this.progress.step, epoch });
  }

  private divergedAt(at: Pick<Divergence, "what" | "loss" | "parameter" | "step" | "epoch">): TrainingDivergedError {
    const earlier = this.good.hasBest ? "best" : "earlier";
    const weights = this.progress.step === 0 ? "unchanged" : earlier;
    return divergedError({ ...at, learningRate: this.learningRate, weights });
  }
}
