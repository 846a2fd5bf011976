import type { Codec, TensorLike } from "@pushforward/core";
import { normalQuantile } from "@pushforward/core/plain";
import { regularizedGamma } from "@pushforward/ops";
import * as tf from "@tensorflow/tfjs-core";
import { AbstractContinuous } from "./abstract-continuous.ts";
import { univariateCodec } from "./abstract-univariate.ts";
import { positive } from "./parameter-range.ts";
import type { ContinuousFamily } from "./univariate-family.ts";

/** Options of {@link HalfNormal}. */
export interface HalfNormalOptions {
  /** Size of the event; needed only when the scale does not tell it. */
  readonly features?: number;
  /** Standard deviation of the normal, `[...batch, features]`, all positive. Default: 1. */
  readonly scale?: TensorLike;
}

const family: ContinuousFamily<"scale", "scale" | "logPeak"> = {
  name: "HalfNormal",
  parameters: { scale: positive(1) },
  ends: () => [0, Number.POSITIVE_INFINITY],
  atEnds: ({ scale }) => [logPeak(scale), Number.NEGATIVE_INFINITY],
  constants: ({ scale }) => ({ scale, logPeak: logPeak(scale) }),
  logDensity: (x, c) => tf.sub(c.logPeak, tf.mul(0.5, tf.square(tf.div(x, c.scale)))),
  slopes: (x, { scale }) => ({ scale: ((x / scale) ** 2 - 1) / scale }),
  cdf: (x, { scale }) => regularizedGamma(0.5, (x / scale) ** 2 / 2).lower,
  icdf: (u, { scale }) => -scale * normalQuantile((1 - u) / 2),
  draw: (random, { scale }) => scale * Math.abs(random.normal()),
  mean: ({ scale }) => scale * Math.sqrt(2 / Math.PI),
  variance: ({ scale }) => scale ** 2 * (1 - 2 / Math.PI),
  entropy: ({ scale }) => 0.5 * Math.log((Math.PI / 2) * scale ** 2) + 0.5,
};

function logPeak(scale: number): number {
  return 0.5 * Math.log(2 / Math.PI) - Math.log(scale);
}

/**
 * Independent absolute values of normals with mean 0, `log p(x) = Σ (½ ln(2/π) − ln σᵢ − xᵢ²/2σᵢ²)` for x ≥ 0, with
 * scale σ. Event shape `[features]`.
 *
 * Parameters may be tensors: they are borrowed, and gradients of the log-density flow into them.
 *
 * @throws {DomainError} a scale is not positive.
 * @example
 * new HalfNormal({ scale: [2] }).mean(); // → [1.5958]
 */
export class HalfNormal extends AbstractContinuous<"scale"> {
  constructor(options: HalfNormalOptions) {
    super(family, options);
  }
}

/** Codec of {@link HalfNormal}. */
export const halfNormalCodec: Codec<HalfNormal> = univariateCodec("pushforward/half-normal", HalfNormal, family);
