// Moving averages of the weights that are trained, and the exchange of the two.
import type { Parameter, ParameterTree } from "@pushforward/core";
import { type AverageTarget, averageUpdate, exchangeValues } from "@pushforward/ops";
import * as tf from "@tensorflow/tfjs-core";
import type { Snapshot } from "./checkpoint.ts";

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
  private readonly waiting: ReadonlyMap<string, tf.Variable>;
  private shown = false;

  /** Starts at the given values, or at those of the parameters. */
  constructor(parameters: ParameterTree, { decay, warmup = true }: AveragingOptions, values?: Snapshot) {
    this.parameters = parameters;
    this.decay = decay;
    this.warmup = warmup;
    this.waiting = new Map(
      Array.from(parameters, ([path, parameter]) => [
        path,
        // Inside tidy, because tf.variable(tensor) otherwise leaks the tensor it starts from.
        tf.tidy(() => {
          const initial = values?.get(path)?.slice() ?? parameter.read();
          return tf.variable(tf.tensor(initial, [...parameter.shape], parameter.dtype), false);
        }),
      ]),
    );
  }

  /** Moves the averages after a step, counted from 1. The model must hold the weights. */
  update(step: number): void {
    averageUpdate(this.targets(), this.warmup ? Math.min(this.decay, (1 + step) / (10 + step)) : this.decay);
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
    for (const [path, variable] of this.waiting) {
      const own = values.get(path);
      if (own !== undefined) tf.tidy(() => variable.assign(tf.tensor(own.slice(), variable.shape, variable.dtype)));
    }
  }

  /** A copy of the averages. The model must hold the weights. */
  read(): Snapshot {
    return new Map(Array.from(this.waiting, ([path, variable]) => [path, variable.dataSync().slice() as Float32Array]));
  }

  /** Frees what waits here; the model keeps what it holds. */
  dispose(): void {
    for (const variable of this.waiting.values()) variable.dispose();
  }

  private exchange(): void {
    exchangeValues(this.targets().map(({ value, average }) => [value, average]));
    this.shown = !this.shown;
  }

  private targets(): AverageTarget[] {
    return Array.from(this.waiting, ([path, average]) => ({
      value: (this.parameters.get(path) as Parameter).variable,
      average,
    }));
  }
}
