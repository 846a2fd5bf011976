import {
  type Codec,
  type Distribution,
  DomainError,
  type Json,
  type Key,
  ModelFileError,
  type Shape,
  ShapeError,
  type TensorLike,
} from "@pushforward/core";
import { asTensor, checkOptions, currentTrace, requireBackend, requireSampling } from "@pushforward/core/extend";
import { formatShape, sizeOf } from "@pushforward/core/plain";
import { log1p, matMul, stopGradient, sumRightmost } from "@pushforward/ops";
import * as tf from "@tensorflow/tfjs-core";
import {
  broadcastValues,
  checkEvent,
  configArray,
  configCodec,
  hostArray,
  nestedArray,
  optionShape,
} from "./config.ts";
import { RandomStream } from "./univariate/random-stream.ts";

/** Options of {@link VonMisesFisher}; the batch axes broadcast. */
export interface VonMisesFisherOptions {
  /** `[...batch, 3]`, of any length but 0. */
  readonly meanDirection: TensorLike;
  /** `[...batch]`, at least 0. */
  readonly concentration: TensorLike;
}

type Vector = readonly [number, number, number];

/** How much the squared length of an event may differ from 1. */
const OFF_SPHERE = 1e-4;

/**
 * The von Mises–Fisher distribution on the sphere S², `log p(x) = κ (μ·x − 1) + ln(κ/(2π (1 − e^−2κ)))` for unit vectors x,
 * with mean direction μ and concentration κ. Event shape `[3]`. With κ = 0 it is uniform.
 *
 * The density is per unit area of the sphere: its integral over the area 4π is 1, and its log-densities are not comparable with
 * densities on ℝ³. The log-density of a vector with a squared length that differs from 1 by more than 1e-4 is `-Infinity`.
 * Draws are exact, by inversion (Ulrich 1984).
 *
 * @throws {DomainError} a mean direction of length 0; a negative concentration.
 * @throws {ShapeError} a mean direction does not have three components; batch axes that do not broadcast.
 * @see Fisher, Dispersion on a Sphere, 1953.
 * @example
 * new VonMisesFisher({ meanDirection: [0, 0, 1], concentration: 5 }).logProb([0, 0, 1]); // → -0.2284
 */
export class VonMisesFisher implements Distribution {
  readonly batchShape: Shape;
  readonly eventShape: Shape = [3];
  private readonly directions: readonly Vector[];
  private readonly concentrations: Float64Array;

  constructor(options: VonMisesFisherOptions) {
    checkOptions("VonMisesFisher", options, { meanDirection: true, concentration: true });
    const direction = hostArray(options.meanDirection, "VonMisesFisher meanDirection");
    const concentration = hostArray(options.concentration, "VonMisesFisher concentration");
    if (direction.shape.at(-1) !== 3) {
      throw new ShapeError(
        `VonMisesFisher: expected a mean direction of shape [...batch, 3], got ${formatShape(direction.shape)}.`,
      );
    }
    const bad = concentration.values.find((value) => value < 0);
    if (bad !== undefined) {
      throw new DomainError(`VonMisesFisher: expected concentrations of at least 0, got ${bad}.`);
    }
    const shape = optionShape("VonMisesFisher", {
      meanDirection: direction.shape,
      concentration: [...concentration.shape, 1],
    });
    this.batchShape = shape.slice(0, -1);
    const components = broadcastValues(direction, shape);
    this.concentrations = broadcastValues(concentration, this.batchShape);
    this.directions = Array.from(this.concentrations, (_, i) => unit(components.subarray(3 * i, 3 * i + 3)));
  }

  logProb(x: TensorLike): tf.Tensor {
    return tf.tidy(() => {
      const value = asTensor(x, "VonMisesFisher.logProb");
      checkEvent("VonMisesFisher.logProb", value.shape, this);
      const direction = tf.tensor(Float32Array.from(this.directions.flat()), [...this.batchShape, 3]);
      // κ (μ·x − 1) = −κ |x − μ|²/2 on the sphere, without the cancellation of a large concentration.
      const square = sumRightmost(tf.square(tf.sub(value, direction)), 1);
      const falls = tf.mul(
        this.ofBatch((kappa) => kappa / 2),
        square,
      );
      const density = tf.sub(this.ofBatch(logPeak), falls);
      const length = sumRightmost(tf.square(stopGradient(value)), 1);
      const isOff = tf.greater(tf.abs(tf.sub(length, 1)), OFF_SPHERE);
      return tf.where(isOff, tf.fill(density.shape, Number.NEGATIVE_INFINITY), density);
    });
  }

  sample(key: Key, sampleShape: Shape = []): tf.Tensor {
    requireSampling("VonMisesFisher.sample", key, sampleShape);
    const random = new RandomStream(key);
    const members = this.directions.length;
    if (currentTrace() !== undefined && members === 1) {
      const [first, second] = key.split().map((one) => tf.tensor(one.uniform(sizeOf(sampleShape)), [...sampleShape]));
      return tracedAround(
        first as tf.Tensor,
        second as tf.Tensor,
        this.directions[0] as Vector,
        this.concentrations[0] as number,
      );
    }
    const draws = Array.from({ length: sizeOf(sampleShape) * members }, (_, i) =>
      drawAround(random, this.directions[i % members] as Vector, this.concentrations[i % members] as number),
    );
    return tf.tensor(Float32Array.from(draws.flat()), [...sampleShape, ...this.batchShape, 3]);
  }

