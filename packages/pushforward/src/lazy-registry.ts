import { commonConditionersCodecs } from "@pushforward/conditioners/extend";
import { commonDistributionsCodecs } from "@pushforward/distributions/extend";
import { commonFlowsCodecs } from "@pushforward/flows/extend";
import type { LazyRegistry } from "@pushforward/serialization";
import { createLazyRegistry } from "@pushforward/serialization/extend";
import { commonTransformsCodecs } from "@pushforward/transforms/extend";
import { lazyCodecs } from "./lazy/lazy-codecs.ts";

/**
 * The registry of all built-in types, like {@link standardRegistry}, for web pages. It includes the codecs of common
 * flows (NSF, MAF, IAF, RealNVP, NICE), and loads all other codecs when a model needs them. A bundler puts these into
 * separate files, which a page without such a model never requests.
 *
 * Read files with `await readModel(bytes, lazyRegistry)`. Before a new model of a different kind is encoded,
 * `await lazyRegistry.load(architectures.cnf.types ?? [])` loads its codecs.
 * @example
 * const bytes = encodeModel(flow, standardRegistry);
 * const { model } = await readModel(bytes, lazyRegistry);
 */
export const lazyRegistry: LazyRegistry = /* @__PURE__ */ createLazyRegistry(
  lazyCodecs,
  ...commonDistributionsCodecs,
  ...commonConditionersCodecs,
  ...commonFlowsCodecs,
  ...commonTransformsCodecs,
);
