import { anomaliesCodecs } from "@pushforward/anomalies/extend";
import { conditionersCodecs } from "@pushforward/conditioners/extend";
import type { Registry } from "@pushforward/core";
import { distributionsCodecs } from "@pushforward/distributions/extend";
import { flowsCodecs } from "@pushforward/flows/extend";
import { inferenceCodecs } from "@pushforward/inference/extend";
import { createRegistry } from "@pushforward/serialization/extend";
import { tablesCodecs } from "@pushforward/tables/extend";
import { transformsCodecs } from "@pushforward/transforms/extend";

/**
 * The registry of all built-in types, for model files. Add your own with `standardRegistry.extend(codec)`, which makes a new
 * registry.
 *
 * @example
 * const bytes = encodeModel(flow, standardRegistry);
 * const { model } = decodeModel(bytes, standardRegistry);
 */
export const standardRegistry: Registry = /* @__PURE__ */ createRegistry(
  ...distributionsCodecs,
  ...transformsCodecs,
  ...conditionersCodecs,
  ...flowsCodecs,
  ...inferenceCodecs,
  ...tablesCodecs,
  ...anomaliesCodecs,
);