  sampleAndLogProb(key: Key, sampleShape: Shape = []): [sample: tf.Tensor, logProb: tf.Tensor] {
    const sample = this.sample(key, sampleShape);
    return [sample, this.logProb(sample)];
  }

  /** The mean of the vectors, `(coth κ − 1/κ) μ`, inside of the sphere: `[...batch, 3]`. */
  mean(): tf.Tensor {
    requireBackend("VonMisesFisher.mean");
    const means = this.directions.flatMap((direction, i) => {
      const length = meanLength(this.concentrations[i] as number);
      return direction.map((component) => length * component);
    });
    return tf.tensor(Float32Array.from(means), [...this.batchShape, 3]);
  }

  /** With respect to area, in nats: `[...batch]`. */
  entropy(): tf.Tensor {
    requireBackend("VonMisesFisher.entropy");
    return this.ofBatch((kappa) => kappa * (1 - meanLength(kappa)) - logPeak(kappa));
  }

  /** The config of a model file. */
  config(): { readonly [key: string]: Json } {
    return {
      meanDirection: nestedArray(this.directions.flat(), [...this.batchShape, 3]),
      concentration: nestedArray(this.concentrations, this.batchShape),
    };
  }

  private ofBatch(f: (kappa: number) => number): tf.Tensor {
    return tf.tensor(Float32Array.from(this.concentrations, f), [...this.batchShape]);
  }
}

function unit(vector: Float64Array): Vector {
  const length = Math.hypot(...vector);
  if (length === 0)
    throw new DomainError("VonMisesFisher: expected a mean direction of positive length, got [0, 0, 0].");
  // A unit vector stays as it is, so that a model file gives back the same bits.
  const scale = Math.abs(length - 1) < 1e-15 ? 1 : length;
  return Array.from(vector, (component) => component / scale) as unknown as Vector;
}

/** `ln(κ/(2π (1 − e^−2κ)))`, which is `−ln 4π` for κ = 0. */
function logPeak(kappa: number): number {
  const ratio = kappa === 0 ? 0.5 : kappa / -Math.expm1(-2 * kappa);
  return Math.log(ratio / (2 * Math.PI));
}

/** `coth κ − 1/κ`, by its series where that would cancel. */
function meanLength(kappa: number): number {
  if (kappa < 0.01) return kappa / 3 - kappa ** 3 / 45;
  return 1 / Math.tanh(kappa) - 1 / kappa;
}

function drawAround(random: RandomStream, [x, y, z]: Vector, kappa: number): number[] {
  const u = random.uniform();
  // 1 − cos of the angle to the mean direction, by inversion.
  const drop = kappa === 0 ? 2 * u : -Math.log1p(u * Math.expm1(-2 * kappa)) / kappa;
  const radius = Math.sqrt(Math.max(0, drop * (2 - drop)));
  const turn = 2 * Math.PI * random.uniform();
  const [along, across] = [radius * Math.cos(turn), radius * Math.sin(turn)];
  const [first, second] = tangents([x, y, z]);
  return [x, y, z].map(
    (component, i) => (1 - drop) * component + along * (first[i] as number) + across * (second[i] as number),
  );
}

/** The same by tensor operations, from two uniform numbers for each draw; `[..., 3]`. */
function tracedAround(u: tf.Tensor, v: tf.Tensor, direction: Vector, kappa: number): tf.Tensor {
  const drop = kappa === 0 ? tf.mul(u, 2) : tf.div(log1p(tf.mul(u, Math.expm1(-2 * kappa))), -kappa);
  const radius = tf.sqrt(tf.maximum(tf.mul(drop, tf.sub(2, drop)), 0));
  const turn = tf.mul(v, 2 * Math.PI);
  const frame = tf.tensor2d([...direction, ...tangents(direction).flat()], [3, 3]);
  const places = [tf.sub(1, drop), tf.mul(radius, tf.cos(turn)), tf.mul(radius, tf.sin(turn))];
  return matMul(tf.stack(places, -1), frame);
}

/** Two unit vectors orthogonal to a direction and to each other, with no singular direction (Duff et al. 2017). */
function tangents([x, y, z]: Vector): readonly [first: number[], second: number[]] {
  const sign = z >= 0 ? 1 : -1;
  const a = -1 / (sign + z);
  const b = x * y * a;
  return [
    [1 + sign * x * x * a, sign * b, -sign * x],
    [b, sign + y * y * a, -y],
  ];
}

/** Codec of {@link VonMisesFisher}. */
export const vonMisesFisherCodec: Codec<VonMisesFisher> = configCodec(
  "pushforward/von-mises-fisher",
  VonMisesFisher,
  (c, type) => {
    const options = {
      meanDirection: configArray(c, type, "meanDirection"),
      concentration: configArray(c, type, "concentration"),
    };
    const shapes = [options.meanDirection, options.concentration].map((value) => hostArray(value, type).shape);
    // Different shapes could broadcast to far more numbers than the file holds.
    if (formatShape(shapes[0]?.slice(0, -1) ?? []) !== formatShape(shapes[1] ?? [])) {
      throw new ModelFileError("config", `${type}: expected a concentration for each mean direction.`);
    }
    return options;
  },
);
