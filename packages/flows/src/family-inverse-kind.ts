import type { Bijection, BijectionFamily } from "@pushforward/core";

/**
 * How a family inverts. The contract shows it only on what a family makes, which takes tensors; a family whose inverse
 * is not analytic can say so by an `inverseKind` of its own.
 */
export function familyInverseKind(family: BijectionFamily): Bijection["inverseKind"] {
  const { inverseKind } = family as BijectionFamily & { readonly inverseKind?: Bijection["inverseKind"] };
  return inverseKind ?? "analytic";
}
