import {
  type Bijection,
  type BijectionFamily,
  type Codec,
  ConfigReader,
  type Direction,
  defineCodec,
  type Json,
  type LoweredMap,
  OptionError,
  type PlanBuilder,
  type PlanMatrix,
} from "@pushforward/core";
import { rationalQuadraticSpline, rationalQuadraticSplineStep, type SplineParameterization } from "@pushforward/ops";
import type { Tensor } from "@tensorflow/tfjs-core";
import { BoundBijection } from "./bound-bijection.ts";
import { checkParameterization, encodeParameterization, readParameterization } from "./parameterization.ts";
import { checkSpline, readSpline } from "./spline-options.ts";

const TAILS = ["identity", "linear"] as const;
const PARAMETERIZATIONS: readonly SplineParameterization[] = ["pushforward", "zuko", "nflows"];

/** Options of {@link rationalQuadratic}. */
export interface RationalQuadraticOptions {
  /** Number of bins, 2 to 500. Default 8. */
  readonly bins?: number;
  /** The spline acts on [−bound, bound]. Default 5. */
  readonly bound?: number;
  /**
   * Outside it is the identity, or linear with the slope that it has at ±bound, which is learned. Default `"identity"`, and
   * that of `"zuko"` and `"nflows"` (which calls it linear).
   */
  readonly tails?: "identity" | "linear";
  /** Whose formulas turn parameters into bins and slopes; see {@link RationalQuadraticFamily}. Default `"pushforward"`. */
  readonly parameterization?: SplineParameterization;
  /** The smallest slope at a knot of `"zuko"`, from 1e-8 to 0.999; the largest is one over it. Default 1e-3. */
  readonly slope?: number;
  /** What raw widths and heights of `"nflows"` are multiplied by: nflows' layers take `1/√hidden`. Default 1. */
  readonly softmaxScale?: number;
}

/**
 * The family of monotonic rational-quadratic splines on [−bound, bound], the identity outside, with `3·bins − 1`
 * parameters: bins widths, bins heights and bins − 1 inner slopes, unconstrained. The outer slopes are 1, so that the
 * derivative is continuous. Zeros give the identity.
 *
 * With linear `tails` the outer slopes are parameters too, `3·bins + 1` in all, and outside the map goes on in a straight
 * line, `y = ±bound + d·(x ∓ bound)` with the slope d at that end: the derivative is continuous, and tails are learned.
 *
 * Bins and slopes follow from the parameters u by the parameterization, K being the number of bins:
 *
 * - `"pushforward"`: bins `0.001 + (1 − 0.001·K)·softmax(u)` of the interval, slopes `0.001 + softplus(u + 0.5397)`;
 * - `"zuko"`: bins `softmax(u/(1 + |2u/log slope|))`, slopes `exp(u/(1 + |u/log slope|))`, the formulas of zuko's
 *   `MonotonicRQSTransform`;
 * - `"nflows"`: bins `0.001 + (1 − 0.001·K)·softmax(softmaxScale·u)`, slopes `0.001 + softplus(u)`, those of nflows'
 *   `PiecewiseRationalQuadraticCouplingTransform`. Zeros do not give the identity: inner slopes are 0.694.
 *
 * The libraries map data to noise, and their forward map is `forward` here: give the family to a layer of orientation
 * `"density"`.
 *
 * Standardize the data first: values outside the interval are not transformed, or not bent.
 *
 * @see Durkan et al. 2019, Neural Spline Flows, https://arxiv.org/abs/1906.04032; zuko 1.6,
 * https://github.com/probabilists/zuko; nflows 0.14, https://github.com/bayesiains/nflows
 */
export class RationalQuadraticFamily implements BijectionFamily {
  readonly type = "pushforward/rational-quadratic";
  readonly parameterCount: number;
  readonly bins: number;
  readonly bound: number;
  readonly tails: "identity" | "linear";
  readonly parameterization: SplineParameterization;
  /** The smallest slope, where the parameterization is `"zuko"`. */
  readonly slope: number;
  /** The factor of raw widths and heights, where the parameterization is `"nflows"`. */
  readonly softmaxScale: number;

  constructor(options: RationalQuadraticOptions = {}) {
    const { bins = 8, bound = 5, tails = "identity" } = options;
    checkSpline("rationalQuadratic", bins, bound);
    if (!TAILS.includes(tails)) {
      throw new OptionError(`rationalQuadratic: expected tails "identity" or "linear", got ${JSON.stringify(tails)}.`);
    }
    const choice = checkParameterization("rationalQuadratic", PARAMETERIZATIONS, options);
    if (tails === "linear" && choice.parameterization !== "pushforward") {
      throw new OptionError(
        `rationalQuadratic: expected tails "linear" with parameterization "pushforward" only, got them with ` +
          `"${choice.parameterization}". Leave tails out: outside the interval that one is the identity.`,
      );
    }
    this.bins = bins;
    this.bound = bound;
    this.tails = tails;
    this.parameterization = choice.parameterization;
    this.slope = choice.slope;
    this.softmaxScale = choice.softmaxScale;
    this.parameterCount = tails === "linear" ? 3 * bins + 1 : 3 * bins - 1;
  }

  /**
   * The map of parameters `[...batch, parameterCount]`, which it borrows: widths, heights, slopes. Throws `ShapeError` for
   * another last axis.
   */
  bind(parameters: Tensor): Bijection {
    const { bins, bound, tails, parameterization, slope, softmaxScale } = this;
    const options = { bins, bound, tails, parameterization, slope, softmaxScale };
    return new BoundBijection("rationalQuadratic", this.parameterCount, parameters, (x, values, inverse) =>
      rationalQuadraticSpline(x, values, { ...options, inverse }),
    );
  }

  lower(plan: PlanBuilder, direction: Direction, value: PlanMatrix, parameters: PlanMatrix): LoweredMap {
    return rationalQuadraticSplineStep(plan, direction, value, parameters, this);
  }
}

/**
 * The family of monotonic rational-quadratic splines.
 *
 * @throws {OptionError} `bins` is not an integer from 2 to 500, `bound` not above 0, `tails` or `parameterization` unknown,
 * or an option given to a parameterization that does not have it.
 * @example
 * const family = rationalQuadratic({ bins: 8, bound: 5, tails: "linear" });
 * const ofNflows = rationalQuadratic({ bins: 10, bound: 3, parameterization: "nflows", softmaxScale: 1 / Math.sqrt(50) });
 */
export function rationalQuadratic(options: RationalQuadraticOptions = {}): RationalQuadraticFamily {
  return new RationalQuadraticFamily(options);
}

/** Codec of {@link RationalQuadraticFamily}. */
export const rationalQuadraticCodec: Codec<RationalQuadraticFamily, Json> = defineCodec<RationalQuadraticFamily, Json>({
  type: "pushforward/rational-quadratic",
  version: 1,
  is: (value): value is RationalQuadraticFamily => value instanceof RationalQuadraticFamily,
  // Identity tails are what a file without the field means.
  encode: ({ bins, bound, tails, ...choice }) => ({
    bins,
    bound,
    ...(tails === "identity" ? {} : { tails }),
    ...encodeParameterization(choice, PARAMETERIZATIONS),
  }),
  decode: (config) => {
    const reader = new ConfigReader("pushforward/rational-quadratic", config);
    const spline = readSpline(reader);
    const tails = reader.has("tails") ? reader.oneOf("tails", TAILS) : "identity";
    const choice = readParameterization(reader, PARAMETERIZATIONS, true);
    reader.end();
    return new RationalQuadraticFamily({ ...spline, tails, ...choice });
  },
});
