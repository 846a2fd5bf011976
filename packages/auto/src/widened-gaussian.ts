import type { Key, NdArray } from "@pushforward/core";
import {
  fitGaussianMixture,
  GaussianMixture,
  type GaussianMixtureFit,
  type MixtureFitOptions,
} from "@pushforward/distributions";
import { mixtureWeights } from "@pushforward/distributions/extend";
import { logProbRows } from "@pushforward/flows";

/** Standard deviations of the Gaussians, in those of the fitted one. */
const SCALES = [1, 2, 4] as const;

/** Rows that the wider ones must have together to be worth it, as a share. */
const LEAST_SHARE = 0.02;
/** A Gaussian of less weight would hardly learn. */
const LEAST_WEIGHT = 0.01;

/**
 * A Gaussian fitted to rows, as three of one mean, of which two are wider: with weights to learn they are heavy tails, as
 * those of a Student-t, which is such a mixture of infinitely many (Andrews and Mallows 1974). Rows far out then neither
 * cost much nor bend the layers. The weights are the most likely ones on the rows; where these leave the wider ones hardly
 * anything, it is the one Gaussian.
 */
export async function fitWidenedGaussian(
  rows: NdArray,
  options: MixtureFitOptions & { readonly key: Key },
): Promise<Pick<GaussianMixtureFit, "features" | "weights" | "means" | "scaleTrils">> {
  const fitted = await fitGaussianMixture(rows, { ...options, components: 1 });
  const { features, means } = fitted;
  const widened = SCALES.map((scale) => ({
    weights: [1],
    means,
    scaleTrils: fitted.scaleTrils.map((value) => scale * value),
    features,
  }));
  const logProbs = widened.map((gaussian) => {
    using wide = new GaussianMixture(gaussian);
    return logProbRows(wide, rows);
  });
  const { weights } = mixtureWeights(logProbs);
  if (1 - (weights[0] as number) < LEAST_SHARE) return fitted;
  const raised = weights.map((weight) => Math.max(LEAST_WEIGHT, weight));
  const sum = raised.reduce((a, b) => a + b, 0);
  const joined = (part: "means" | "scaleTrils"): Float64Array =>
    Float64Array.from(widened.flatMap((of) => [...of[part]]));
  return { features, weights: raised.map((w) => w / sum), means: joined("means"), scaleTrils: joined("scaleTrils") };
}
