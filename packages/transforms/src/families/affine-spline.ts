import type { Bijection, BijectionFamily, Codec } from "@pushforward/core";
import {
  checkOptions,
  classCodec,
  type Direction,
  field,
  type LoweredMap,
  type PlanBuilder,
  type PlanMatrix,
} from "@pushforward/core/extend";
import { affineSpline as affineSplineKernel, affineSplineStep } from "@pushforward/ops";
import type { Tensor } from "@tensorflow/tfjs-core";
import { BoundBijection } from "./bound-bijection.ts";
import { checkSpline } from "./rational-quadratic.ts";

/** Options of {@link affineSpline}. */
export interface AffineSplineOptions {
  /** Number of bins of the spline, 2 to 500. Default 8. */
  readonly bins?: number;
  /** The spline acts on [−bound, bound] and is linear outside, with slopes of its own. Default 5. */
  readonly bound?: number;
}

/**
 * The family `z = spline(x·eᵃ + t)`: an affine map with `a = 5·tanh(raw/5)`, which moves and scales without bounds, and a
 * rational-quadratic spline with linear tails, which bends. It has `3·bins + 3` parameters in the order t, raw, bins widths,
 * bins heights and bins + 1 slopes, unconstrained; zeros give the identity. `log|∂z/∂x| = a + log spline′`.
 *
 * @see Durkan et al. 2019, Neural Spline Flows, https://arxiv.org/abs/1906.04032; Dinh et al. 2017, Density estimation
 * using Real NVP, https://arxiv.org/abs/1605.08803
 */
export class AffineSplineFamily implements BijectionFamily {
  readonly type = "pushforward/affine-spline";
  readonly parameterCount: number;
  readonly bins: number;
  readonly bound: number;

  constructor(options: AffineSplineOptions = {}) {
    checkOptions("affineSpline", options, { bins: true, bound: true });
    const { bins = 8, bound = 5 } = options;
    checkSpline("affineSpline", bins, bound);
    this.bins = bins;
    this.bound = bound;
    this.parameterCount = 3 * bins + 3;
  }

  /**
   * Returns the map with parameters `[...batch, 3·bins + 3]`, which it borrows. Throws `ShapeError` for a different
   * last axis.
   */
  bind(parameters: Tensor): Bijection {
    const { bins, bound } = this;
    return new BoundBijection("affineSpline", this.parameterCount, parameters, (x, values, inverse) =>
      affineSplineKernel(x, values, { bins, bound, inverse }),
    );
  }

  lower(plan: PlanBuilder, direction: Direction, value: PlanMatrix, parameters: PlanMatrix): LoweredMap {
    return affineSplineStep(plan, direction, value, parameters, this);
  }
}

/**
 * The family `z = spline(x·eᵃ + t)`: affine maps followed by rational-quadratic splines with learned linear tails.
 *
 * @throws {OptionError} `bins` is not an integer from 2 to 500, or `bound` is not above 0.
 * @example
 * const family = affineSpline({ bins: 8, bound: 5 });
 * const conditioner = new Made({ features: 3, outputsPerVariable: family.parameterCount, key: createKey(0) });
 */
export function affineSpline(options: AffineSplineOptions = {}): AffineSplineFamily {
  return new AffineSplineFamily(options);
}

/** Codec of {@link AffineSplineFamily}. */
export const affineSplineCodec: Codec<AffineSplineFamily> = classCodec(
  "pushforward/affine-spline",
  AffineSplineFamily,
  { bins: field.count({ min: 2, max: 500 }), bound: field.number() },
);
