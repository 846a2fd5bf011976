import {
  type Bijection,
  type Codec,
  type Distribution,
  DomainError,
  type Json,
  type Key,
  type Shape,
  type TensorLike,
} from "@pushforward/core";
import { asTensor, checkOptions, currentTrace, requireSampling } from "@pushforward/core/extend";
import { sizeOf } from "@pushforward/core/plain";
import { BoxConstraint } from "@pushforward/transforms";
import * as tf from "@tensorflow/tfjs-core";
import {
  askedShape,
  broadcastValues,
  checkEvent,
  configArray,
  configCodec,
  hostArray,
  nestedArray,
  optionShape,
  sameShape,
} from "./config.ts";
import { type ElementFunctions, ElementStatistics } from "./univariate/element-statistics.ts";
import type { UnivariateStatistics } from "./univariate/univariate-statistics.ts";

/** Options of {@link Uniform}; `low` and `high` broadcast with each other and with `[features]`. */
export interface UniformOptions {
  /** Size of the event; required only if neither bound determines it. */
  readonly features?: number;
  /** Lower corner of the box, `[...batch, features]`. */
  readonly low: TensorLike;
  /** Upper corner of the box, `[...batch, features]`. */
  readonly high: TensorLike;
}

/**
 * The uniform distribution on a closed box, `log p(x) = −Σ ln(highᵢ − lowᵢ)` inside and −∞ outside. Outside the
 * gradient is 0 and not NaN. NaN yields NaN. Event shape `[features]`.
 *
 * @throws {DomainError} a lower bound is not below its upper bound.
 * @example
 * new Uniform({ low: [-1, 0], high: [1, 5] });
 */
export class Uniform implements Distribution, UnivariateStatistics {
  readonly batchShape: Shape;
  readonly eventShape: Shape;
  /** The bounds, `[...batch, features]`. */
  readonly low: Float64Array;
  readonly high: Float64Array;
  private readonly logVolume: Float64Array;
  private readonly statistics: ElementStatistics<readonly [low: number, high: number]>;

  constructor(options: UniformOptions) {
    checkOptions("Uniform", options, { features: true, low: true, high: true });
    const low = hostArray(options.low, "Uniform low");
    const high = hostArray(options.high, "Uniform high");
    const features = askedShape("Uniform", options);
    const shape = optionShape("Uniform", { features, low: low.shape, high: high.shape });
    this.batchShape = shape.slice(0, -1);
    this.eventShape = shape.slice(-1);
    this.low = broadcastValues(low, shape);
    this.high = broadcastValues(high, shape);
    const ends = Array.from(this.low, (lower, i) => [lower, this.high[i] as number] as const);
    this.statistics = new ElementStatistics("Uniform", this, ends, elementFunctions);
    const size = shape.at(-1) as number;
    this.logVolume = new Float64Array(this.low.length / size);
    for (const [i, lower] of this.low.entries()) {
      const upper = this.high[i] as number;
      // As float32, because that is where they are compared.
      if (!(Math.fround(lower) < Math.fround(upper))) {
        throw new DomainError(`Uniform: expected low < high as 32-bit numbers, got ${lower} and ${upper}.`);
      }
      const row = Math.floor(i / size);
      this.logVolume[row] = (this.logVolume[row] as number) + Math.log(upper - lower);
    }
  }

  /** Onto the box; absent for several boxes. */
  get support(): Bijection | undefined {
    return this.batchShape.length === 0 ? new BoxConstraint({ low: this.low, high: this.high }) : undefined;
  }

  logProb(x: TensorLike): tf.Tensor {
    return tf.tidy(() => {
      const value = asTensor(x, "Uniform.logProb");
      checkEvent("Uniform.logProb", value.shape, this);
      // The density is flat: its gradient is 0 wherever there is one, and comparisons have none on the tape.
      const density = tf.customGrad((v) => ({
        value: this.density(v as tf.Tensor),
        gradFunc: () => tf.zeros((v as tf.Tensor).shape),
      }));
      return density(value);
    });
  }

