import type { Key } from "@pushforward/core";
import { TimeSlice } from "@pushforward/core/plain";
import type { ColumnPrior } from "./column-tables.ts";
import { type CodeRows, type MixtureData, MixtureEm } from "./mixture-em.ts";

/** After a pass of stepwise EM, which finds where to start. */
export interface MixturePassEvent {
  readonly type: "pass";
  readonly components: number;
  readonly smoothing: number;
  /** From 0. */
  readonly start: number;
  /** From 0. */
  readonly pass: number;
  /** Nats per row. */
  readonly validationNll: number;
}

/** After an iteration of EM over all rows. */
export interface MixtureIterationEvent {
  readonly type: "iteration";
  readonly components: number;
  readonly smoothing: number;
  /** From 1. */
  readonly iteration: number;
  /** Of the training rows before the iteration, in nats per row. */
  readonly trainNll: number;
  /** Objective of EM: log-likelihood plus log-prior before the iteration, in nats per row. It never falls. */
  readonly objective: number;
  /** After the iteration; NaN without validation rows. */
  readonly validationNll: number;
}

/** Parameters of a mixture at its best iteration. */
export interface ComponentsFit {
  readonly components: number;
  readonly smoothing: number;
  readonly iterations: number;
  readonly trainNll: number;
  /** NaN without validation rows. */
  readonly validationNll: number;
  readonly logWeights: Float32Array;
  /** `[codes, components]`. */
  readonly logTables: Float32Array;
}

/** Rows to fit, and how. */
export interface ComponentsTask {
  /** In random order. */
  readonly train: MixtureData;
  readonly validation: MixtureData;
  readonly priors: readonly ColumnPrior[];
  readonly smoothing: number;
  readonly starts: number;
  readonly iterations: number;
  readonly signal: AbortSignal | undefined;
}

/** Passes of stepwise EM over the rows, the first one from each start. */
const PASSES = 4;
/** Rows of a step of stepwise EM, and the least number of steps of a pass. */
const BATCH = 1000;
const STEPS = 8;
/** Weight of step t is `(t + 2)^−0.6`, within the limits of Cappé and Moulines 2009. */
const DECAY = 0.6;
/** Iterations in a row that gain less than this, in nats per row, end EM. */
const GAIN = 5e-4;
const PATIENCE = 2;
/** Rows between two looks at the clock. */
const BLOCK = 256;

/**
 * Fits a mixture with `components` components: some passes of stepwise EM (Cappé and Moulines 2009, arXiv:0712.4273)
 * from random rows, then EM over all rows until the validation loss stops improving (without validation rows, the
 * objective).
 */
export async function* fitComponentsEvents(
  task: ComponentsTask,
  components: number,
  key: Key,
): AsyncGenerator<MixturePassEvent | MixtureIterationEvent, ComponentsFit, void> {
  const run = new ComponentsRun(task, components);
  if (components > 1) yield* run.findStart(key);
  return yield* run.maximize();
}

class ComponentsRun {
  private readonly task: ComponentsTask;
  private readonly size: { readonly components: number; readonly smoothing: number };
  private readonly slice = new TimeSlice();
  private readonly judge: MixtureData;
  private em: MixtureEm;

  constructor(task: ComponentsTask, components: number) {
    this.task = task;
    this.size = { components, smoothing: task.smoothing };
    this.judge = task.validation.rows > 0 ? task.validation : task.train;
    this.em = this.create();
  }

  async *findStart(key: Key): AsyncGenerator<MixturePassEvent, void, void> {
    const { train, starts, signal } = this.task;
    let best: { em: MixtureEm; steps: number; start: number; score: number } | undefined;
    for (let start = 0; start < starts && !signal?.aborted; start++) {
      const em = this.create();
      const order = key.fold(start).permutation(train.rows);
      em.start(
        train,
        Array.from({ length: this.size.components }, (_, k) => order[k % train.rows] as number),
      );
      const steps = await this.pass(em, 0);
      const score = await this.nll(em);
      yield { type: "pass", ...this.size, start, pass: 0, validationNll: score };
      if (best === undefined || score < best.score) best = { em, steps, start, score };
    }
    if (best === undefined) return;
    this.em = best.em;
    let { steps } = best;
    for (let pass = 1; pass < PASSES && !signal?.aborted; pass++) {
      steps = await this.pass(this.em, steps);
      const validationNll = await this.nll(this.em);
      yield { type: "pass", ...this.size, start: best.start, pass, validationNll };
    }
  }

