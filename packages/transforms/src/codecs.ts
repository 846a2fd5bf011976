import { type AnyCodec, codecsIn } from "@pushforward/core/extend";
import * as transforms from "./transforms.ts";

/** The codecs of every bijection and family of this package. */
export const transformsCodecs: readonly AnyCodec[] = /* @__PURE__ */ codecsIn(transforms);
