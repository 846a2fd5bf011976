import type { NormalMixture } from "../normal-mixture/normal-mixture.ts";
import type { NumericFlow } from "../numeric-flow/numeric-flow.ts";
import type { ProductMixture } from "../product-mixture/product-mixture.ts";

/** A density beside the networks of a `TableMixture`. */
export type TableMember = ProductMixture | NormalMixture | NumericFlow;
