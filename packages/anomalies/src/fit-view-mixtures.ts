import type { Key } from "@pushforward/core";
import { fitGaussianMixture, GaussianMixture } from "@pushforward/distributions";
import type { ViewMixtures } from "./view-detectors.ts";

/** Components of the mixtures of clusters, and how many rows one has at least. */
const CLUSTERS = [4, 8, 16];
const LEAST_CLUSTER = 20;
/** Rows that the pooled covariance counts in each of them. */
const POOLED_ROWS = 500;
/** Components of the mixture of centers, with hardly a covariance of their own. */
const CENTERS = 64;
const LEAST_CENTER = 10;
const SHARED_ROWS = 5000;
/** Numbers of all covariances of a mixture, at most. */
const MOST_NUMBERS = 200_000;
/** Added to the variances of the features, which are 1. */
const RIDGE = 1e-4;
/** Three median gaps between values blur them; at least and at most so many standard deviations. */
const [GAPS, LEAST_GAP, MOST_GAP] = [3, 1e-4, 0.5];

/** How the mixtures of a view are fitted. */
export interface FitViewOptions {
  readonly key: Key;
  readonly signal?: AbortSignal | undefined;
}

/** The mixtures of the rows `[rows, width]` of a view. */
export async function fitViewMixtures(
  rows: Float64Array,
  width: number,
  options: FitViewOptions,
): Promise<ViewMixtures> {
  const count = rows.length / width;
  const table = Array.from({ length: count }, (_, row) => rows.subarray(row * width, (row + 1) * width));
  const most = Math.max(1, Math.floor(MOST_NUMBERS / width ** 2));
  const fit = async (components: number, leastRows: number, strength: number, maxSteps: number) => {
    const number = Math.max(1, Math.min(components, Math.floor(count / leastRows), most));
    const fitted = await fitGaussianMixture(table, {
      key: options.key.fold(components),
      components: number,
      priors: [{ strength, shape: "pooled" }],
      ...{ ridge: RIDGE, maxSteps, signal: options.signal },
    });
    return new GaussianMixture(fitted);
  };
  const clusters: GaussianMixture[] = [];
  for (const components of CLUSTERS) clusters.push(await fit(components, LEAST_CLUSTER, POOLED_ROWS, 40));
  return { gaps: gapsOf(rows, width), clusters, centers: await fit(CENTERS, LEAST_CENTER, SHARED_ROWS, 15) };
}

/** For each feature some median gaps between its values. */
function gapsOf(rows: Float64Array, width: number): number[] {
  return Array.from({ length: width }, (_, j) => {
    const values = Float64Array.from(
      { length: rows.length / width },
      (_, row) => rows[row * width + j] as number,
    ).sort();
    const gaps: number[] = [];
    for (let i = 1; i < values.length; i++) {
      const gap = (values[i] as number) - (values[i - 1] as number);
      if (gap > 0) gaps.push(gap);
    }
    gaps.sort((a, b) => a - b);
    return Math.min(Math.max(GAPS * (gaps[Math.floor(gaps.length / 2)] ?? 0), LEAST_GAP), MOST_GAP);
  });
}
