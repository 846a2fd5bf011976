import type { Bijection } from "@pushforward/core";

/** How members are inverted together: as the one whose inverse is the hardest. */
export function commonInverseKind(members: readonly Bijection[]): Bijection["inverseKind"] {
  const kinds = members.map((member) => member.inverseKind);
  return kinds.includes("none") ? "none" : kinds.includes("iterative") ? "iterative" : "analytic";
}
