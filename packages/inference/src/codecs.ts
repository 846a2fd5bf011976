import type { AnyCodec } from "@pushforward/core/extend";
import { ratioEstimatorCodec } from "./fit-nre.ts";
import { mixedPosteriorCodec } from "./mixed/mixed-posterior.ts";

/** The codecs of this package. */
export const inferenceCodecs: readonly AnyCodec[] = [ratioEstimatorCodec, mixedPosteriorCodec];
