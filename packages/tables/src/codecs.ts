import type { AnyCodec } from "@pushforward/core";
import { columnDensityCodec } from "./density/column-density.ts";
import { tableDensityCodec } from "./density/table-density.ts";

/** The codecs of this package. */
export const tablesCodecs: readonly AnyCodec[] = [columnDensityCodec, tableDensityCodec];
