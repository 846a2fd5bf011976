import { type Bijection, type BijectionFamily, type Codec, OptionError } from "@pushforward/core";
import {
  checkOptions,
  classCodec,
  type Direction,
  describeValue,
  field,
  type LoweredMap,
  type PlanBuilder,
  type PlanMatrix,
} from "@pushforward/core/extend";
import type { SplineForm, SplineTails } from "@pushforward/core/plain";
import { rationalQuadraticSpline, rationalQuadraticSplineStep, SPLINE_FORM } from "@pushforward/ops";
import type { Tensor } from "@tensorflow/tfjs-core";
import { BoundBijection, rationalQuadraticOfVersion1, splineForm, splineFormField } from "./bound-bijection.ts";

// A bin has at least 1/1000 of the interval; with more than half of them taken by that little is left to learn.
const MAX_BINS = 500;
// One bin that ends on the diagonal is the identity whatever its parameters are.
const MIN_BINS = 2;
const MAX_BOUND = 1e6;

/** Refuses bins and bounds that no spline has. */
export function checkSpline(where: string, bins: number, bound: number): void {
  if (!Number.isInteger(bins) || bins < MIN_BINS || bins > MAX_BINS) {
    throw new OptionError(
      `${where}: expected bins to be an integer from ${MIN_BINS} to ${MAX_BINS}, got ${describeValue(bins)}.`,
    );
  }
  if (!(bound > 0 && bound <= MAX_BOUND)) {
    throw new OptionError(`${where}: expected bound above 0 and at most ${MAX_BOUND}, got ${describeValue(bound)}.`);
  }
}

const TAILS: readonly SplineTails[] = ["identity", "linear"];

/** Options of {@link rationalQuadratic}. */
export interface RationalQuadraticOptions {
  /** Number of bins, 2 to 500. Default 8. */
  readonly bins?: number;
  /** The spline acts on [−bound, bound]. Default 5. */
  readonly bound?: number;
  /** Outside it is the identity, or linear with the slope that it has at ±bound, which is learned. Default `"identity"`. */
  readonly tails?: SplineTails;
  /**
   * How bins and slopes follow from parameters; see {@link RationalQuadraticFamily}. Defaults: `softmaxScale` 1, `minBin`
   * 1e-3, `minSlope` 1e-3 and the `slopeOffset` that makes zeros the identity.
   */
  readonly form?: Partial<SplineForm>;
}

/**
 * The family of monotonic rational-quadratic splines on [−bound, bound], the identity outside, with `3·bins − 1`
 * parameters: bins widths, bins heights and bins − 1 inner slopes, unconstrained. The outer slopes are 1, so that the
 * derivative is continuous. Zeros produce the identity.
 *
 * With linear `tails` the outer slopes are parameters too, `3·bins + 1` in all, and outside the map continues as a
 * straight line, `y = ±bound + d·(x ∓ bound)` with the slope d at that boundary: the derivative is continuous, and
 * tails are learned.
 *
 * The shares of the interval for the K bins, and the slopes, follow from the parameters u by `form`:
 *
 * - bins are `minBin + (1 − minBin·K)·softmax(clip(softmaxScale·u))`, `clip(u) = u/(1 + |u|/softmaxLimit)`; a
 *   `softmaxLimit` of 0 disables clipping;
 * - slopes are `minSlope + softplus(u + slopeOffset)`; with a `slopeLimit` above 0 `exp(u/(1 + |u|/slopeLimit))`.
 *
 * Standardize the data first: values outside the interval are not transformed, or not bent.
 *
 * @see Durkan et al. 2019, Neural Spline Flows, https://arxiv.org/abs/1906.04032
 */
export class RationalQuadraticFamily implements BijectionFamily {
  readonly type = "pushforward/rational-quadratic";
  readonly parameterCount: number;
  readonly bins: number;
  readonly bound: number;
  readonly tails: SplineTails;
  readonly form: SplineForm;

  constructor(options: RationalQuadraticOptions = {}) {
    checkOptions("rationalQuadratic", options, { bins: true, bound: true, tails: true, form: true });
    const { bins = 8, bound = 5, tails = "identity", form = {} } = options;
    checkSpline("rationalQuadratic", bins, bound);
    if (!TAILS.includes(tails)) {
      throw new OptionError(`rationalQuadratic: expected tails "identity" or "linear", got ${JSON.stringify(tails)}.`);
    }
    this.bins = bins;
    this.bound = bound;
    this.tails = tails;
    this.form = splineForm("rationalQuadratic", bins, form);
    this.parameterCount = tails === "linear" ? 3 * bins + 1 : 3 * bins - 1;
  }

  /**
   * Returns the map with parameters `[...batch, parameterCount]`, which it borrows: widths, heights, slopes. Throws
   * `ShapeError` for a different last axis.
   */
  bind(parameters: Tensor): Bijection {
    const { bins, bound, tails, form } = this;
    return new BoundBijection("rationalQuadratic", this.parameterCount, parameters, (x, values, inverse) =>
      rationalQuadraticSpline(x, values, { bins, bound, tails, form, inverse }),
    );
  }

  lower(plan: PlanBuilder, direction: Direction, value: PlanMatrix, parameters: PlanMatrix): LoweredMap {
    return rationalQuadraticSplineStep(plan, direction, value, parameters, this);
  }
}

/**
 * The family of monotonic rational-quadratic splines.
 *
 * @throws {OptionError} `bins` is not an integer from 2 to 500, `bound` not above 0, `tails` unknown, or a number of `form`
 * out of range.
 * @example
 * const family = rationalQuadratic({ bins: 8, bound: 5, tails: "linear" });
 * const exponential = rationalQuadratic({ bins: 8, form: { slopeLimit: 7 } }); // slopes from e⁻⁷ to e⁷
 */
export function rationalQuadratic(options: RationalQuadraticOptions = {}): RationalQuadraticFamily {
  return new RationalQuadraticFamily(options);
}

/** Codec of {@link RationalQuadraticFamily}. */
export const rationalQuadraticCodec: Codec<RationalQuadraticFamily> = classCodec(
  "pushforward/rational-quadratic",
  RationalQuadraticFamily,
  {
    bins: field.count({ min: 2, max: 500 }),
    bound: field.number(),
    tails: field.optional("identity", field.oneOf(...TAILS)),
    form: field.optional(SPLINE_FORM, splineFormField),
  },
  { version: 2, migrate: rationalQuadraticOfVersion1 },
);
