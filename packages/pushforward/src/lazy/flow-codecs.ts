import { conditionersCodecs } from "@pushforward/conditioners";
import type { AnyCodec } from "@pushforward/core";
import { distributionsCodecs } from "@pushforward/distributions";
import { flowsCodecs } from "@pushforward/flows";
import { transformsCodecs } from "@pushforward/transforms";

/** The codecs of all that flows are made of. */
export const flowCodecs: readonly AnyCodec[] = [
  ...distributionsCodecs,
  ...transformsCodecs,
  ...conditionersCodecs,
  ...flowsCodecs,
];
