import type { AnyCodec } from "@pushforward/core/extend";
import type { BijectionCase } from "@pushforward/testing";
import { learnableCodec } from "./learnable.ts";
import { learnableRowCodec } from "./learnable-row.ts";
import * as transforms from "./transforms.ts";

/** One bijection of this package for each situation that the laws must hold in. */
export const cases: Readonly<Record<string, BijectionCase>> = Object.fromEntries(
  Object.values(transforms).flatMap(Object.entries<BijectionCase>),
);

/** Codecs of objects that only the cases use. */
export const casesCodecs: readonly AnyCodec[] = [learnableCodec, learnableRowCodec];
