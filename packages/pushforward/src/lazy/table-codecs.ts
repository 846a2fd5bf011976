import { anomaliesCodecs } from "@pushforward/anomalies/extend";
import type { AnyCodec } from "@pushforward/core/extend";
import { inferenceCodecs } from "@pushforward/inference/extend";
import { tablesCodecs } from "@pushforward/tables/extend";

/** The codecs of models of tables and of simulators. */
export const tableCodecs: readonly AnyCodec[] = [...tablesCodecs, ...anomaliesCodecs, ...inferenceCodecs];