  async *maximize(): AsyncGenerator<MixtureIterationEvent, ComponentsFit, void> {
    const { em, task } = this;
    const { train, validation, signal } = task;
    let best = this.snapshot(0, validation.rows > 0 ? await this.nll(em) : Number.NaN);
    /** Indexed by the number of completed iterations. */
    const trainNlls: number[] = [];
    let lowest = Number.POSITIVE_INFINITY;
    let waited = 0;
    for (let iteration = 1; iteration <= task.iterations && waited < PATIENCE; iteration++) {
      if (signal?.aborted) break;
      em.decay(1);
      const logProb = (await this.inBlocks(train.rows, (from, to) => em.add(train, from, to))) + train.logBase;
      const objective = (logProb + em.logPrior()) / train.rows;
      em.maximize();
      const trainNll = -logProb / train.rows;
      trainNlls.push(trainNll);
      const validationNll = validation.rows > 0 ? await this.nll(em) : Number.NaN;
      yield { type: "iteration", ...this.size, iteration, trainNll, objective, validationNll };
      const loss = validation.rows > 0 ? validationNll : -objective;
      waited = loss < lowest - GAIN ? 0 : waited + 1;
      lowest = Math.min(lowest, loss);
      if (!(validationNll >= best.validationNll)) best = this.snapshot(iteration, validationNll);
    }
    const { tables, ...found } = best;
    const trainNll = trainNlls[best.iterations] ?? (await this.nll(em, train));
    return { ...found, trainNll, logTables: Float32Array.from(tables, Math.log) };
  }

  private create(): MixtureEm {
    return new MixtureEm(this.task.priors, this.size.components, this.size.smoothing);
  }

  private async pass(em: MixtureEm, before: number): Promise<number> {
    const { train, signal } = this.task;
    const size = Math.max(1, Math.min(BATCH, Math.ceil(train.rows / STEPS)));
    let steps = before;
    for (let from = 0; from < train.rows && !signal?.aborted; from += size) {
      const to = Math.min(train.rows, from + size);
      const share = steps === 0 ? 1 : (steps + 2) ** -DECAY;
      em.decay(share);
      const factor = (share * train.rows) / (to - from);
      await this.inBlocks(to - from, (a, b) => em.add(train, from + a, from + b, factor));
      em.maximize();
      steps++;
    }
    return steps;
  }

  /** Negative log-likelihood of the validation rows, or of the training rows without validation rows. */
  private async nll(em: MixtureEm, data: MixtureData = this.judge): Promise<number> {
    const logProb = await this.inBlocks(data.rows, (from, to) => em.logProb(data, from, to));
    return -(logProb + data.logBase) / data.rows;
  }

  private async inBlocks(rows: number, sum: (from: number, to: number) => number): Promise<number> {
    let total = 0;
    for (let from = 0; from < rows; from += BLOCK) {
      total += sum(from, Math.min(rows, from + BLOCK));
      if (this.slice.isOver) await this.slice.breathe();
    }
    return total;
  }

  /** The parameters of now. Logarithms of the tables are taken once, of those that are kept. */
  private snapshot(iterations: number, validationNll: number) {
    const { em, size } = this;
    const tables = new Float64Array(em.columns.reduce((sum, column) => sum + column.tables.length, 0));
    let at = 0;
    for (const column of em.columns) {
      tables.set(column.tables, at);
      at += column.tables.length;
    }
    return { ...size, iterations, validationNll, logWeights: Float32Array.from(em.logWeights), tables };
  }
}

/** The same rows in random order. */
export function shuffleRows<T extends CodeRows>(data: T, key: Key): T {
  const order = key.permutation(data.rows);
  return { ...data, codes: data.codes.map((codes) => Int32Array.from(order, (row) => codes[row] as number)) };
}
