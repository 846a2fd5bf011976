import type { ConditionalDistribution, Distribution, Key } from "@pushforward/core";
import type { KnownLimit } from "../law/law.ts";

/** Where to integrate a density of one or two dimensions. */
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

/** A distribution, or one that is conditional, and what to know about it. */
export interface DistributionCase {
  /** A fresh object. A conditional one is tested at a few contexts. */
  make(key: Key): Distribution | ConditionalDistribution;
  /** The numbers of `count` contexts, one after the other. Default: standard normal ones. */
  readonly contexts?: (key: Key, count: number) => ArrayLike<number>;
  /** True where contexts are isolated points, such as classes: there is no gradient for the context. */
  readonly discreteContext?: boolean;
  /** A box that holds the mass, for events of one or two numbers: adds the laws of the integral and of the samples. */
  readonly integrate?: IntegrationGrid;
  /**
   * Given for events that are integers, between which there is no slope. The integers that hold the mass, for events of
   * one, add the laws of the sum and of the samples, in place of those of the integral.
   */
  readonly integers?: IntegerRange | "of several features";
  /** The exact cdf of an event of one number. */
  readonly cdf?: (x: number) => number;
  /** Exact means of the elements of the event. */
  readonly mean?: number | readonly number[];
  /** Exact variances of the elements of the event. */
  readonly variance?: number | readonly number[];
  /** Events outside the support, where the log-density is `-Infinity`. */
  readonly outside?: readonly (readonly number[])[];
  /** Standard deviation of what is added to each trainable parameter. Default 0.1; exact values need 0. */
  readonly perturbation?: number;
  readonly tolerances?: Partial<DistributionTolerances>;
  readonly knownLimits?: readonly KnownLimit[];
}
