import type { AnyCodec } from "@pushforward/core/extend";
import { chainCodec } from "./combinators/chain.ts";
import { identityCodec, independentCodec, inverseCodec } from "./combinators/independent.ts";
import { affineElementwiseCodec, constantAffineCodec } from "./elementwise/affine-elementwise.ts";
import { additiveCodec, affineCodec } from "./families/affine.ts";
import { rationalQuadraticCodec } from "./families/rational-quadratic.ts";
import { luLinearCodec } from "./linear/lu-linear.ts";
import { permutationCodec } from "./linear/permutation.ts";
import { positiveLinearCodec } from "./linear/positive-linear.ts";
import { quantileSplineCodec } from "./quantiles/quantile-spline.ts";

/** The codecs of the bijections and families of most flows, which a page has at once. */
export const commonTransformsCodecs: readonly AnyCodec[] = [
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
];
