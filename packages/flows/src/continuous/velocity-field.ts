import type { Module } from "@pushforward/core";
import type { Tensor } from "@tensorflow/tfjs-core";

/**
 * The right-hand side of `dx/dt = v(t, x, c)` in ℝᵈ for t from 0, the base, to 1, the data. Its methods take rows: x
 * `[n, features]`, a context `[n, contextSize]` where it takes one.
 */
export interface VelocityField extends Module {
  readonly features: number;
  /** Number of context columns; 0: it takes none. */
  readonly contextSize: number;
  /** `v` `[n, features]` at the times `[n, 1]` of the rows. */
  velocity(t: Tensor, x: Tensor, context?: Tensor): Tensor;
  /**
   * `v` and its divergence `Σᵢ ∂vᵢ/∂xᵢ` `[n]`, differentiable by x, the context and the parameters.
   *
   * @param probe `[n, features]`: the divergence may then be the estimate `eᵀ (∂v/∂x) e` of Hutchinson.
   */
  velocityAndDivergence(
    t: Tensor,
    x: Tensor,
    context?: Tensor,
    probe?: Tensor,
  ): readonly [velocity: Tensor, divergence: Tensor];
}

/** True for a value with the methods of a {@link VelocityField}. */
export function isVelocityField(value: unknown): value is VelocityField {
  return typeof value === "object" && value !== null && "velocityAndDivergence" in value && "velocity" in value;
}
