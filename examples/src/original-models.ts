import type { ConditionalFlow, Flow, Key, Standardization } from "pushforward";
import { nflowsMaf, nflowsNsf } from "pushforward/interop";

/** Sizes of the models of the original project. */
export interface OriginalModelOptions {
  readonly features: number;
  readonly context?: number;
  readonly hidden: number;
  readonly bins?: number;
  readonly standardize?: Standardization;
  readonly standardizeContext?: Standardization;
  readonly key: Key;
}

/**
 * `construct_maf`: five masked affine layers of residual networks with two blocks. The variables are reversed between
 * the layers.
 */
export function originalMaf({ hidden, bins: _, ...options }: OriginalModelOptions): Flow | ConditionalFlow {
  const context = options.context;
  return nflowsMaf({ ...options, context, hidden: [hidden, hidden, hidden], permutation: "reverse" });
}

/** `construct_nsf`: five coupling layers of splines on [−3, 3] with linear tails, each followed by an LU map. */
export function originalNsf({ hidden, bins = 10, ...options }: OriginalModelOptions): Flow | ConditionalFlow {
  const context = options.context;
  return nflowsNsf({ ...options, context, hidden: [hidden, hidden, hidden], bins, coupling: true });
}

/** `build_nsf` of sbi for a single parameter: one spline with parameters from a plain network of the context. */
export function originalSpline(options: Omit<OriginalModelOptions, "hidden" | "bins">): Flow | ConditionalFlow {
  const context = options.context;
  return nflowsNsf({ ...options, context, transforms: 1, coupling: true });
}
