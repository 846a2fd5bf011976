import type { AnyCodec } from "@pushforward/core/extend";
import { anomalyScoreCodec } from "./anomaly-score.ts";

/** The codecs of this package. */
export const anomaliesCodecs: readonly AnyCodec[] = [anomalyScoreCodec];
