import type { Tensor } from "@tensorflow/tfjs-core";
import type { Shape } from "../arrays/shape.ts";
import type { Direction, LoweredMap, PlanBuilder, PlanMatrix } from "../plan/plan.ts";

/** A transformed value and the log of the absolute determinant of the Jacobian of the step that made it. */
export type ValueAndLogDet = [value: Tensor, logDet: Tensor];

/**
 * An invertible, differentiable map `y = f(x)`. `forward` runs from the base to the data, everywhere.
 *
 * Shapes: events on the right, any number of batch axes on the left. `x` is `[...batch, ...event]` with an event of
 * rank `eventRankIn`; `y` has an event of rank `eventRankOut`; `logDet` is `[...batch]`. Batch axes of `x`, of the
 * parameters and of the context broadcast by NumPy's rules.
 *
 * Each tensor method borrows its inputs, is one `tf.tidy`, and returns tensors that the caller owns. `forward` and
 * `inverse` are not defined through the pairs: an eager engine would pay for a log-determinant that nobody reads.
 */
export interface Bijection {
  readonly eventRankIn: number;
  readonly eventRankOut: number;
  /** How `inverse` is computed; `"none"` means that it throws `InverseNotAvailableError`. */
  readonly inverseKind: "analytic" | "iterative" | "none";
  /** Shape of the context that the methods take, `[...batch, ...contextShape]`. Absent: it takes none and refuses one. */
  readonly contextShape?: Shape;
  /**
   * A bijection from ℝᵈ onto the image of `forward`, if the image is not ℝᵈ: usually the map itself. A flow with this final map
   * has the same support. Absent: the image is ℝᵈ.
   */
  readonly support?: Bijection | undefined;
  /** The event shape of `y` for an event shape of `x`. Throws `ShapeError` when `x` does not fit. */
  forwardShape(eventShape: Shape): Shape;
  /** The event shape of `x` for an event shape of `y`. Throws `ShapeError` when `y` does not fit. */
  inverseShape(eventShape: Shape): Shape;
  forward(x: Tensor, context?: Tensor): Tensor;
  inverse(y: Tensor, context?: Tensor): Tensor;
  /** `[f(x), log|det ∂f/∂x|]`. */
  forwardAndLogDet(x: Tensor, context?: Tensor): ValueAndLogDet;
  /** `[f⁻¹(y), log|det ∂f⁻¹/∂y|]`. */
  inverseAndLogDet(y: Tensor, context?: Tensor): ValueAndLogDet;
  /** Adds one direction to a plan, on events laid out as rows. Absent: it is computed with tensors. */
  lower?(plan: PlanBuilder, direction: Direction, value: PlanMatrix, context?: PlanMatrix): LoweredMap;
}

/**
 * Elementwise bijections indexed by unconstrained parameters. `bind` takes parameters `[...batch, parameterCount]` and
 * returns a bijection of event rank 0 for `x` `[...batch]`. Zero parameters are the identity, except in families with
 * the formulas of a different library.
 *
 * A family with weights is a `Module`, has a number of `variables`, and takes parameters `[...batch, variables,
 * parameterCount]`.
 *
 * A layer of a flow is a scheme × a conditioner × a family: the conditioner computes the parameters, and the family
 * uses the parameters. A custom family works in `Autoregressive`, `Coupling` and `Elementwise`.
 */
export interface BijectionFamily {
  /** Namespaced name, for instance `pushforward/affine`. */
  readonly type: string;
  readonly parameterCount: number;
  /** How the bijection that `bind` returns is inverted. Default: `"analytic"`. */
  readonly inverseKind?: Bijection["inverseKind"];
  /**
   * Number of variables, for a family that has weights for each variable. Absent: the family serves any number of
   * variables.
   */
  readonly variables?: number;
  /** @param variables which variables the parameters are of, for a family with weights of its own. Default: all. */
  bind(parameters: Tensor, variables?: readonly number[]): Bijection;
  /** Adds its maps to a plan: value `[rows, n]`, parameters `[rows, n·parameterCount]`. */
  lower?(plan: PlanBuilder, direction: Direction, value: PlanMatrix, parameters: PlanMatrix): LoweredMap;
}

/** True for a value with the methods of a {@link Bijection}. */
export function isBijection(value: unknown): value is Bijection {
  return typeof value === "object" && value !== null && "forwardAndLogDet" in value && "inverseAndLogDet" in value;
}

/** True for a value with the methods of a {@link BijectionFamily}. */
export function isBijectionFamily(value: unknown): value is BijectionFamily {
  return typeof value === "object" && value !== null && "bind" in value && "parameterCount" in value;
}
