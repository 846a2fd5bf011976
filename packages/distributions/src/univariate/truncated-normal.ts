import type { Codec, TensorLike } from "@pushforward/core";
import { logAddExp, logNormalCdf, logNormalInterval, normalQuantileOfLog } from "@pushforward/core/plain";
import * as tf from "@tensorflow/tfjs-core";
import { AbstractContinuous } from "./abstract-continuous.ts";
import { type ContinuousFamily, real, univariateCodec, type Values } from "./abstract-univariate.ts";
import { type LocationScaleOptions, locationAndScale } from "./location-scale.ts";

/** Options of {@link TruncatedNormal}; they broadcast with each other and with `[features]`. */
export interface TruncatedNormalOptions extends LocationScaleOptions {
  /** Lower end, `[...batch, features]`. Default: none. */
  readonly low?: TensorLike;
  /** Upper end, `[...batch, features]`. Default: none. */
  readonly high?: TensorLike;
}

type Names = "location" | "scale" | "low" | "high";

const HALF_LOG_TAU = 0.5 * Math.log(2 * Math.PI);

const family: ContinuousFamily<Names, "center" | "scale" | "centerZ" | "logAtCenter"> = {
  name: "TruncatedNormal",
  parameters: { ...locationAndScale, low: real(Number.NEGATIVE_INFINITY), high: real(Number.POSITIVE_INFINITY) },
  refuse: ({ low, high }) =>
    Math.fround(low) < Math.fround(high) ? undefined : `low < high as 32-bit numbers, got ${low} and ${high}`,
  ends: ({ low, high }) => [low, high],
  atEnds: (p) => [logDensityAt(p.low, p), logDensityAt(p.high, p)],
  // Relative to the density at its mode: far in a tail the square and the normalizer are large and cancel.
  constants: (p) => {
    const center = Math.min(p.high, Math.max(p.low, p.location));
    return { center, scale: p.scale, centerZ: (center - p.location) / p.scale, logAtCenter: logDensityAt(center, p) };
  },
  logDensity: (x, c) => {
    const offset = tf.div(tf.sub(x, c.center), c.scale);
    const square = tf.mul(offset, tf.add(offset, tf.mul(2, c.centerZ)));
    return tf.sub(c.logAtCenter, tf.mul(0.5, square));
  },
  slopes: (x, p) => {
    const { low, high } = standardEnds(p);
    const z = (x - p.location) / p.scale;
    const logMass = logNormalInterval(low, high);
    // Density at an end relative to the mass between them.
    const [atLow = 0, atHigh = 0] = [low, high].map((end) => Math.exp(-0.5 * end * end - HALF_LOG_TAU - logMass));
    const [ofLow, ofHigh] = [atLow === 0 ? 0 : low * atLow, atHigh === 0 ? 0 : high * atHigh];
    return {
      location: (z + atHigh - atLow) / p.scale,
      scale: (z * z - 1 + ofHigh - ofLow) / p.scale,
      low: atLow / p.scale,
      high: -atHigh / p.scale,
    };
  },
  cdf: (x, p) => {
    const { low, high } = standardEnds(p);
    return Math.exp(logNormalInterval(low, (x - p.location) / p.scale) - logNormalInterval(low, high));
  },
  icdf: (u, p) => {
    const { low, high } = standardEnds(p);
    // In the lower tail, to which an interval in the upper one is mirrored: there nothing is lost next to 1.
    const z = low + high > 0 ? -quantileBetween(1 - u, -high, -low) : quantileBetween(u, low, high);
    return Math.min(p.high, Math.max(p.low, p.location + p.scale * z));
  },
  mean: (p) => p.location + p.scale * moments(p).mean,
  variance: (p) => p.scale ** 2 * moments(p).variance,
  entropy: (p) => {
    const { center, mean, variance } = moments(p);
    const meanSquare = variance + (mean - center) * (mean + center);
    return 0.5 * meanSquare - logDensityAt(p.location + p.scale * center, p);
  },
};

function standardEnds({ location, scale, low, high }: Values<Names>): { low: number; high: number } {
  return { low: (low - location) / scale, high: (high - location) / scale };
}

/** The z with `Φ(z) = Φ(low) + u (Φ(high) − Φ(low))`. */
function quantileBetween(u: number, low: number, high: number): number {
  const share = Math.log(u) + logNormalInterval(low, high);
  return normalQuantileOfLog(logAddExp(logNormalCdf(low), share));
}

function logDensityAt(x: number, p: Values<Names>): number {
  const { low, high } = standardEnds(p);
  const z = (x - p.location) / p.scale;
  return -0.5 * z * z - HALF_LOG_TAU - Math.log(p.scale) - logNormalInterval(low, high);
}

/** Exponent at which a density is negligible relative to the mode. */
const VANISHES = 80;
const PANELS = 2000;

/**
 * Moments of the standardized distribution by Simpson's rule on offsets from the mode. The closed forms lose all digits
 * in a short interval, and most digits in a tail. Relative error 1e-9.
 */
function moments(p: Values<Names>): { center: number; mean: number; variance: number } {
  const { low, high } = standardEnds(p);
  const center = Math.min(high, Math.max(low, 0));
  const reach = (2 * VANISHES) / (Math.abs(center) + Math.sqrt(center ** 2 + 2 * VANISHES));
  const from = Math.max(low - center, -reach);
  const width = (Math.min(high - center, reach) - from) / PANELS;
  const sums = [0, 0, 0];
  for (let i = 0; i <= PANELS; i++) {
    const t = from + i * width;
    const density = (i === 0 || i === PANELS ? 1 : 2 + 2 * (i % 2)) * Math.exp(-0.5 * t * (t + 2 * center));
    for (let power = 0; power < 3; power++) sums[power] = (sums[power] as number) + density * t ** power;
  }
  const [mass, first, second] = sums as [number, number, number];
  return { center, mean: center + first / mass, variance: second / mass - (first / mass) ** 2 };
}

/**
 * Independent normals with mean `location` and standard deviation `scale` before truncation to `low ≤ xᵢ ≤ high`,
 * `log p(x) = Σ (ln N(xᵢ; μᵢ, σᵢ) − ln(Φ(β) − Φ(α)))`, `α = (low − μ)/σ`, `β = (high − μ)/σ`. Event shape `[features]`.
 *
 * A bound is given for all elements or for none. The interval may lie deep in a tail, where Φ underflows: all results
 * are computed from its logarithm, and draws by inversion.
 *
 * Parameters may be tensors: they are borrowed, and gradients of the log-density flow into the tensors.
 *
 * @throws {DomainError} a scale is not positive, a lower bound is not below its upper bound.
 * @throws {ShapeError} the options do not broadcast.
 * @example
 * new TruncatedNormal({ low: [0] }).mean(); // → [0.79788]
 */
export class TruncatedNormal extends AbstractContinuous<Names> {
  constructor(options: TruncatedNormalOptions) {
    super(family, options);
  }
}

/** Codec of {@link TruncatedNormal}. */
export const truncatedNormalCodec: Codec<TruncatedNormal> = univariateCodec(
  "pushforward/truncated-normal",
  TruncatedNormal,
  family,
);
