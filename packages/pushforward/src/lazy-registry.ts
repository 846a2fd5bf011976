import { madeCodec, mlpCodec, residualMlpCodec } from "@pushforward/conditioners";
import { diagonalNormalCodec, standardNormalCodec } from "@pushforward/distributions";
import {
  autoregressiveCodec,
  conditionalFlowCodec,
  couplingCodec,
  elementwiseCodec,
  flowCodec,
} from "@pushforward/flows";
import { createLazyRegistry, type LazyRegistry } from "@pushforward/serialization";
import {
  additiveCodec,
  affineCodec,
  affineElementwiseCodec,
  chainCodec,
  constantAffineCodec,
  identityCodec,
  independentCodec,
  inverseCodec,
  luLinearCodec,
  permutationCodec,
  positiveLinearCodec,
  quantileSplineCodec,
  rationalQuadraticCodec,
} from "@pushforward/transforms";
import { lazyCodecs } from "./lazy/lazy-codecs.ts";

/**
 * The registry of all built-in types, like {@link standardRegistry}, for pages: it has the codecs of common flows (NSF, MAF,
 * IAF, RealNVP, NICE) at once, and loads those of all others when a model needs one. A bundler puts these into files of
 * their own, which a page without such a model never asks for.
 *
 * Read files with `await readModel(bytes, lazyRegistry)`. Before a new model of another kind is encoded,
 * `await lazyRegistry.load(architectures.cnf.types ?? [])` loads its codecs.
 *
 * @example
 * const bytes = encodeModel(flow, standardRegistry);
 * const { model } = await readModel(bytes, lazyRegistry);
 */
export const lazyRegistry: LazyRegistry = /* @__PURE__ */ createLazyRegistry(
  lazyCodecs,
  standardNormalCodec,
  diagonalNormalCodec,
  madeCodec,
  mlpCodec,
  residualMlpCodec,
  autoregressiveCodec,
  conditionalFlowCodec,
  couplingCodec,
  elementwiseCodec,
  flowCodec,
  additiveCodec,
  affineCodec,
  affineElementwiseCodec,
  chainCodec,
  constantAffineCodec,
  identityCodec,
  independentCodec,
  inverseCodec,
  luLinearCodec,
  permutationCodec,
  positiveLinearCodec,
  quantileSplineCodec,
  rationalQuadraticCodec,
);
