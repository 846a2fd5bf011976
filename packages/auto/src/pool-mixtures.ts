import type { Key, NdArray } from "@pushforward/core";
import {
  fitGaussianMixture,
  GaussianMixture,
  type GaussianMixtureFit,
  type MixtureFitOptions,
} from "@pushforward/distributions";
import { logProbRows } from "@pushforward/flows";

/** Fits that are worse than the best by more nats per column have missed something, and are left out. */
const MARGIN = 0.03;

/** Gaussians of several fits, as one mixture. */
export interface PooledMixture extends Pick<GaussianMixtureFit, "features" | "weights" | "means" | "scaleTrils"> {
  /** Of all that were kept together. */
  readonly components: number;
  /** Of each kept fit. */
  readonly each: number;
}

/**
 * Fits a mixture of Gaussians, chooses the number of Gaussians, and repeats the fit with this number from other starts.
 * The result contains the Gaussians of all `runs` that are about as good as the best on the validation rows, with equal
 * weights. Every fit has its own random errors, and the mean reduces such errors (bagging: Breiman 1996).
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
  const scores = fits.map((fit) => meanLogProb(fit, validation));
  const limit = Math.max(...scores) - MARGIN * features;
  const kept = fits.filter((_, i) => !((scores[i] as number) < limit));
  const joined = (part: "means" | "scaleTrils"): Float64Array =>
    Float64Array.from(kept.flatMap((fit) => [...fit[part]]));
  return {
    components: components * kept.length,
    each: components,
    features,
    weights: Float64Array.from(kept.flatMap((fit) => Array.from(fit.weights, (weight) => weight / kept.length))),
    means: joined("means"),
    scaleTrils: joined("scaleTrils"),
  };
}

function meanLogProb(fit: GaussianMixtureFit, rows: NdArray): number {
  using mixture = new GaussianMixture(fit);
  return logProbRows(mixture, rows).reduce((sum, value) => sum + value, 0) / (rows.shape[0] as number);
}
