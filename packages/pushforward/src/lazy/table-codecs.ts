import { anomaliesCodecs } from "@pushforward/anomalies";
import type { AnyCodec } from "@pushforward/core";
import { inferenceCodecs } from "@pushforward/inference";
import { tablesCodecs } from "@pushforward/tables";

/** The codecs of models of tables and of simulators. */
export const tableCodecs: readonly AnyCodec[] = [...tablesCodecs, ...anomaliesCodecs, ...inferenceCodecs];
