import type { AnyCodec } from "@pushforward/core/extend";
import { diagonalNormalCodec } from "./normals/diagonal-normal.ts";
import { standardNormalCodec } from "./normals/standard-normal.ts";

/** The codecs of the bases of most flows, which a page has at once. */
export const commonDistributionsCodecs: readonly AnyCodec[] = [standardNormalCodec, diagonalNormalCodec];
