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

// A bin has at least 1/1000 of the interval; with more than half of them taken by that little is left to learn.
const MAX_BINS = 500;
// One bin that ends on the diagonal is the identity whatever its parameters are.
const MIN_BINS = 2;
const MAX_BOUND = 1e6;

/** Options of {@link rationalQuadratic}. */
export interface RationalQuadraticOptions {
  /** Number of bins, 2 to 500. Default 8. */
  readonly bins?: number;
  /** The spline acts on [−bound, bound] and is the identity outside. Default 5. */
  readonly bound?: number;
}

/**
 * The family of monotonic rational-quadratic splines on [−bound, bound], the identity outside, with `3·bins − 1`
 * parameters: bins widths, bins heights and bins − 1 inner slopes, unconstrained. The outer slopes are 1, so that the
 * derivative is continuous. Zeros give the identity.
 *
 * Standardise the data first: values outside the interval are not transformed.
 *
 * @see Durkan et al. 2019, Neural Spline Flows, https://arxiv.org/abs/1906.04032
 */
export class RationalQuadraticFamily implements BijectionFamily {
  readonly type = "pushforward/rational-quadratic";
  readonly parameterCount: number;
  readonly bins: number;
  readonly bound: number;

  constructor(options: RationalQuadraticOptions = {}) {
    const { bins = 8, bound = 5 } = options;
    if (!Number.isInteger(bins) || bins < MIN_BINS || bins > MAX_BINS) {
      throw new OptionError(
        `rationalQuadratic: expected bins to be an integer from ${MIN_BINS} to ${MAX_BINS}, got ${bins}.`,
      );
    }
    if (!(bound > 0 && bound <= MAX_BOUND)) {
      throw new OptionError(`rationalQuadratic: expected bound above 0 and at most ${MAX_BOUND}, got ${bound}.`);
    }
    this.bins = bins;
    this.bound = bound;
    this.parameterCount = 3 * bins - 1;
  }

  /** The map of parameters `[...batch, 3·bins − 1]`, which it borrows. Throws `ShapeError` for another last axis. */
  bind(parameters: Tensor): Bijection {
    const { bins, bound } = this;
    return new BoundBijection("rationalQuadratic", this.parameterCount, parameters, (x, values, inverse) =>
      rationalQuadraticSpline(x, values, { bins, bound, inverse }),
    );
  }

  lower(plan: PlanBuilder, direction: Direction, value: PlanMatrix, parameters: PlanMatrix): LoweredMap {
    return rationalQuadraticSplineStep(plan, direction, value, parameters, this);
  }
}

/**
 * The family of monotonic rational-quadratic splines.
 *
 * @throws {OptionError} `bins` is not an integer from 2 to 500, or `bound` is not above 0.
 * @example
 * const family = rationalQuadratic({ bins: 8, bound: 5 });
 */
export function rationalQuadratic(options: RationalQuadraticOptions = {}): RationalQuadraticFamily {
  return new RationalQuadraticFamily(options);
}

/** Codec of {@link RationalQuadraticFamily}. */
export const rationalQuadraticCodec: Codec<RationalQuadraticFamily, Json> = defineCodec<RationalQuadraticFamily, Json>({
  type: "pushforward/rational-quadratic",
  version: 1,
  is: (value): value is RationalQuadraticFamily => value instanceof RationalQuadraticFamily,
  encode: (value) => ({ bins: value.bins, bound: value.bound }),
  decode: (config) => {
    const reader = new ConfigReader("pushforward/rational-quadratic", config);
    const bins = reader.count("bins", { min: MIN_BINS, max: MAX_BINS });
    const bound = reader.number("bound", { min: Number.MIN_VALUE, max: MAX_BOUND });
    reader.end();
    return new RationalQuadraticFamily({ bins, bound });
  },
});
