import { type AnyCodec, codecsIn } from "@pushforward/core/extend";
import { independentCodec, jointCodec } from "./independent.ts";
import {
  conditionalGaussianMixtureCodec,
  gaussianMixturePerClassCodec,
} from "./mixtures/conditional-gaussian-mixture.ts";
import { conditionalMixtureCodec } from "./mixtures/conditional-mixture.ts";
import { gaussianMixtureCodec } from "./mixtures/gaussian-mixture.ts";
import { mixtureCodec } from "./mixtures/mixture.ts";
import { diagonalNormalCodec } from "./normals/diagonal-normal.ts";
import { multivariateNormalCodec } from "./normals/multivariate-normal.ts";
import { multivariateStudentTCodec } from "./normals/multivariate-student-t.ts";
import { standardNormalCodec } from "./normals/standard-normal.ts";
import { uniformCodec } from "./uniform.ts";
import * as univariates from "./univariate/univariates.ts";
import { vonMisesFisherCodec } from "./von-mises-fisher.ts";

/** The codecs of every distribution of this package. */
export const distributionsCodecs: readonly AnyCodec[] = [
  standardNormalCodec,
  diagonalNormalCodec,
  multivariateNormalCodec,
  multivariateStudentTCodec,
  uniformCodec,
  mixtureCodec,
  conditionalMixtureCodec,
  independentCodec,
  jointCodec,
  gaussianMixtureCodec,
  conditionalGaussianMixtureCodec,
  gaussianMixturePerClassCodec,
  vonMisesFisherCodec,
  ...codecsIn(univariates),
];
