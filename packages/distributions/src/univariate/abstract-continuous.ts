import type { Bijection } from "@pushforward/core";
import { stopGradient } from "@pushforward/ops";
import { BoxConstraint } from "@pushforward/transforms";
import * as tf from "@tensorflow/tfjs-core";
import {
  AbstractUnivariate,
  type ContinuousFamily,
  type UnivariateOptions,
  type Values,
  withoutSlopes,
} from "./abstract-univariate.ts";
import type { RandomStream } from "./random-stream.ts";

/** The largest and the smallest normal float32. */
const LARGEST = 3.4028234663852886e38;
const SMALLEST = 2 ** -126;

/** Independent features with densities: adds the rules of the support to the mathematics of a family. */
export abstract class AbstractContinuous<N extends string, C extends string = string> extends AbstractUnivariate<N> {
  private readonly continuous: ContinuousFamily<N, C>;
  private readonly constants: readonly Readonly<Record<C, number>>[];

  protected constructor(family: ContinuousFamily<N, C>, options: UnivariateOptions<N>) {
    super(family, options);
    this.continuous = family;
    this.constants = this.elements.map((element) => family.constants(element));
  }

  /** Bijection onto the box of the bounds; absent without bounds, or for several boxes. */
  get support(): Bijection | undefined {
    const ends = this.elements.map((element) => this.endsOf(element));
    if (this.batchShape.length > 0 || !ends.flat().some(Number.isFinite)) return undefined;
    return new BoxConstraint({ low: ends.map(([low]) => low), high: ends.map(([, high]) => high) });
  }

  protected elementLogProb(x: tf.Tensor): tf.Tensor {
    const names = Object.keys(this.constants[0] as object) as C[];
    const constants = Object.fromEntries(
      names.map((name) => [name, this.tensorOf((_, i) => (this.constants[i] as Record<C, number>)[name])]),
    ) as Record<C, tf.Tensor>;
    const [low, high] = [0, 1].map((side) => this.tensorOf((p) => this.endsOf(p)[side] as number)) as [
      tf.Tensor,
      tf.Tensor,
    ];
    // The log-density and its derivative need to be finite only inside.
    const inner = [0, 1].map((side) => this.tensorOf((p) => this.insideOf(p)[side] as number)) as [
      tf.Tensor,
      tf.Tensor,
    ];
    const inside = tf.minimum(tf.maximum(x, inner[0]), inner[1]);
    const density = this.continuous.logDensity(inside, constants);
    const value = stopGradient(x);
    const isOutside = tf.logicalOr(tf.less(value, low), tf.greater(value, high));
    let result = tf.where(isOutside, tf.fill(density.shape, Number.NEGATIVE_INFINITY), density);
    for (const [side, end] of [low, high].entries()) {
      const limit = this.elements.map((p) => this.endDensity(p)[side] as number);
      const hasLimit = this.tensorOf((_, i) => (limit[i] === Number.POSITIVE_INFINITY ? 0 : 1));
      const isEnd = tf.logicalAnd(tf.equal(value, end), tf.greater(hasLimit, 0));
      const limits = tf.add(
        this.tensorOf((_, i) => (limit[i] === Number.POSITIVE_INFINITY ? 0 : (limit[i] as number))),
        tf.zeros(density.shape),
      );
      result = tf.where(isEnd, limits, result);
    }
    return result;
  }

  protected drawElement(random: RandomStream, element: Values<N>): number {
    const drawn = this.continuous.draw?.(random, element) ?? this.icdfOf(random.uniform(), element);
    const [low, high] = this.insideOf(element);
    return Math.min(high, Math.max(low, drawn));
  }

  protected slopesOf(x: number, element: Values<N>): Values<N> {
    const [low, high] = this.endsOf(element);
    const slopes = (at: number): Values<N> => this.continuous.slopes(at, element);
    if (x >= low && x <= high) {
      const [first, last] = this.insideOf(element);
      return slopes(Math.min(last, Math.max(first, x)));
    }
    return Number.isNaN(x) ? slopes(x) : withoutSlopes(element);
  }

  protected entropyOf(element: Values<N>): number {
    return this.continuous.entropy(element);
  }

  protected cdfOf(x: number, element: Values<N>): number {
    const [low, high] = this.endsOf(element);
    if (x <= low) return 0;
    return x >= high ? 1 : this.continuous.cdf(x, element);
  }

  protected icdfOf(u: number, element: Values<N>): number {
    return this.continuous.icdf?.(u, element) ?? this.inverseOfCdf(u, element);
  }

  private endDensity(element: Values<N>): readonly [number, number] {
    return this.continuous.atEnds?.(element) ?? [Number.NEGATIVE_INFINITY, Number.NEGATIVE_INFINITY];
  }

  /** The first and the last float32 strictly between the bounds. */
  private insideOf(element: Values<N>): readonly [low: number, high: number] {
    const [low, high] = this.endsOf(element);
    return [
      low === Number.NEGATIVE_INFINITY ? -LARGEST : nextAbove(low),
      high === Number.POSITIVE_INFINITY ? LARGEST : -nextAbove(-high),
    ];
  }

  private tensorOf(f: (element: Values<N>, index: number) => number): tf.Tensor {
    return tf.tensor(Float32Array.from(this.elements, f), [...this.batchShape, ...this.eventShape]);
  }
}

/** The next float32 above a number; next to 0 the smallest normal one, which engines do not flush to 0. */
function nextAbove(value: number): number {
  const rounded = Math.fround(value);
  if (Math.abs(rounded) < SMALLEST) return SMALLEST;
  if (rounded > value) return rounded;
  const bits = new DataView(new ArrayBuffer(4));
  bits.setFloat32(0, rounded);
  bits.setUint32(0, bits.getUint32(0) + (rounded > 0 ? 1 : -1));
  return bits.getFloat32(0);
}