  sample(key: Key, sampleShape: Shape = []): tf.Tensor {
    requireSampling("Uniform.sample", key, sampleShape);
    const shape = [...sampleShape, ...this.batchShape, ...this.eventShape];
    const values = key.uniform(sizeOf(shape));
    if (currentTrace() !== undefined) return this.traced(tf.tensor(values, shape));
    const period = this.low.length;
    // In float64 and rounded once, so that no draw falls outside the box.
    for (let i = 0; i < values.length; i++) {
      const low = this.low[i % period] as number;
      const high = this.high[i % period] as number;
      values[i] = low + (values[i] as number) * (high - low);
    }
    return tf.tensor(values, shape);
  }

  /** Draws from uniform numbers of [0, 1), by tensor operations alone. */
  private traced(uniform: tf.Tensor): tf.Tensor {
    return tf.tidy(() => {
      const ends = [this.low, this.high].map((end) =>
        tf.tensor(Float32Array.from(end), [...this.batchShape, ...this.eventShape]),
      );
      const [low, high] = ends as [tf.Tensor, tf.Tensor];
      return tf.minimum(tf.add(low, tf.mul(uniform, tf.sub(high, low))), high);
    });
  }

  sampleAndLogProb(key: Key, sampleShape: Shape = []): [sample: tf.Tensor, logProb: tf.Tensor] {
    const sample = this.sample(key, sampleShape);
    const size = sizeOf(sampleShape) * this.logVolume.length;
    const values = Float32Array.from(
      { length: size },
      (_, i) => -(this.logVolume[i % this.logVolume.length] as number),
    );
    return [sample, tf.tensor(values, [...sampleShape, ...this.batchShape])];
  }

  cdf(x: TensorLike): tf.Tensor {
    return this.statistics.cdf(x);
  }

  icdf(p: TensorLike): tf.Tensor {
    return this.statistics.icdf(p);
  }

  mean(): tf.Tensor {
    return this.statistics.mean();
  }

  variance(): tf.Tensor {
    return this.statistics.variance();
  }

  entropy(): tf.Tensor {
    return this.statistics.entropy();
  }

  /** The config of a model file. */
  config(): { readonly [key: string]: Json } {
    const shape = [...this.batchShape, ...this.eventShape];
    return { low: nestedArray(this.low, shape), high: nestedArray(this.high, shape) };
  }

  private density(x: tf.Tensor): tf.Tensor {
    const shape = [...this.batchShape, ...this.eventShape];
    const low = tf.tensor(Float32Array.from(this.low), shape);
    const high = tf.tensor(Float32Array.from(this.high), shape);
    const inside = tf.all(tf.logicalAnd(tf.greaterEqual(x, low), tf.lessEqual(x, high)), -1);
    const undefinedRows = tf.any(tf.isNaN(tf.add(x, tf.zerosLike(low))), -1);
    const logDensity = tf.neg(tf.tensor(Float32Array.from(this.logVolume), this.batchShape as number[]));
    const all = tf.add(logDensity, tf.zeros(inside.shape));
    const bounded = tf.where(inside, all, tf.fill(inside.shape, Number.NEGATIVE_INFINITY));
    return tf.where(undefinedRows, tf.fill(inside.shape, Number.NaN), bounded);
  }
}

const elementFunctions: ElementFunctions<readonly [low: number, high: number]> = {
  ends: (ends) => ends,
  cdf: (x, [low, high]) => Math.min(1, Math.max(0, (x - low) / (high - low))),
  icdf: (u, [low, high]) => low + u * (high - low),
  mean: ([low, high]) => (low + high) / 2,
  variance: ([low, high]) => (high - low) ** 2 / 12,
  entropy: ([low, high]) => Math.log(high - low),
};

/** Codec of {@link Uniform}. */
export const uniformCodec: Codec<Uniform> = configCodec("pushforward/uniform", Uniform, (c, type) =>
  sameShape(type, { low: configArray(c, type, "low"), high: configArray(c, type, "high") }),
);
