import * as tf from "@tensorflow/tfjs-core";
import { AbstractUnivariate, type UnivariateOptions } from "./abstract-univariate.ts";
import type { RandomStream } from "./random-stream.ts";
import { type DiscreteFamily, type Values, withoutSlopes } from "./univariate-family.ts";

/** A term of the entropy that is smaller ends the sum. */
const NEGLIGIBLE = 1e-18;

/** Independent features that are integers: probabilities in place of densities, the same for all numbers in float64. */
export abstract class AbstractDiscrete<N extends string> extends AbstractUnivariate<N> {
  private readonly discrete: DiscreteFamily<N>;

  protected constructor(family: DiscreteFamily<N>, options: UnivariateOptions<N>) {
    super(family, options);
    this.discrete = family;
  }

  /** `KL(this ‖ q)` by summing over the events; undefined where there are infinitely many. Neither has batch axes. */
  finiteKl(q: AbstractDiscrete<string>): number | undefined {
    let sum = 0;
    for (const [i, element] of this.elements.entries()) {
      const [low, high] = this.endsOf(element);
      if (!Number.isFinite(high - low)) return undefined;
      for (let k = low; k <= high; k++) {
        const logMass = this.logMassOf(k, element);
        // Where p vanishes its logarithm counts for nothing.
        if (logMass > Number.NEGATIVE_INFINITY) {
          sum += Math.exp(logMass) * (logMass - q.logMassOf(k, q.elements[i] as Values<string>));
        }
      }
    }
    return sum;
  }

  protected elementLogProb(x: tf.Tensor): tf.Tensor {
    // Events are isolated points: there is no slope between them.
    const mass = tf.customGrad((value) => ({
      value: this.statistics.map("logProb", value as tf.Tensor, (k, element) => this.logMassOf(k, element)),
      gradFunc: () => tf.zeros((value as tf.Tensor).shape),
    }));
    return mass(x);
  }

  protected drawElement(random: RandomStream, element: Values<N>): number {
    return this.discrete.draw?.(random, element) ?? this.icdfOf(random.uniform(), element);
  }

  protected slopesOf(x: number, element: Values<N>): Values<N> {
    const isOutside = this.logMassOf(x, element) === Number.NEGATIVE_INFINITY;
    return isOutside ? withoutSlopes(element) : this.discrete.slopes(x, element);
  }

  protected entropyOf(element: Values<N>): number {
    const closed = this.discrete.entropy?.(element);
    if (closed !== undefined) return closed;
    const [low, high] = this.endsOf(element);
    const middle = Math.floor(Math.min(high, Math.max(low, this.discrete.mean(element))));
    let sum = 0;
    for (const [start, step] of [
      [middle, 1],
      [middle - 1, -1],
    ] as const) {
      for (let k = start; k >= low && k <= high; k += step) {
        const logMass = this.discrete.logMass(k, element);
        const term = -Math.exp(logMass) * logMass;
        sum += term;
        if (term < NEGLIGIBLE) break;
      }
    }
    return sum;
  }

  protected cdfOf(x: number, element: Values<N>): number {
    const [low, high] = this.endsOf(element);
    if (x < low) return 0;
    return x >= high ? 1 : this.discrete.cdf(Math.floor(x), element);
  }

  protected icdfOf(u: number, element: Values<N>): number {
    // Found between integers, so that rounding cannot lead to a neighbor.
    return this.discrete.icdf?.(u, element) ?? Math.round(this.inverseOfCdf(u, element));
  }

  private logMassOf(k: number, element: Values<N>): number {
    const [low, high] = this.endsOf(element);
    if (!Number.isInteger(k) || k < low || k > high) return Number.NEGATIVE_INFINITY;
    return this.discrete.logMass(k, element);
  }
}
