import type { NormalMixture, ProductMixture } from "@pushforward/tables";

/** A mixture whose conditionals are known in closed form. */
export type ProposalMixture = ProductMixture | NormalMixture;
