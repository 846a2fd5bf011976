import { conditionersCodecs } from "@pushforward/conditioners";
import type { Registry } from "@pushforward/core";
import { distributionsCodecs } from "@pushforward/distributions";
import { flowsCodecs } from "@pushforward/flows";
import { inferenceCodecs } from "@pushforward/inference";
import { createRegistry } from "@pushforward/serialization";
import { transformsCodecs } from "@pushforward/transforms";

/**
 * The registry of all built-in types, for model files. Add your own with `standardRegistry.extend(codec)`, which makes a new
 * registry.
 */
export const standardRegistry: Registry = /* @__PURE__ */ createRegistry(
  ...distributionsCodecs,
  ...transformsCodecs,
  ...conditionersCodecs,
  ...flowsCodecs,
  ...inferenceCodecs,
);
