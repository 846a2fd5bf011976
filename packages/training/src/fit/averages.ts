import { type Key, type Module, type ParameterTree, parameterCount } from "@pushforward/core";
import { sizeOf, tensorValues } from "@pushforward/core/extend";
import { averageUpdate, exchangeValues } from "@pushforward/ops";
import * as tf from "@tensorflow/tfjs-core";
import { makeBatch, type Table } from "../data/training-data.ts";
import { checkScalar } from "../loss/gradients.ts";
import type { Loss, RowLogProb } from "../loss/loss.ts";
import { copySnapshot, restoreSnapshot, type Snapshot, takeSnapshot } from "./checkpoint.ts";

// Moving averages of the weights that are trained, and the exchange of the two.

/** Options of the averages of a fit. */
export interface AveragingOptions {
  /**
   * Fraction of an average that remains in each step, from 0 to below 1. 0.99 is about the mean of the last hundred
   * steps.
   */
  readonly decay: number;
  /**
   * If true, the decay of step t is at most `(1 + t) / (10 + t)`, so that the start is soon forgotten. Default: true.
   */
  readonly warmup?: boolean | undefined;
}

/**
 * Exponential moving averages of parameters (Polyak and Juditsky 1992; with this warm-up, Tarvainen and Valpola 2017,
 * arXiv:1703.01780): `e ← d·e + (1 − d)·θ` after each step. The model contains either the weights or, between {@link
 * show} and {@link hide}, their averages; this object stores the other set.
 */
export class Averages {
  private readonly parameters: ParameterTree;
  private readonly decay: number;
  private readonly warmup: boolean;
  /** The averages or, while these are shown, the weights, one after the other. */
  private readonly waiting: tf.Variable;
  private shown = false;

  /** Initial values: the given ones, or the parameters. */
  constructor(parameters: ParameterTree, { decay, warmup = true }: AveragingOptions, values?: Snapshot) {
    this.parameters = parameters;
    this.decay = decay;
    this.warmup = warmup;
    const initial = joined(parameters, values ?? takeSnapshot(parameters));
    // Inside tidy, because tf.variable(tensor) otherwise leaks the tensor it starts from.
    this.waiting = tf.tidy(() => tf.variable(tf.tensor1d(initial), false));
  }

  /** Moves the averages after a step, counted from 1. The model must hold the weights. */
  update(step: number): void {
    const decay = this.warmup ? Math.min(this.decay, (1 + step) / (10 + step)) : this.decay;
    averageUpdate(this.waiting, this.variables(), decay);
  }

  /** Puts the averages into the model. A second call has no effect. */
  show(): void {
    if (!this.shown) this.exchange();
  }

  /** Puts the weights back into the model. A second call has no effect. */
  hide(): void {
    if (this.shown) this.exchange();
  }

  /** Sets the averages. The model must hold the weights, which stay. */
  write(values: Snapshot): void {
    tf.tidy(() => this.waiting.assign(tf.tensor1d(joined(this.parameters, values))));
  }

  /** A copy of the averages. The model must hold the weights. */
  read(): Snapshot {
    const all = this.waiting.dataSync() as Float32Array;
    const read = new Map<string, Float32Array>();
    let start = 0;
    for (const [path, { shape }] of this.parameters) {
      const end = start + sizeOf(shape);
      read.set(path, all.slice(start, end));
      start = end;
    }
    return read;
  }

  /** Frees stored copies; the model keeps its values. */
  dispose(): void {
    this.waiting.dispose();
  }

  private exchange(): void {
    exchangeValues(this.waiting, this.variables());
    this.shown = !this.shown;
  }

  private variables(): tf.Variable[] {
    return Array.from(this.parameters.values(), ({ variable }) => variable);
  }
}

/** The values of parameters one after the other. */
function joined(parameters: ParameterTree, values: Snapshot): Float32Array {
  const all = new Float32Array(parameterCount(parameters));
  let start = 0;
  for (const [path, { shape }] of parameters) {
    all.set(values.get(path) ?? [], start);
    start += sizeOf(shape);
  }
  return all;
}

/** Steps between two copies of weights known to be good, kept while there are no best ones. */
const GOOD_INTERVAL = 50;

/** The weights that a fit can go back to: the best ones or, while there are none, some from at most 50 steps before. */
export class GoodWeights {
  private readonly parameters: ParameterTree;
  private best: Snapshot | undefined;
  private lastGood: Snapshot | undefined;

  constructor(parameters: ParameterTree, best: Snapshot | undefined) {
    this.parameters = parameters;
    this.best = best;
  }

  get hasBest(): boolean {
    return this.best !== undefined;
  }

  /** Keeps the weights of the model as the best ones. */
  keepBest(): void {
    this.best = takeSnapshot(this.parameters);
    this.lastGood = undefined;
  }

  /** A copy of the weights before a step, where one is due; {@link confirm} keeps it when the step was good. */
  candidate(step: number): Snapshot | undefined {
    const isDue = this.lastGood === undefined || step % GOOD_INTERVAL === 0;
    return this.best === undefined && isDue ? takeSnapshot(this.parameters) : undefined;
  }

  confirm(candidate: Snapshot | undefined): void {
    this.lastGood = candidate ?? this.lastGood;
  }

  /** Restores the best weights, and returns the values; undefined if there are none. */
  restoreBest(): Snapshot | undefined {
    if (this.best !== undefined) restoreSnapshot(this.parameters, this.best);
    return this.best;
  }

  /** Restores the best weights, or the last good ones; returns `false` if neither exists. */
  restore(): boolean {
    const snapshot = this.best ?? this.lastGood;
    if (snapshot !== undefined) restoreSnapshot(this.parameters, snapshot);
    return snapshot !== undefined;
  }

  /** A copy of the best weights. */
  copyBest(): Snapshot | undefined {
    return this.best === undefined ? undefined : copySnapshot(this.best);
  }
}

/** Rows on the device at once: bounds the memory of an evaluation whatever the size of the data. */
const CHUNK = 1024;

/**
 * Mean negative log-density of all rows, summed in float64 on the host: device sums in float32 lose digits at scale.
 * Yields after each chunk, so that the caller can let other work run or stop.
 */
export function* evaluateLogProb(logProb: RowLogProb, table: Table): Generator<void, number, void> {
  let sum = 0;
  for (const rows of chunks(table)) {
    const values = tensorValues(() => logProb(makeBatch(table, rows)));
    for (const [i, row] of rows.entries()) sum += (table.weights?.[row] ?? 1) * (values[i] as number);
    yield;
  }
  return -sum / table.rows.length;
}

/** Mean of a loss over all rows. The same key in each call: differences between epochs are not noise. */
export function* evaluateLoss<M extends Module>(
  loss: Loss<M>,
  model: M,
  table: Table,
  key: Key,
): Generator<void, number, void> {
  let sum = 0;
  for (const [i, rows] of chunks(table).entries()) {
    const value = tf.tidy(() => {
      const scalar = loss(model, makeBatch(table, rows), key.fold(i));
      checkScalar(scalar);
      return scalar.dataSync()[0] as number;
    });
    sum += value * rows.length;
    yield;
  }
  return sum / table.rows.length;
}

function chunks({ rows }: Table): Int32Array[] {
  const count = Math.ceil(rows.length / CHUNK);
  return Array.from({ length: count }, (_, i) => rows.subarray(i * CHUNK, (i + 1) * CHUNK));
}
