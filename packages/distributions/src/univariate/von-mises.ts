import type { Codec, TensorLike } from "@pushforward/core";
import { clip, scaledBessel, stopGradient } from "@pushforward/ops";
import * as tf from "@tensorflow/tfjs-core";
import { AbstractContinuous } from "./abstract-continuous.ts";
import { type ContinuousFamily, positive, real, univariateCodec } from "./abstract-univariate.ts";
import type { RandomStream } from "./random-stream.ts";

/** Options of {@link VonMises}; they broadcast with each other and with `[features]`. */
export interface VonMisesOptions {
  /** Size of the event; required only if no array determines it. */
  readonly features?: number;
  /** Mean direction in radians, `[...batch, features]`. Default: 0. */
  readonly location?: TensorLike;
  /** `[...batch, features]`, all positive. */
  readonly concentration: TensorLike;
}

type Names = "location" | "concentration";

const family: ContinuousFamily<Names, Names | "logPeak"> = {
  name: "VonMises",
  parameters: { location: real(0), concentration: { ...positive(), atMost: 1e8 } },
  ends: () => [-Math.PI, Math.PI],
  atEnds: () => [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY],
  constants: (p) => ({ location: wrap(p.location), concentration: p.concentration, logPeak: logPeak(p.concentration) }),
  logDensity: (x, c) => tf.sub(c.logPeak, tf.mul(c.concentration, oneMinusCos(tf.sub(x, c.location)))),
  slopes: (x, { location, concentration }) => {
    const [zeroth = 1, first = 0] = scaledBessel(concentration);
    return {
      location: concentration * Math.sin(x - location),
      concentration: Math.cos(x - location) - first / zeroth,
    };
  },
  cdf: (x, p) => {
    const orders = scaledBessel(p.concentration);
    return centeredCdf(x - p.location, orders) - centeredCdf(-Math.PI - p.location, orders);
  },
  draw: (random, { location, concentration }) => wrap(location + drawCentered(random, concentration)),
  mean: ({ location }) => wrap(location),
  variance: ({ concentration }) => {
    const [zeroth = 1, first = 0] = scaledBessel(concentration);
    return 1 - first / zeroth;
  },
  entropy: ({ concentration }) => {
    const [zeroth = 1, first = 0] = scaledBessel(concentration);
    return concentration * (1 - first / zeroth) - logPeak(concentration);
  },
};

/** A full turn in two parts. Small multiples of the first part are exact in float32. */
const TURN = [6.28125, 2 * Math.PI - 6.28125] as const;
/** Angle below which the series of the cosine has float32's precision after four terms. */
const SMALL = 0.5;

/** `1 − cos t`, elementwise, to float32's relative precision: a large concentration multiplies it. */
function oneMinusCos(t: tf.Tensor): tf.Tensor {
  const turns = tf.round(tf.div(stopGradient(t), 2 * Math.PI));
  const angle = tf.sub(tf.sub(t, tf.mul(turns, TURN[0])), tf.mul(turns, TURN[1]));
  const square = tf.square(clip(angle, -SMALL, SMALL));
  // t²/2 (1 − t²/12 (1 − t²/30 (1 − t²/56))).
  let series: tf.Tensor = tf.sub(1, tf.div(square, 56));
  for (const factor of [30, 12]) series = tf.sub(1, tf.mul(tf.div(square, factor), series));
  const near = tf.mul(tf.mul(0.5, square), series);
  const isNear = tf.less(tf.abs(stopGradient(angle)), SMALL);
  return tf.where(isNear, near, tf.mul(2, tf.square(tf.sin(tf.mul(0.5, angle)))));
}

/** Log-density at the mean direction, `−ln(2π e^−κ I₀(κ))`. */
function logPeak(concentration: number): number {
  return -Math.log(2 * Math.PI * (scaledBessel(concentration)[0] as number));
}

/** The angle in [−π, π] of the same direction. */
function wrap(angle: number): number {
  return angle - 2 * Math.PI * Math.round(angle / (2 * Math.PI));
}

/** `∫ p` from the mean direction to t, unrolled: a full turn adds 1. The Fourier series of the density, term by term. */
function centeredCdf(t: number, orders: Float64Array): number {
  let sum = t / 2;
  for (let j = 1; j < orders.length; j++)
    sum += (((orders[j] as number) / (orders[0] as number)) * Math.sin(j * t)) / j;
  return sum / Math.PI;
}

/** Concentrations below and above which the circle is all but uniform, or a line. */
const UNIFORM = 1e-5;
const NORMAL = 1e6;

/** The rejection method of Best and Fisher (1979), from a wrapped Cauchy. */
function drawCentered(random: RandomStream, kappa: number): number {
  if (kappa > NORMAL) return random.normal() / Math.sqrt(kappa);
  if (kappa < UNIFORM) return Math.PI * (2 * random.uniform() - 1);
  const tau = 1 + Math.sqrt(1 + 4 * kappa * kappa);
  const rho = (tau - Math.sqrt(2 * tau)) / (2 * kappa);
  const r = (1 + rho * rho) / (2 * rho);
  for (;;) {
    const z = Math.cos(Math.PI * random.uniform());
    const cosine = (1 + r * z) / (r + z);
    const c = kappa * (r - cosine);
    const u = random.uniform();
    if (c * (2 - c) > u || Math.log(c / u) + 1 - c >= 0) {
      return (random.uniform() < 0.5 ? -1 : 1) * Math.acos(Math.min(1, Math.max(-1, cosine)));
    }
  }
}

/**
 * Independent von Mises distributions on the circle, `log p(x) = Σ (κᵢ cos(xᵢ − μᵢ) − ln(2π I₀(κᵢ)))` for angles in
 * [−π, π], with mean direction μ (`location`) and concentration κ. Event shape `[features]`.
 *
 * Angles beyond ±π are outside of the support: the log-density is `-Infinity`, so that it is a density on the line too.
 * Wrap such angles first. `mean` is the mean direction and `variance` the circular variance `1 − I₁(κ)/I₀(κ)`; `cdf`
 * starts at −π. Draws by the method of Best and Fisher (1979).
 *
 * Parameters may be tensors: they are borrowed, and gradients of the log-density flow into the tensors.
 *
 * @throws {DomainError} a concentration is not positive, or above 1e8.
 * @throws {OptionError} no concentration.
 * @throws {ShapeError} the options do not broadcast.
 * @example
 * new VonMises({ concentration: [2] }).logProb([0]); // → -0.6619
 */
export class VonMises extends AbstractContinuous<Names> {
  constructor(options: VonMisesOptions) {
    super(family, options);
  }
}

/** Codec of {@link VonMises}. */
export const vonMisesCodec: Codec<VonMises> = univariateCodec("pushforward/von-mises", VonMises, family);
