import type { Registry } from "@pushforward/core";
import { createRegistry } from "@pushforward/serialization";
import * as codecs from "./codecs.ts";

/**
 * The registry of all built-in types, for model files. Add your own with `standardRegistry.extend(codec)`, which makes a new
 * registry.
 *
 * @example
 * const bytes = encodeModel(flow, standardRegistry);
 * const { model } = decodeModel(bytes, standardRegistry);
 */
export const standardRegistry: Registry = /* @__PURE__ */ createRegistry(
  ...codecs.distributions,
  ...codecs.transforms,
  ...codecs.conditioners,
  ...codecs.flows,
  ...codecs.inference,
  ...codecs.tables,
  ...codecs.anomalies,
);
