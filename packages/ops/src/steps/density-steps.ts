import type { Parameter } from "@pushforward/core";
import type { PlanBuilder, PlanMatrix, StepParts } from "@pushforward/core/extend";
import { sumColumnsStep } from "./column-steps.ts";

/** The weights of a mixture: a parameter of logits, or the logarithms of the weights. */
export type MixtureStepWeights = { readonly logits: Parameter } | { readonly logWeights: ArrayLike<number> };

/**
 * `log Σ wₖ eᵃᵏ`, `[rows, 1]`, as a step of a plan.
 *
 * @param components for each component, the matrices with columns that sum to its log-density.
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

/** The numbers of a multivariate Student-t. */
export interface StudentTStep {
  /** `[n]`. */
  readonly location: Parameter;
  /** `[n, n]`: W, the lower triangular inverse of the factor of the scale matrix. */
  readonly whitening: Parameter;
  readonly degreesOfFreedom: number;
  /** Log-density at the location, without ln det W. */
  readonly logConstant: number;
}

/** The log-density of a multivariate Student-t as a step of a plan: `[rows, n]` → `[rows, 1]`. Its numbers do not learn. */
export function studentTLogProbStep(
  plan: PlanBuilder,
  x: PlanMatrix,
  { location, whitening, degreesOfFreedom, logConstant }: StudentTStep,
): PlanMatrix {
  return plan.add("studentTLogProb", {
    inputs: [x],
    parameters: [location, whitening],
    settings: { degreesOfFreedom, logConstant },
  })[0];
}

/** The parameters of Gaussians, `z = A·W·(x − mean) + shift`, with the classes concatenated. */
export interface GaussianMixtureStep {
  /**
   * `[components]`: the weights of the components are a softmax over all components, or over the components of each
   * class.
   */
  readonly logits: Parameter;
  /** `[components, features]`. */
  readonly mean: Parameter;
  /** W, `[components, features, features]`, lower triangular with a positive diagonal. */
  readonly whitening: Parameter;
  /** A and the shift. Default: the identity and 0. */
  readonly correction?:
    | {
        /** `[components, features]`. */
        readonly logDiagonal: Parameter;
        /** `[components, features, features]`; only entries below the diagonal count. */
        readonly offDiagonal: Parameter;
        /** `[components, features]`. */
        readonly shift: Parameter;
      }
    | undefined;
}

/**
 * The log-density of a mixture of Gaussians as a step of a plan: value `[rows, n]` → `[rows, 1]`.
 *
 * @param given columns of a context that are the first features of the components. The density is then conditional on
 * these columns; the value has the remaining features.
 */
export function gaussianMixtureStep(
  plan: PlanBuilder,
  value: PlanMatrix,
  mixture: GaussianMixtureStep,
  given?: { readonly context: PlanMatrix; readonly columns: readonly number[] },
): PlanMatrix {
  const contextColumns = [...(given?.columns ?? [])];
  return plan.add("gaussianMixture", {
    inputs: given === undefined ? [value] : [value, given.context],
    parameters: parametersOf(mixture),
    settings: {
      components: mixture.logits.shape.reduce((a, b) => a * b, 1),
      features: contextColumns.length + value.columns,
      isLearnable: mixture.correction !== undefined,
      contextColumns,
      classColumns: [],
    },
  })[0];
}

/**
 * `log Σ weight·density` over classes that have mixtures of their own, as a step of a plan: value `[rows, n]` →
 * `[rows, 1]`. The weights are columns of the context, and get no gradient.
 */
export function gaussianMixturePerClassStep(
  plan: PlanBuilder,
  value: PlanMatrix,
  mixture: GaussianMixtureStep,
  classes: { readonly context: PlanMatrix; readonly columns: readonly number[] },
): PlanMatrix {
  const { context, columns } = classes;
  return plan.add("gaussianMixturePerClass", {
    inputs: [value, context],
    parameters: parametersOf(mixture),
    settings: {
      components: mixture.logits.shape.reduce((a, b) => a * b, 1) / columns.length,
      features: value.columns,
      isLearnable: mixture.correction !== undefined,
      contextColumns: [],
      classColumns: [...columns],
    },
  })[0];
}

function parametersOf({
  logits,
  mean,
  whitening,
  correction,
}: GaussianMixtureStep): StepParts<"gaussianMixture">["parameters"] {
  if (correction === undefined) return [logits, mean, whitening];
  return [logits, mean, whitening, correction.logDiagonal, correction.offDiagonal, correction.shift];
}
