import type { Tensor } from "@tensorflow/tfjs-core";
import type { ParameterRange } from "./parameter-range.ts";
import type { RandomStream } from "./random-stream.ts";

/** The parameters of one element, in float64. */
export type Values<N extends string> = { readonly [name in N]: number };

/** The mathematics of a distribution of one number: plain functions of numbers in float64. */
export interface UnivariateFamily<N extends string> {
  /** The name of the class, for errors. */
  readonly name: string;
  readonly parameters: Readonly<Record<N, ParameterRange>>;
  /** Refuses parameters that are allowed each by itself, but not together: what was expected and what came. */
  readonly refuse?: (p: Values<N>) => string | undefined;
  /** Ends of the support. Default: none. */
  readonly ends?: (p: Values<N>) => readonly [low: number, high: number];
  /** The derivatives of the log-density by the parameters, inside of the support. */
  readonly slopes: (x: number, p: Values<N>) => Values<N>;
  /** `P(X ≤ x)` inside of the support. */
  readonly cdf: (x: number, p: Values<N>) => number;
  /** The inverse of the cdf for 0 < u < 1. Default: found by bisection. */
  readonly icdf?: (u: number, p: Values<N>) => number;
  /** One draw. Default: `icdf` of a uniform number. */
  readonly draw?: (random: RandomStream, p: Values<N>) => number;
  readonly mean: (p: Values<N>) => number;
  readonly variance: (p: Values<N>) => number;
}

/** A family with a density with respect to Lebesgue measure. */
export interface ContinuousFamily<N extends string, C extends string = string> extends UnivariateFamily<N> {
  /** Numbers that the log-density is made of: what is costly, or would lose digits in float32. */
  readonly constants: (p: Values<N>) => Readonly<Record<C, number>>;
  /** The log-density of each element inside of the support; its gradient comes from the tape. */
  logDensity(x: Tensor, constants: Readonly<Record<C, Tensor>>): Tensor;
  /**
   * The log-density at the ends of the support: a number, or `Infinity` for one that is to be that of the next float32
   * inside, which is finite. Default: `-Infinity`.
   */
  readonly atEnds?: (p: Values<N>) => readonly [low: number, high: number];
  readonly entropy: (p: Values<N>) => number;
}

/** A family of integers, with probabilities. */
export interface DiscreteFamily<N extends string> extends UnivariateFamily<N> {
  /** `ln P(X = k)` for an integer k in the support. */
  readonly logMass: (k: number, p: Values<N>) => number;
  /** In nats. Default: summed over the support. */
  readonly entropy?: (p: Values<N>) => number;
}

/** Where a log-density is -Infinity it has no slope. */
export function withoutSlopes<N extends string>(element: Values<N>): Values<N> {
  return Object.fromEntries(Object.keys(element).map((name) => [name, 0])) as Values<N>;
}
