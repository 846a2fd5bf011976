import type { AnyCodec } from "@pushforward/core/extend";
import type { DistributionCase } from "@pushforward/testing";
import * as distributions from "./distributions.ts";
import { followingCodec } from "./following.ts";

/** One case or more for each distribution of the package. */
export const cases: Readonly<Record<string, DistributionCase>> = Object.fromEntries(
  Object.values(distributions).flatMap(Object.entries<DistributionCase>),
);

/** Codecs of classes that only the cases use. */
export const casesCodecs: readonly AnyCodec[] = [followingCodec];
