import { conditionersCodecs } from "@pushforward/conditioners/extend";
import type { AnyCodec } from "@pushforward/core/extend";
import { distributionsCodecs } from "@pushforward/distributions/extend";
import { flowsCodecs } from "@pushforward/flows/extend";
import { transformsCodecs } from "@pushforward/transforms/extend";

/** The codecs of all that flows are made of. */
export const flowCodecs: readonly AnyCodec[] = [
  ...distributionsCodecs,
  ...transformsCodecs,
  ...conditionersCodecs,
  ...flowsCodecs,
];
