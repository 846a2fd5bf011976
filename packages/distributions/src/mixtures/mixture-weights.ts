import { DomainError, type Json, type Key, OptionError, type Parameter, ShapeError } from "@pushforward/core";
import { parameter } from "@pushforward/core/extend";
import { componentAt, cumulativeWeights, softmax } from "@pushforward/core/plain";
import { logSumExp, type MixtureStepWeights } from "@pushforward/ops";
import * as tf from "@tensorflow/tfjs-core";

/**
 * The component that a uniform draw chooses, by the sums of `cumulativeWeights`, by tensor operations: for where these are
 * written down.
 *
 * @param u `[rows]`. @param bounds `[rows, components]`, or `[1, components]` for all rows.
 * @returns the numbers of components, `[rows]`, as int32.
 * @example
 * tracedChoice(tf.tensor1d([0.1, 0.7]), tf.tensor2d([[0.5, 1]])); // → [0, 1]
 */
export function tracedChoice(u: tf.Tensor, bounds: tf.Tensor): tf.Tensor {
  const [rows, components] = bounds.shape as [number, number];
  // The last bound is 1.
  const inner = tf.slice(bounds, [0, 0], [rows, components - 1]);
  return tf.sum(tf.cast(tf.greaterEqual(tf.expandDims(u, 1), inner), "int32"), 1);
}

/** Options of the weights of a mixture. */
export interface MixtureWeightsOptions {
  readonly weights?: ArrayLike<number> | undefined;
  readonly learnable?: boolean | undefined;
  readonly undrawn?: readonly number[] | undefined;
}

/** The weights of the components of a mixture: numbers in float64, or the softmax of a parameter. */
export class MixtureWeights {
  readonly learnable: boolean;
  /** Components that count: one with a fixed weight of 0 is left out, because ln 0 would have no gradient. */
  readonly used: readonly number[];
  readonly logits: Parameter | undefined;
  /** The components that draws leave out, in ascending order. */
  readonly undrawn: readonly number[];
  private readonly fixed: Float64Array;

  constructor(where: string, count: number, { weights, learnable = false, undrawn = [] }: MixtureWeightsOptions) {
    this.learnable = learnable;
    this.undrawn = undrawn.toSorted((a, b) => a - b);
    this.fixed = normalized(where, weights ?? new Float64Array(count).fill(1), count);
    if (learnable) {
      if (this.fixed.includes(0)) {
        throw new DomainError(`${where}: expected positive weights as start of learnable ones, got 0.`);
      }
      this.logits = parameter([count], this.fixed.map(Math.log));
    }
    this.used = Array.from(this.fixed.keys()).filter((k) => this.fixed[k] !== 0);
    this.checkUndrawn(where);
  }

  /** The weights as they are now, which add up to 1. */
  read(): Float64Array {
    if (this.logits === undefined) return this.fixed.slice();
    return normalized("Mixture", softmax(this.logits.read()), this.fixed.length);
  }

  /** The components that are drawn from. */
  get drawn(): readonly number[] {
    return this.used.filter((k) => !this.undrawn.includes(k));
  }

  /** The weights of draws: 0 for the components that are left out, and the rest adds up to 1. */
  readDrawn(): Float64Array {
    const weights = this.read();
    if (this.undrawn.length === 0) return weights;
    for (const k of this.undrawn) weights[k] = 0;
    return normalized("Mixture", weights, weights.length);
  }

  /** Their logarithms, of all components, as scalars. */
  logTensors(): tf.Tensor[] {
    if (this.logits === undefined) return Array.from(this.fixed, (weight) => tf.scalar(Math.log(weight)));
    const logits = this.logits.variable;
    return tf.unstack(tf.sub(logits, logSumExp(logits)));
  }

  /** Used components, for a plan. */
  forPlan(): MixtureStepWeights {
    if (this.logits !== undefined) return { logits: this.logits };
    return { logWeights: this.used.map((k) => Math.log(this.fixed[k] as number)) };
  }

  /** The component of each of `count` draws. */
  choose(key: Key, count: number): Int32Array {
    const bounds = cumulativeWeights(this.readDrawn());
    return Int32Array.from(key.uniform(count), (u) => componentAt(bounds, u));
  }

  /** The same by tensor operations alone: int32 `[count]`. */
  tracedChoice(key: Key, count: number): tf.Tensor {
    const bounds = Float32Array.from(cumulativeWeights(this.readDrawn()));
    return tracedChoice(tf.tensor1d(key.uniform(count)), tf.tensor2d(bounds, [1, bounds.length]));
  }

  /** Their part of the config of a model file; learnable ones are a parameter. */
  config(): { readonly [key: string]: Json } {
    if (this.learnable) return { learnable: true };
    return {
      learnable: false,
      weights: [...this.fixed],
      ...(this.undrawn.length > 0 && { undrawn: [...this.undrawn] }),
    };
  }

  private checkUndrawn(where: string): void {
    const { undrawn, fixed, learnable } = this;
    if (undrawn.length === 0) return;
    const bad = undrawn.find((k, i) => !Number.isInteger(k) || k < 0 || k >= fixed.length || undrawn[i + 1] === k);
    if (bad !== undefined) {
      throw new OptionError(
        `${where}: expected undrawn to hold different indices from 0 to ${fixed.length - 1}, got ${undrawn.join(", ")}.`,
      );
    }
    if (learnable)
      throw new OptionError(`${where}: expected fixed weights with undrawn components, got learnable ones.`);
    if (this.used.every((k) => undrawn.includes(k))) {
      throw new OptionError(`${where}: expected a component with a positive weight to draw from, got none.`);
    }
  }
}

function normalized(where: string, weights: ArrayLike<number>, count: number): Float64Array {
  if (weights.length !== count) {
    throw new ShapeError(`${where}: expected ${count} weights, one for each component, got ${weights.length}.`);
  }
  const values = Float64Array.from(weights);
  const bad = values.find((weight) => !(weight >= 0 && weight < Number.POSITIVE_INFINITY));
  if (bad !== undefined) {
    throw new DomainError(`${where}: expected weights that are finite and not negative, got ${bad}.`);
  }
  const total = values.reduce((a, b) => a + b, 0);
  if (total === 0) throw new DomainError(`${where}: expected a positive weight, got only zeros.`);
  // Another division would change the last bits of weights from a model file.
  if (Math.abs(total - 1) <= count * Number.EPSILON) return values;
  return values.map((weight) => weight / total);
}
