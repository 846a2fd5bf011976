import { anomaliesCodecs } from "@pushforward/anomalies/extend";
import { conditionersCodecs } from "@pushforward/conditioners/extend";
import type { Registry } from "@pushforward/core";
import { distributionsCodecs } from "@pushforward/distributions/extend";
import { flowsCodecs } from "@pushforward/flows/extend";
import { inferenceCodecs } from "@pushforward/inference/extend";
import { describeModel as describeWith } from "@pushforward/serialization";
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

/**
 * The tree of a model as text: its parts with their settings, shapes and numbers of trainable parameters.
 *
 * @param registry default: all built-in types.
 * @throws {OptionError} the model has a part of a type that the registry does not know; use
 *   `standardRegistry.extend(codec)`.
 * @example
 * console.log(describeModel(flow));
 */
export function describeModel(model: object, registry: Registry = standardRegistry): string {
  return describeWith(model, registry);
}
