import type { AnyCodec } from "@pushforward/core";
import { conditionalGaussianMixtureCodec } from "./conditional-gaussian-mixture.ts";
import { conditionalMixtureCodec } from "./conditional-mixture.ts";
import { diagonalNormalCodec } from "./diagonal-normal.ts";
import { gaussianMixtureCodec } from "./gaussian-mixture.ts";
import { gaussianMixturePerClassCodec } from "./gaussian-mixture-per-class.ts";
import { independentCodec } from "./independent.ts";
import { mixtureCodec } from "./mixture.ts";
import { multivariateNormalCodec } from "./multivariate-normal.ts";
import { multivariateStudentTCodec } from "./multivariate-student-t.ts";
import { standardNormalCodec } from "./standard-normal.ts";
import { uniformCodec } from "./uniform.ts";

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
  gaussianMixtureCodec,
  conditionalGaussianMixtureCodec,
  gaussianMixturePerClassCodec,
];
