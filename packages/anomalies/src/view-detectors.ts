import { createKey, type Key } from "@pushforward/core";
import { fitGaussianMixture, GaussianMixture } from "@pushforward/distributions";
import { ConditionalDensities, MarginalDensities, SmoothedMixture, SmoothedMixtures } from "./mixtures.ts";

/** The scores of the detectors of a view, in this order. */
export const DETECTORS = ["near", "wide", "marginals", "halves", "conditionals", "centers"] as const;

/** Noise variance for the densities of single features and of halves of the features. */
const SLIGHT = 0.01;
const HALVES = 12;

/** Mixtures of the rows of a view, and the scale at which its features are smoothed. */
export interface ViewMixtures {
  /** Standard deviations of the noise that blurs the gaps between values of each feature. */
  readonly gaps: readonly number[];
  /** Of few components with covariances of their own. */
  readonly clusters: readonly GaussianMixture[];
  /** Mixture with a large number of components that nearly share a single covariance. */
  readonly centers: GaussianMixture;
}

/** Scores of rows by the detectors of a view. A higher score means a more anomalous row. */
export interface DetectorScores {
  /** One array for each of `DETECTORS`. */
  readonly scores: readonly Float64Array[];
  /** `−log p(xⱼ | x₋ⱼ)` of the features, `[rows, features]`. */
  readonly conditionals: Float64Array;
}

/**
 * The detectors of a view, all negative log-densities in closed form, averaged over the mixtures of clusters: smoothed
 * by the gaps of the features; smoothed by their standard deviation; the mean of single features; the mean of 12 random
 * halves of the features; the sum of each feature given the rest; and the density of the mixture of centers.
 */
export class ViewDetectors {
  private readonly width: number;
  private readonly clusters: readonly ClusterDetectors[];
  /** The mixture of centers, then the mixtures of each of the clusters. */
  private readonly smoothed: SmoothedMixtures;

  constructor({ gaps, clusters, centers }: ViewMixtures) {
    this.width = gaps.length;
    const variances = Float64Array.from(gaps, (gap) => gap * gap);
    this.clusters = clusters.map((mixture) => new ClusterDetectors(mixture, variances));
    const ofCenters = new SmoothedMixture(centers.numbers(), { variances });
    this.smoothed = new SmoothedMixtures([ofCenters, ...this.clusters.flatMap(({ smoothed }) => smoothed)], this.width);
  }

  dispose(): void {
    disposeAll([...this.clusters, this.smoothed]);
  }

  /** @param rows `[rows, width]`, in the form that the view produces. */
  apply(rows: Float64Array): DetectorScores {
    const [ofCenters, ...ofClusters] = this.smoothed.logProbs(rows);
    const parts = this.clusters.map((cluster, c) => {
      const size = cluster.smoothed.length;
      return cluster.apply(rows, ofClusters.slice(c * size, (c + 1) * size));
    });
    const mean = (arrays: readonly Float64Array[]): Float64Array =>
      Float64Array.from({ length: arrays[0]?.length ?? 0 }, (_, i) =>
        arrays.reduce((sum, array) => sum + (array[i] as number) / arrays.length, 0),
      );
    const scores = [0, 1, 2, 3, 4].map((k) => mean(parts.map((part) => part.scores[k] as Float64Array)));
    return {
      scores: [...scores, negated(ofCenters as Float64Array)],
      conditionals: mean(parts.map(({ conditionals }) => conditionals)),
    };
  }
}

/** Frees the memory of detectors. */
function disposeAll(all: readonly { dispose(): void }[]): void {
  for (const one of all) one.dispose();
}

class ClusterDetectors {
  private readonly width: number;
  /** With little and with much noise, then of halves of the features. */
  readonly smoothed: readonly SmoothedMixture[];
  private readonly marginals: MarginalDensities;
  private readonly conditionals: ConditionalDensities;

  constructor(mixture: GaussianMixture, variances: Float64Array) {
    const numbers = mixture.numbers();
    const { features: d } = numbers;
    const all = (variance: number): Float64Array => new Float64Array(d).fill(variance);
    this.width = d;
    this.marginals = new MarginalDensities(numbers, SLIGHT);
    this.smoothed = [
      new SmoothedMixture(numbers, { variances }),
      new SmoothedMixture(numbers, { variances: all(1) }),
      ...randomHalves(d).map((features) => new SmoothedMixture(numbers, { variances: all(SLIGHT), features })),
    ];
    this.conditionals = new ConditionalDensities(numbers, SLIGHT);
  }

  dispose(): void {
    disposeAll([this.marginals, this.conditionals]);
  }

  /** @param smoothed the log-densities of the rows, by each of the smoothed mixtures. */
  apply(rows: Float64Array, [near, wide, ...halves]: readonly Float64Array[]): DetectorScores {
    const { width: d } = this;
    const conditionals = negated(this.conditionals.logProb(rows));
    return {
      scores: [
        negated(near as Float64Array),
        negated(wide as Float64Array),
        negated(this.marginals.meanLogProb(rows)),
        Float64Array.from({ length: rows.length / d }, (_, row) =>
          halves.reduce((sum, half) => sum - (half[row] as number) / halves.length, 0),
        ),
        Float64Array.from({ length: rows.length / d }, (_, row) =>
          conditionals.subarray(row * d, (row + 1) * d).reduce((sum, value) => sum + value, 0),
        ),
      ],
      conditionals,
    };
  }
}

/** Returns random halves of the features, the same on each call. */
function randomHalves(features: number): number[][] {
  const key = createKey(7);
  const size = Math.ceil(features / 2);
  return Array.from({ length: HALVES }, (_, k) =>
    [...key.fold(k).permutation(features).slice(0, size)].sort((a, b) => a - b),
  );
}

function negated(values: Float64Array): Float64Array {
  return values.map((value) => -value);
}

/** Numbers of components of the cluster mixtures, and minimum number of rows per component. */
const CLUSTERS = [4, 8, 16];
const LEAST_CLUSTER = 20;
/** Weight of the pooled covariance in each component, in rows. */
const POOLED_ROWS = 500;
/** Number of components of the mixture of centers, with nearly shared covariances. */
const CENTERS = 64;
const LEAST_CENTER = 10;
const SHARED_ROWS = 5000;
/** Numbers of all covariances of a mixture, at most. */
const MOST_NUMBERS = 200_000;
/** Added to the variances of the features, which are 1. */
const RIDGE = 1e-4;
/** Values are blurred by three median gaps between values, with a minimum and a maximum in standard deviations. */
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
