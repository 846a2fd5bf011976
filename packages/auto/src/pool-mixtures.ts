import type { Key, NdArray } from "@pushforward/core";
import {
  fitGaussianMixture,
  fitMixtureWeights,
  GaussianMixture,
  type GaussianMixtureFit,
  type MixtureFitOptions,
} from "@pushforward/distributions";
import { logProbRows } from "@pushforward/flows";

/** Mixtures of less weight are left out. */
const LEAST_WEIGHT = 0.02;

/** Gaussians of several fits, as one mixture. */
export interface PooledMixture extends Pick<GaussianMixtureFit, "features" | "weights" | "means" | "scaleTrils"> {
  /** Of all that were kept together. */
  readonly components: number;
  /** Of each kept fit. */
  readonly each: number;
}

/**
 * Fits a mixture of Gaussians, chooses the number of Gaussians, and fits as many again from other starts. The result holds
 * the Gaussians of all `runs`, each fit with the weight that is best on the validation rows: every fit has settled in
 * accidents of its own, and their mean has fewer of them (bagging: Breiman 1996).
 */
export async function poolMixtures(
  train: NdArray,
  validation: NdArray,
  runs: number,
  options: MixtureFitOptions & { readonly key: Key },
): Promise<PooledMixture> {
  const first = await fitGaussianMixture(train, { ...options, validation });
  const { components, features } = first;
  const fits = [first];
  for (let run = 1; run < runs && components > 1; run++) {
    if (options.signal?.aborted) break;
    const key = options.key.fold(`run.${run}`);
    fits.push(await fitGaussianMixture(train, { ...options, key, components, priors: [first.prior], validation }));
  }
  const weights = fits.length === 1 ? Float64Array.of(1) : weightsOf(fits, validation);
  const kept = fits.flatMap((fit, i) => (weights[i] === 0 ? [] : [{ fit, weight: weights[i] as number }]));
  const joined = (part: "means" | "scaleTrils"): Float64Array =>
    Float64Array.from(kept.flatMap(({ fit }) => [...fit[part]]));
  return {
    components: components * kept.length,
    each: components,
    features,
    weights: Float64Array.from(kept.flatMap(({ fit, weight }) => Array.from(fit.weights, (own) => own * weight))),
    means: joined("means"),
    scaleTrils: joined("scaleTrils"),
  };
}

function weightsOf(fits: readonly GaussianMixtureFit[], validation: NdArray): number[] {
  const logProbs = fits.map((fit) => {
    using mixture = new GaussianMixture(fit);
    return logProbRows(mixture, validation);
  });
  const { weights } = fitMixtureWeights(logProbs);
  const kept = Array.from(weights, (weight) => (weight < LEAST_WEIGHT ? 0 : weight));
  const sum = kept.reduce((a, b) => a + b, 0);
  return kept.map((weight) => weight / sum);
}
