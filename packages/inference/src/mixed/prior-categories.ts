import type { Distribution } from "@pushforward/core";
import { Bernoulli, Categorical } from "@pushforward/distributions";
import { Joint } from "@pushforward/distributions/extend";

/** For each parameter of a prior the number of its categories, 0 for a number: what its `Categorical` and `Bernoulli` parts tell. */
export function priorCategories(prior: Distribution): readonly number[] {
  if (prior instanceof Joint) return prior.parts.flatMap(priorCategories);
  const categories = prior instanceof Categorical ? prior.categories : prior instanceof Bernoulli ? 2 : 0;
  return Array.from({ length: prior.eventShape[0] ?? 1 }, () => categories);
}
