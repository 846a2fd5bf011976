import type { Bijection, Key, Registry, Shape } from "@pushforward/core";
import type { KnownLimit } from "../law/law.ts";
import type { Subject } from "../law/law-list.ts";
import type { Interval } from "./test-points.ts";

/** Bounds of the mixed errors `|error| / max(1, |value|)` of the bijection laws. */
export interface BijectionTolerances {
  /** Round trips. Default 1e-5 for an analytic inverse, 1e-4 for an iterative one. */
  readonly roundTrip: number;
  /** Log-det against the Jacobian. Default 1e-4 up to 8 dimensions, 1e-3 above. */
  readonly jacobian: number;
  /** Log-det of the inverse against the log-det of forward. Default 1e-5. */
  readonly logDet: number;
  /** The same number by two ways: value methods, slices of a batch. Default 1e-5. */
  readonly same: number;
  /** Relative error of the change of measure. Default 5e-3. */
  readonly measure: number;
  /** Two backends. Default 1e-4. */
  readonly backends: number;
  /** Gradients of two backends, relative L2. Default 1e-3. */
  readonly backendGradients: number;
  /**
   * Gradients against central differences in float32, relative to the root mean square over the rows. Default 1e-2.
   * Four times the estimated error of each difference is allowed on top.
   */
  readonly gradients: number;
}

/** A bijection and its test settings. */
export interface BijectionCase {
  /**
   * Makes a new object. Parameters that start at the identity may stay at the identity: the laws move the parameters.
   */
  make(key: Key): Bijection;
  /** Shape of the `x` of a single draw. Axes beyond `eventRankIn` are batch axes of the bijection's parameters. */
  readonly eventShape: Shape;
  /** Open interval of each element of `x`. Default: the real line. */
  readonly domain?: Interval;
  /** Open interval of each element of `y`. Default: the real line. */
  readonly range?: Interval;
  /** Further test values, for instance the knots of a spline. Each is also tested one ulp above and below. */
  readonly edges?: readonly number[];
  /** `y[i]` depends on `x[i]` only: the rest of the Jacobian is exactly 0. */
  readonly elementwise?: boolean;
  /** `order[i]` is the rank of variable i; `y[i]` depends on no variable of higher rank: exact zeros. */
  readonly triangular?: readonly number[];
  /** Standard deviation of the noise added to each trainable parameter. Default 0.1. */
  readonly perturbation?: number;
  readonly tolerances?: Partial<BijectionTolerances>;
  readonly knownLimits?: readonly KnownLimit[];
}

/** How to run laws. */
export interface LawOptions {
  /** Key of all points and parameters. Default: a fixed one, so that two runs are equal. */
  readonly key?: Key;
  /** Points of each kind. Default 256. */
  readonly points?: number;
  /** Adds the law of the codec. */
  readonly registry?: Registry;
  /**
   * Fewer draws, coarser grids, fewer rows on each of two backends, fewer batch axes, no finer differences where coarse ones are
   * certain, and one direction for all parameters of similar slopes. Default: false.
   */
  readonly quick?: boolean;
}

/** A bijection under test, with the data that a law needs. */
export interface BijectionTrial extends Subject<Bijection> {
  readonly theCase: BijectionCase;
  readonly tolerances: BijectionTolerances;
  /** Points of each kind. */
  readonly points: number;
  readonly key: Key;
  readonly quick: boolean;
}
