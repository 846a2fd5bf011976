import type { Distribution, TensorLike } from "@pushforward/core";
import { asTensor, broadcastShapes, requireBackend } from "@pushforward/core/extend";
import { sumRightmost } from "@pushforward/ops";
import * as tf from "@tensorflow/tfjs-core";
import { checkEvent } from "../config.ts";
import type { UnivariateStatistics } from "./univariate-statistics.ts";

/** Statistics of a univariate distribution with parameters E, in float64. */
export interface ElementFunctions<E> {
  readonly ends: (element: E) => readonly [low: number, high: number];
  /** `P(X ≤ x)`, everywhere. */
  readonly cdf: (x: number, element: E) => number;
  /** The inverse of the cdf for 0 < u < 1. */
  readonly icdf: (u: number, element: E) => number;
  readonly mean: (element: E) => number;
  readonly variance: (element: E) => number;
  readonly entropy: (element: E) => number;
}

/** Statistics of independent features on the host, from univariate functions. */
export class ElementStatistics<E> implements UnivariateStatistics {
  private readonly name: string;
  private readonly distribution: Pick<Distribution, "batchShape" | "eventShape">;
  private readonly elements: readonly E[];
  private readonly functions: ElementFunctions<E>;

  /**
   * @param name the class, for errors.
   * @param elements the parameters of each element of `[...batch, ...event]`.
   */
  constructor(
    name: string,
    distribution: Pick<Distribution, "batchShape" | "eventShape">,
    elements: readonly E[],
    functions: ElementFunctions<E>,
  ) {
    this.name = name;
    this.distribution = distribution;
    this.elements = elements;
    this.functions = functions;
  }

  cdf(x: TensorLike): tf.Tensor {
    return this.map("cdf", x, this.functions.cdf);
  }

  icdf(p: TensorLike): tf.Tensor {
    return this.map("icdf", p, (u, element) => {
      const [low, high] = this.functions.ends(element);
      if (!(u >= 0 && u <= 1)) return Number.NaN;
      return u === 0 ? low : u === 1 ? high : this.functions.icdf(u, element);
    });
  }

  mean(): tf.Tensor {
    return this.each("mean", this.functions.mean);
  }

  variance(): tf.Tensor {
    return this.each("variance", this.functions.variance);
  }

  entropy(): tf.Tensor {
    return tf.tidy(() =>
      sumRightmost(this.each("entropy", this.functions.entropy), this.distribution.eventShape.length),
    );
  }

  /** A function of each element, without a gradient. NaN stays NaN. */
  map(what: string, x: TensorLike, f: (value: number, element: E) => number): tf.Tensor {
    return tf.tidy(() => {
      const where = `${this.name}.${what}`;
      const value = asTensor(x, where);
      checkEvent(where, value.shape, this.distribution);
      const shape = broadcastShapes(value.shape, this.shape) as number[];
      const period = this.elements.length;
      const values = tf.broadcastTo(value, shape).dataSync();
      const results = Float32Array.from(values, (v, i) => (Number.isNaN(v) ? v : f(v, this.elements[i % period] as E)));
      return tf.tensor(results, shape);
    });
  }

  private each(what: string, f: (element: E) => number): tf.Tensor {
    requireBackend(`${this.name}.${what}`);
    return tf.tensor(Float32Array.from(this.elements, f), this.shape);
  }

  private get shape(): number[] {
    return [...this.distribution.batchShape, ...this.distribution.eventShape];
  }
}
