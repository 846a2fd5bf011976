import { CategoricalHead, DistributionNetwork, UnivariateHead } from "@pushforward/flows/extend";
import type { headDensities } from "./head-densities.ts";

/** A network with a head whose distribution is arithmetic on the host, not tensor operations. */
export interface HeadNetwork {
  readonly conditioner: DistributionNetwork["conditioner"];
  readonly head: CategoricalHead | (UnivariateHead & { readonly distribution: keyof typeof headDensities });
}

/** Whether a model is one; the normal distribution, and heads of one's own, may be made of tensor operations. */
export function isHeadNetwork(model: object): model is HeadNetwork {
  if (!(model instanceof DistributionNetwork)) return false;
  const { head } = model;
  return head instanceof CategoricalHead || (head instanceof UnivariateHead && head.distribution !== "normal");
}
