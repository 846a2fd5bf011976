import type { AnyCodec } from "@pushforward/core/extend";
import { mixedPosteriorCodec } from "./mixed/mixed-posterior.ts";
import { ratioEstimatorCodec } from "./ratio-estimator.ts";

/** The codecs of this package. */
export const inferenceCodecs: readonly AnyCodec[] = [ratioEstimatorCodec, mixedPosteriorCodec];
