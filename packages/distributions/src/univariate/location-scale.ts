import { clip } from "@pushforward/ops";
import * as tf from "@tensorflow/tfjs-core";
import { type ParameterRange, positive, real } from "./parameter-range.ts";
import type { ContinuousFamily, Values } from "./univariate-family.ts";

const FAR = 3e38;

type Names = "location" | "scale";
type Constants = Names | "logNormalizer";

/** The distribution with location 0 and scale 1 on the line. */
export interface StandardFamily {
  readonly name: string;
  /** The log-density of z but for `logPeak`. */
  readonly logDensity: (z: tf.Tensor) => tf.Tensor;
  /** Its derivative. */
  readonly slope: (z: number) => number;
  readonly logPeak: number;
  readonly cdf: (z: number) => number;
  readonly icdf: (u: number) => number;
  readonly mean: number;
  readonly variance: number;
  readonly entropy: number;
}

/** The family of `location + scale · z`, with z of a standard distribution. */
export function locationScale(standard: StandardFamily): ContinuousFamily<Names, Constants> {
  const { name, logDensity, slope, logPeak, cdf, icdf, mean, variance, entropy } = standard;
  return {
    name,
    parameters: locationAndScale,
    constants: ({ location, scale }) => ({ location, scale, logNormalizer: logPeak - Math.log(scale) }),
    // A small scale must not take a number to ±Infinity.
    logDensity: (x, c) => tf.add(logDensity(clip(tf.div(tf.sub(x, c.location), c.scale), -FAR, FAR)), c.logNormalizer),
    slopes: (x, p) => {
      const z = standardized(x, p);
      return { location: -slope(z) / p.scale, scale: -(1 + z * slope(z)) / p.scale };
    },
    cdf: (x, p) => cdf(standardized(x, p)),
    icdf: (u, p) => p.location + p.scale * icdf(u),
    mean: (p) => p.location + p.scale * mean,
    variance: (p) => p.scale ** 2 * variance,
    entropy: (p) => Math.log(p.scale) + entropy,
  };
}

/** Both parameters, 0 and 1 unless they are given. */
export const locationAndScale: Readonly<Record<Names, ParameterRange>> = { location: real(0), scale: positive(1) };

/** `(x − location)/scale`. */
export function standardized(x: number, { location, scale }: Values<Names>): number {
  return (x - location) / scale;
}
