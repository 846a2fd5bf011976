import type { AnyCodec } from "@pushforward/core/extend";
import { chainCodec } from "./combinators/chain.ts";
import { independentCodec, inverseCodec } from "./combinators/independent.ts";
import { identityCodec } from "./combinators/reshape.ts";
import { affineElementwiseCodec, constantAffineCodec } from "./elementwise/affine-elementwise.ts";
import { additiveCodec, affineCodec } from "./families/affine.ts";
import { rationalQuadraticCodec } from "./families/rational-quadratic.ts";
import { luLinearCodec } from "./linear/decompositions.ts";
import { positiveLinearCodec } from "./linear/low-rank-linear.ts";
import { permutationCodec } from "./linear/permutation.ts";
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
