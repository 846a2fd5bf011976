// Moving averages of the weights that are trained, and the exchange of the two.
import { type ParameterTree, parameterCount } from "@pushforward/core";
import { sizeOf } from "@pushforward/core/extend";
import { averageUpdate, exchangeValues } from "@pushforward/ops";
import * as tf from "@tensorflow/tfjs-core";
import { type Snapshot, takeSnapshot } from "./checkpoint.ts";

/** Options of the averages of a fit. */
export interface AveragingOptions {
  /** What an average keeps of itself in each step, from 0 to below 1. 0.99 is about the mean of the last hundred steps. */
  readonly decay: number;
  /** Whether the decay of step t is at most `(1 + t) / (10 + t)`, so that the start is soon forgotten: true. */
  readonly warmup?: boolean | undefined;
}

/**
 * Exponential moving averages of parameters (Polyak and Juditsky 1992; with this warm-up, Tarvainen and Valpola 2017,
 * arXiv:1703.01780): `e ← d·e + (1 − d)·θ` after each step. The model holds either the weights or, between {@link show} and
 * {@link hide}, their averages; the other ones wait here.
 */
export class Averages {
  private readonly parameters: ParameterTree;
  private readonly decay: number;
  private readonly warmup: boolean;
  /** The averages or, while these are shown, the weights, one after the other. */
  private readonly waiting: tf.Variable;
  private shown = false;

  /** Starts at the given values, or at those of the parameters. */
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

  /** Puts the averages into the model. A second call does nothing. */
  show(): void {
    if (!this.shown) this.exchange();
  }

  /** Puts the weights back into the model. A second call does nothing. */
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

  /** Frees what waits here; the model keeps what it holds. */
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
