import type { SampleRecipe } from "@pushforward/core";

/** The same recipe with other things in the places of parameters and plans. */
export function mapRecipe<P, L, Q, M>(
  recipe: SampleRecipe<P, L>,
  ofParameter: (parameter: P) => Q,
  ofPlan: (plan: L) => M,
): SampleRecipe<Q, M> {
  switch (recipe.kind) {
    case "normal":
      return recipe;
    case "studentT":
      return { ...recipe, location: ofParameter(recipe.location), whitening: ofParameter(recipe.whitening) };
    case "gaussianMixture": {
      const { correction, ...rest } = recipe;
      return {
        ...rest,
        logits: ofParameter(recipe.logits),
        mean: ofParameter(recipe.mean),
        whitening: ofParameter(recipe.whitening),
        ...(correction && {
          correction: {
            logDiagonal: ofParameter(correction.logDiagonal),
            offDiagonal: ofParameter(correction.offDiagonal),
            shift: ofParameter(correction.shift),
          },
        }),
      };
    }
    case "mixture":
      return {
        ...recipe,
        weights: Array.isArray(recipe.weights) ? recipe.weights : ofParameter(recipe.weights as P),
        components: recipe.components.map((component) => mapRecipe(component, ofParameter, ofPlan)),
      };
    case "pushed":
      return { ...recipe, base: mapRecipe(recipe.base, ofParameter, ofPlan), plan: ofPlan(recipe.plan) };
  }
}
