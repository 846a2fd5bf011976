import type { AnyCodec } from "@pushforward/core";
import { columnDensityCodec } from "./density/column-density.ts";
import { tableDensityCodec } from "./density/table-density.ts";
import { normalMixtureCodec } from "./normal-mixture/normal-mixture.ts";
import { numericFlowCodec } from "./numeric-flow/numeric-flow.ts";
import { productMixtureCodec } from "./product-mixture/product-mixture.ts";
import { tableMixtureCodec } from "./table-mixture/table-mixture.ts";

/** The codecs of this package. */
export const tablesCodecs: readonly AnyCodec[] = [
  columnDensityCodec,
  tableDensityCodec,
  productMixtureCodec,
  normalMixtureCodec,
  numericFlowCodec,
  tableMixtureCodec,
];
