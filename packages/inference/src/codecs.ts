import type { AnyCodec } from "@pushforward/core";
import { ratioEstimatorCodec } from "./ratio-estimator.ts";

/** The codecs of this package. */
export const inferenceCodecs: readonly AnyCodec[] = [ratioEstimatorCodec];
