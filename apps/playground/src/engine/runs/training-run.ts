import {
  type Checkpoint,
  cosineSchedule,
  type StopReason,
  type TrainEvent,
  TrainingDivergedError,
  trainEvents,
} from "pushforward";
import type { CurvePoint, Progress } from "../../shared/protocol.ts";
import type { Phase, Settings } from "../../shared/settings.ts";
import type { NewModel } from "../data/shown-model.ts";

/** Where a training waits while it is paused, and after a step that is taken alone. */
export class PauseGate {
  private closed: { readonly opened: Promise<void>; open(): void } | undefined;
  /** True if the next step is a single step. */
  private isSingle = false;

  pause(): void {
    if (this.closed !== undefined) return;
    let open = (): void => {};
    const opened = new Promise<void>((resolve) => {
      open = resolve;
    });
    this.closed = { opened, open };
  }

  resume(): void {
    this.closed?.open();
    this.closed = undefined;
  }

  /** Takes one step, then waits. */
  stepOnce(): void {
    this.isSingle = true;
    this.resume();
  }

  /** Called after each step. Pauses after a single step, and returns `true` in that case. */
  stepped(): boolean {
    if (!this.isSingle) return false;
    this.isSingle = false;
    this.pause();
    return true;
  }

  /** Waits while it is closed. `paused` is called before each wait, and `resumed` after it. */
  async wait(paused: () => void, resumed: () => void): Promise<void> {
    while (this.closed !== undefined) {
      paused();
      await this.closed.opened;
      resumed();
    }
  }
}

/** Events of a run while it continues. */
export interface RunHooks {
  progress(progress: Progress): void;
  /** Called often, after the weights have changed. If it returns a promise, the run waits for the promise. */
  stepped(step: number): Promise<void> | undefined;
  /** A place to go on from; called often. */
  checkpoint(checkpoint: Checkpoint): void;
  /** The run waits: its weights are shown, and its last checkpoint is kept. */
  paused(checkpoint: Checkpoint | undefined): void;
}

/** How a run ended. */
export interface RunEnd {
  readonly reason: StopReason;
  readonly step: number;
  readonly seconds: number;
  readonly stepsPerSecond: number;
  readonly message?: string;
}

/** State from which an interrupted run continues. */
export interface RunStart {
  readonly checkpoint: Checkpoint;
  readonly rateScale: number;
  readonly progress: Progress;
}

/** Time between two reports, in ms. */
const REPORT = 100;
/** Steps between two checkpoints: a pause waits for one. */
const CHECKPOINT_STEPS = 20;
/** Points of the curve of a whole training, and the longest time between two, in ms. */
const CURVE_POINTS = 200;
const LONGEST_POINT = 1000;
/** Time over which the rate of steps is taken. */
const RATE_WINDOW = 2000;

/** One training: it can pause, go on, stop, and change its learning rate. */
export class TrainingRun {
  /** Gate for pauses. */
  readonly gate: PauseGate = new PauseGate();
  rateScale: number;
  /** Curves so far. */
  readonly train: CurvePoint[] = [];
  readonly validation: CurvePoint[] = [];
  private readonly model: NewModel;
  private readonly settings: Settings;
  private readonly hooks: RunHooks;
  private readonly resumed: RunStart | undefined;
  private readonly controller = new AbortController();
  private phase: Phase = "training";
  private step = 0;
  private epoch = 0;
  private totalSteps = 0;
  private learningRate = 0;
  /** Of the weights that the run will end with. */
  private bestLoss: number | undefined;
  private checkpoint: Checkpoint | undefined;
  /** Losses since the last point of the curve. */
  private lossSum = 0;
  private lossCount = 0;
  private sent = { train: 0, validation: 0 };
  private reported = 0;
  private pointed = 0;
  /** Time spent on steps, and when the clock last started. */
  private worked = 0;
  private since = 0;
  private steps = 0;
  private marks: { readonly time: number; readonly steps: number }[] = [];

  constructor(model: NewModel, settings: Settings, hooks: RunHooks, resumed?: RunStart) {
    this.model = model;
    this.settings = settings;
    this.hooks = hooks;
    this.resumed = resumed;
    this.rateScale = resumed?.rateScale ?? 1;
    if (resumed !== undefined) {
      const { progress, checkpoint } = resumed;
      this.checkpoint = checkpoint;
      this.step = checkpoint.meta.progress.step;
      this.epoch = progress.epoch;
      this.totalSteps = progress.totalSteps;
      this.learningRate = progress.learningRate;
      const before = ({ step }: CurvePoint): boolean => step <= this.step;
      this.train.push(...progress.train.filter(before));
      this.validation.push(...progress.validation.filter(before));
      this.bestLoss = checkpoint.meta.progress.bestValidationLoss ?? undefined;
      this.gate.pause();
    }
  }

  /** Trains to the end. */
  async run(): Promise<RunEnd> {
    const { inner, train, validation, key, logVolume } = this.model;
    const rows = train.x.shape[0] as number;
    const batchSize = Math.min(this.settings.batch, rows);
    const schedule = cosineSchedule({ learningRate: this.settings.rate });
    const epochs = epochsFor(this.settings, rows);
    const events = trainEvents(inner, train, {
      key,
      validation,
      maxEpochs: epochs,
      patience: patienceFor(epochs),
      batchSize,
      threads: this.settings.threads,
      learningRate: (step, total) => schedule(step, total) * this.rateScale,
      signal: this.controller.signal,
      checkpoint: {
        every: { steps: CHECKPOINT_STEPS },
        save: (checkpoint) => {
          this.checkpoint = checkpoint;
          this.hooks.checkpoint(checkpoint);
        },
      },
      ...(this.resumed === undefined ? {} : { resume: this.resumed.checkpoint }),
    });
    let reason: StopReason = "aborted";
    this.since = performance.now();
    try {
      for await (const event of events) {
        if (event.type === "stop") reason = event.reason;
        else await this.follow(event, logVolume);
      }
      return this.end(reason);
    } catch (error) {
      if (!(error instanceof TrainingDivergedError)) throw error;
      return { ...this.end("diverged"), message: divergedMessage(error.detail.step) };
    }
  }

