import type { ConditionalDistribution, Distribution, Key } from "@pushforward/core";
import type { KnownLimit } from "../law/law.ts";

/** Range of integration for a density of one or two dimensions. */
export interface IntegrationGrid {
  /** Lower end, for both axes or for each. */
  readonly low: number | readonly number[];
  /** Upper end, for both axes or for each. */
  readonly high: number | readonly number[];
  /** Points of each axis: one more than a multiple of 20. Default 20,001 in one dimension, 401 in two. */
  readonly points?: number;
}

/** Integers from `low` to `high`, both included. */
export interface IntegerRange {
  readonly low: number;
  readonly high: number;
}

/** Bounds of the errors of the distribution laws. */
export interface DistributionTolerances {
  /** |∫ p − 1|. Default 1e-3. */
  readonly integral: number;
  /** The same number by two ways, mixed error. Default 1e-5. */
  readonly same: number;
  /** Two backends, mixed error. Default 1e-4. */
  readonly backends: number;
  /** Gradients of two backends, relative L2. Default 1e-3. */
  readonly backendGradients: number;
  /** Gradients against central differences, as for bijections. Default 1e-2. */
  readonly gradients: number;
  /** Closed-form moments, in standard errors. Default 5. */
  readonly moments: number;
}

/** A distribution or conditional distribution and its test settings. */
export interface DistributionCase {
  /** A fresh object. A conditional one is tested at a few contexts. */
  make(key: Key): Distribution | ConditionalDistribution;
  /** The numbers of `count` contexts, one after the other. Default: standard normal ones. */
  readonly contexts?: (key: Key, count: number) => ArrayLike<number>;
  /** `true` if contexts are isolated points, such as classes: the context has no gradient. */
  readonly discreteContext?: boolean;
  /**
   * A box that contains the mass, for events of one or two numbers: adds the laws of the integral and of the samples.
   */
  readonly integrate?: IntegrationGrid;
  /**
   * For events of integers, which have no slope between values. The range of integers that contains the mass, for
   * events of one integer, adds the laws of the sum and of the samples, in place of the laws of the integral.
   */
  readonly integers?: IntegerRange | "of several features";
  /** The exact cdf of a scalar event. */
  readonly cdf?: (x: number) => number;
  /** Exact means of the elements of the event. */
  readonly mean?: number | readonly number[];
  /** Exact variances of the elements of the event. */
  readonly variance?: number | readonly number[];
  /** Events outside the support, where the log-density is `-Infinity`. */
  readonly outside?: readonly (readonly number[])[];
  /** Standard deviation of the noise added to each trainable parameter. Default 0.1; exact values need 0. */
  readonly perturbation?: number;
  readonly tolerances?: Partial<DistributionTolerances>;
  readonly knownLimits?: readonly KnownLimit[];
}
