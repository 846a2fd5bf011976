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
import { rationalQuadraticSpline, rationalQuadraticSplineStep } from "@pushforward/ops";
import type { Tensor } from "@tensorflow/tfjs-core";
import { BoundBijection } from "./bound-bijection.ts";
import { checkSpline, readSpline } from "./spline-options.ts";

const TAILS = ["identity", "linear"] as const;

/** Options of {@link rationalQuadratic}. */
export interface RationalQuadraticOptions {
  /** Number of bins, 2 to 500. Default 8. */
  readonly bins?: number;
  /** The spline acts on [−bound, bound]. Default 5. */
  readonly bound?: number;
  /** Outside it is the identity, or linear with the slope that it has at ±bound, which is learned. Default `"identity"`. */
  readonly tails?: "identity" | "linear";
}

/**
 * The family of monotonic rational-quadratic splines on [−bound, bound], the identity outside, with `3·bins − 1`
 * parameters: bins widths, bins heights and bins − 1 inner slopes, unconstrained. The outer slopes are 1, so that the
 * derivative is continuous. Zeros give the identity.
 *
 * With linear `tails` the outer slopes are parameters too, `3·bins + 1` in all, and outside the map goes on in a straight
 * line, `y = ±bound + d·(x ∓ bound)` with the slope d at that end: the derivative is continuous, and tails are learned.
 *
 * Standardise the data first: values outside the interval are not transformed, or not bent.
 *
 * @see Durkan et al. 2019, Neural Spline Flows, https://arxiv.org/abs/1906.04032
 */
export class RationalQuadraticFamily implements BijectionFamily {
  readonly type = "pushforward/rational-quadratic";
  readonly parameterCount: number;
  readonly bins: number;
  readonly bound: number;
  readonly tails: "identity" | "linear";

  constructor(options: RationalQuadraticOptions = {}) {
    const { bins = 8, bound = 5, tails = "identity" } = options;
    checkSpline("rationalQuadratic", bins, bound);
    if (!TAILS.includes(tails)) {
      throw new OptionError(`rationalQuadratic: expected tails "identity" or "linear", got ${JSON.stringify(tails)}.`);
    }
    this.bins = bins;
    this.bound = bound;
    this.tails = tails;
    this.parameterCount = tails === "linear" ? 3 * bins + 1 : 3 * bins - 1;
  }

  /**
   * The map of parameters `[...batch, parameterCount]`, which it borrows: widths, heights, slopes. Throws `ShapeError` for
   * another last axis.
   */
  bind(parameters: Tensor): Bijection {
    const { bins, bound, tails } = this;
    return new BoundBijection("rationalQuadratic", this.parameterCount, parameters, (x, values, inverse) =>
      rationalQuadraticSpline(x, values, { bins, bound, tails, inverse }),
    );
  }

  lower(plan: PlanBuilder, direction: Direction, value: PlanMatrix, parameters: PlanMatrix): LoweredMap {
    return rationalQuadraticSplineStep(plan, direction, value, parameters, this);
  }
}

/**
 * The family of monotonic rational-quadratic splines.
 *
 * @throws {OptionError} `bins` is not an integer from 2 to 500, `bound` not above 0, or `tails` something else.
 * @example
 * const family = rationalQuadratic({ bins: 8, bound: 5, tails: "linear" });
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
  encode: ({ bins, bound, tails }) => (tails === "identity" ? { bins, bound } : { bins, bound, tails }),
  decode: (config) => {
    const reader = new ConfigReader("pushforward/rational-quadratic", config);
    const spline = readSpline(reader);
    const tails = reader.has("tails") ? reader.oneOf("tails", TAILS) : "identity";
    reader.end();
    return new RationalQuadraticFamily({ ...spline, tails });
  },
});