  /** Handles an event of the fit, and waits if the visitor has paused the run. */
  private async follow(event: TrainEvent, logVolume: number): Promise<void> {
    if (event.type === "step") {
      this.step = event.step;
      this.learningRate = event.learningRate;
      this.lossSum += event.loss;
      this.lossCount++;
      this.steps++;
      if (this.lossCount >= this.totalSteps / CURVE_POINTS || performance.now() - this.pointed > LONGEST_POINT) {
        this.point();
      }
      const drawn = this.hooks.stepped(event.step);
      if (drawn !== undefined) await this.untilDrawn(drawn);
      if (performance.now() - this.reported >= REPORT) this.report();
      if (this.gate.stepped()) {
        this.point();
        await this.wait();
      }
    } else if (event.type === "start") {
      this.totalSteps = event.totalSteps;
      if (event.validationLoss !== undefined && Number.isFinite(event.validationLoss)) {
        this.bestLoss = event.validationLoss;
        this.keep({ step: 0, nll: event.validationLoss + logVolume });
      }
      this.report();
      // A run that was found again waits for its visitor.
      await this.wait();
    } else if (event.type === "epoch") {
      this.epoch = event.epoch;
      this.bestLoss = event.bestValidationLoss;
      if (event.validationLoss !== undefined) this.keep({ step: event.step, nll: event.validationLoss + logVolume });
    } else if (event.type === "checkpoint") await this.wait();
  }

  stop(): void {
    this.controller.abort();
    this.gate.resume();
  }

  setRate(rate: number): void {
    this.rateScale = rate / this.settings.rate;
  }

  /** Complete progress of the run so far. */
  get whole(): Progress {
    return { ...this.progress(), train: this.train, validation: this.validation };
  }

  private end(reason: StopReason): RunEnd {
    this.worked += performance.now() - this.since;
    this.phase = "finished";
    this.report();
    const seconds = this.worked / 1000;
    return { reason, step: this.step, seconds, stepsPerSecond: this.steps / seconds };
  }

  /** Waits for a picture: this is no time of training. */
  private async untilDrawn(drawn: Promise<void>): Promise<void> {
    this.worked += performance.now() - this.since;
    await drawn;
    this.since = performance.now();
    this.marks = [];
  }

  /** Waits while the run is paused. */
  private wait(): Promise<void> {
    const paused = (): void => {
      this.worked += performance.now() - this.since;
      this.phase = "paused";
      this.marks = [];
      this.report();
      this.hooks.paused(this.checkpoint);
    };
    const resumed = (): void => {
      this.phase = "training";
      this.since = performance.now();
      this.report();
    };
    return this.gate.wait(paused, resumed);
  }

  private keep(point: CurvePoint): void {
    if (this.validation.at(-1)?.step !== point.step) this.validation.push(point);
  }

  private report(): void {
    this.reported = performance.now();
    if (this.phase === "finished") this.point();
    this.hooks.progress(this.progress());
    this.sent = { train: this.train.length, validation: this.validation.length };
  }

  /** Adds the mean loss of the last batches to the curve. */
  private point(): void {
    if (this.lossCount === 0) return;
    this.pointed = performance.now();
    this.train.push({ step: this.step, nll: this.lossSum / this.lossCount + this.model.logVolume });
    this.lossSum = 0;
    this.lossCount = 0;
  }

  private progress(): Progress {
    return {
      phase: this.phase,
      step: this.step,
      totalSteps: this.totalSteps,
      epoch: this.epoch,
      stepsPerSecond: this.rate(),
      learningRate: this.learningRate,
      train: this.train.slice(this.sent.train),
      validation: this.validation.slice(this.sent.validation),
      ...(this.bestLoss === undefined ? {} : { bestNll: this.bestLoss + this.model.logVolume }),
    };
  }

  /** Steps a second, lately. */
  private rate(): number {
    if (this.phase !== "training") return this.phase === "finished" ? this.steps / (this.worked / 1000) : 0;
    const now = performance.now();
    this.marks.push({ time: now, steps: this.steps });
    while (this.marks.length > 2 && now - (this.marks[0]?.time ?? now) > RATE_WINDOW) this.marks.shift();
    const first = this.marks[0];
    return first === undefined || now === first.time ? 0 : (1000 * (this.steps - first.steps)) / (now - first.time);
  }
}

function divergedMessage(step: number): string {
  return `Training diverged at step ${step}: the loss is not a finite number any more. The best weights so far are kept. Lower the learning rate, then train again.`;
}

/**
 * Returns the number of epochs without improvement before a training stops, long enough to see the effect of smaller
 * steps.
 */
export function patienceFor(epochs: number): number {
  return Math.max(20, Math.ceil(epochs / 3));
}

/** Number of epochs that is closest to the number of steps in the settings. */
export function epochsFor({ steps, batch }: Settings, rows: number): number {
  return Math.max(1, Math.round(steps / Math.ceil(rows / Math.min(batch, rows))));
}
