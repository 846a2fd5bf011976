import type { AnyCodec } from "@pushforward/core/extend";
import { columnDensityCodec } from "./density/column-density.ts";
import { tableDensityCodec } from "./density/table-density.ts";
import { numericFlowCodec } from "./flow/numeric-flow.ts";
import { normalMixtureCodec } from "./mixtures/normal-mixture/normal-mixture.ts";
import { productMixtureCodec } from "./mixtures/product-mixture/product-mixture.ts";
import { tableMixtureCodec } from "./mixtures/table-mixture.ts";
import { ruledDensityCodec } from "./rules/ruled-density.ts";

/** The codecs of this package. */
export const tablesCodecs: readonly AnyCodec[] = [
  columnDensityCodec,
  tableDensityCodec,
  productMixtureCodec,
  normalMixtureCodec,
  numericFlowCodec,
  tableMixtureCodec,
  ruledDensityCodec,
];
