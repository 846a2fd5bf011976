import type { Parameter } from "@pushforward/core";
import type { PlanBuilder, PlanMatrix } from "@pushforward/core/extend";
import { sumColumnsStep } from "./column-steps.ts";

/** The weights of a mixture: a parameter whose softmax they are, or their logarithms. */
export type MixtureStepWeights = { readonly logits: Parameter } | { readonly logWeights: ArrayLike<number> };

/**
 * `log Σ wₖ eᵃᵏ`, `[rows, 1]`, as a step of a plan.
 *
 * @param components for each one the matrices whose columns sum to its log-density.
 */
export function mixtureLogProbStep(
  plan: PlanBuilder,
  components: readonly (readonly PlanMatrix[])[],
  weights: MixtureStepWeights,
): PlanMatrix {
  const inputs = components.map((matrices) => {
    const [only] = matrices;
    return matrices.length === 1 && only?.columns === 1 ? only : sumColumnsStep(plan, matrices);
  });
  const [logProb] =
    "logits" in weights
      ? plan.add("mixtureLogProb", { inputs, parameters: [weights.logits] })
      : plan.add("mixtureLogProb", { inputs, settings: { logWeights: Array.from(weights.logWeights) } });
  return logProb;
}
