import type { Tensor } from "@tensorflow/tfjs-core";
import type { Shape } from "../arrays/shape.ts";
import type { TensorLike } from "../arrays/tensor-like.ts";
import type { Key } from "../key.ts";
import type { PlanBuilder, PlanMatrix, SampleRecipe } from "../plan/plan.ts";
import type { Bijection } from "./bijection.ts";

/**
 * A probability distribution over events of shape `eventShape`, one for each index of `batchShape`.
 *
 * Outside the support `logProb` is `-Infinity`, never NaN; NaN in, NaN out. Returned tensors belong to the caller.
 */
export interface Distribution {
  readonly batchShape: Shape;
  readonly eventShape: Shape;
  /** Maps ℝᵈ onto the support, for learning or sampling within it; absent if the support is ℝᵈ. */
  readonly support?: Bijection | undefined;
  /** Log-density in nats. x: `[...sample, ...batch, ...event]` → `[...sample, ...batch]`. */
  logProb(x: TensorLike): Tensor;
  /** Draws of shape `[...sampleShape, ...batchShape, ...eventShape]`; `sampleShape` defaults to `[]`, one draw. */
  sample(key: Key, sampleShape?: Shape): Tensor;
  /** Returns the same draws as {@link sample}, and their log-densities, for the cost of a single pass. */
  sampleAndLogProb(key: Key, sampleShape?: Shape): [sample: Tensor, logProb: Tensor];
  /**
   * Adds the log-density of rows, which are events, to a plan. The log-density is the sum of all columns of the
   * returned matrices.
   */
  lower?(plan: PlanBuilder, value: PlanMatrix, context?: PlanMatrix): readonly PlanMatrix[];
  /** How {@link sample} makes one sample a row, as data. */
  lowerSample?(): SampleRecipe;
}

/** A family of distributions indexed by a context: it has no density until one is given. */
export interface ConditionalDistribution {
  /** Shape of a single context. */
  readonly contextShape: Shape;
  /** It reads NaN in a context as a number that is missing. Default: false. */
  readonly acceptsMissing?: boolean;
  /**
   * The distribution at a context `[...batch, ...contextShape]`, with batch shape `[...batch]`. It is a view: it
   * borrows the model and the context and needs no disposal.
   */
  given(context: TensorLike): Distribution;
  /**
   * Adds the log-density of rows, each at the context of its row, to a plan. The log-density is the sum of all columns
   * of the returned matrices.
   */
  lower?(plan: PlanBuilder, value: PlanMatrix, context?: PlanMatrix): readonly PlanMatrix[];
  /** How one sample is made at each context of a batch, as data. */
  lowerSample?(): SampleRecipe;
}

/** True for a value with the methods of a {@link Distribution}. */
export function isDistribution(value: unknown): value is Distribution {
  return typeof value === "object" && value !== null && "logProb" in value && "eventShape" in value;
}

/** True for a value with the methods of a {@link ConditionalDistribution}. */
export function isConditionalDistribution(value: unknown): value is ConditionalDistribution {
  return typeof value === "object" && value !== null && "given" in value && "contextShape" in value;
}
