import type { AnyCodec } from "@pushforward/core";
import { additiveCodec } from "./additive.ts";
import { affineCodec } from "./affine.ts";
import { affineElementwiseCodec } from "./affine-elementwise.ts";
import { affineSplineCodec } from "./affine-spline.ts";
import { chainCodec } from "./chain.ts";
import { constantAffineCodec } from "./constant-affine.ts";
import { identityCodec } from "./identity.ts";
import { independentCodec } from "./independent.ts";
import { invertedCodec } from "./invert.ts";
import { luLinearCodec } from "./lu-linear.ts";
import { permutationCodec } from "./permutation.ts";
import { positiveLinearCodec } from "./positive-linear.ts";
import { quantileSplineCodec } from "./quantile-spline.ts";
import { rationalQuadraticCodec } from "./rational-quadratic.ts";
import { toBoxCodec } from "./to-box.ts";

/** The codecs of every bijection and family of this package. */
export const transformsCodecs: readonly AnyCodec[] = [
  additiveCodec,
  affineCodec,
  affineElementwiseCodec,
  affineSplineCodec,
  chainCodec,
  constantAffineCodec,
  identityCodec,
  independentCodec,
  invertedCodec,
  luLinearCodec,
  permutationCodec,
  positiveLinearCodec,
  quantileSplineCodec,
  rationalQuadraticCodec,
  toBoxCodec,
];
