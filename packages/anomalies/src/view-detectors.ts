import { createKey } from "@pushforward/core";
import type { GaussianMixture } from "@pushforward/distributions";
import { ConditionalDensities } from "./mixtures/conditional-densities.ts";
import { MarginalDensities } from "./mixtures/marginal-densities.ts";
import { SmoothedMixture } from "./mixtures/smoothed-mixture.ts";

/** The scores of the detectors of a view, in this order. */
export const DETECTORS = ["near", "wide", "marginals", "halves", "conditionals", "centers"] as const;

/** Variance of the noise of densities of single features and of parts of them. */
const SLIGHT = 0.01;
const HALVES = 12;

/** Mixtures of the rows of a view, and the scale at which its features are smoothed. */
export interface ViewMixtures {
  /** Standard deviations of the noise that blurs the gaps between values of each feature. */
  readonly gaps: readonly number[];
  /** Of few components with covariances of their own. */
  readonly clusters: readonly GaussianMixture[];
  /** Of many components that share one covariance, nearly. */
  readonly centers: GaussianMixture;
}

/** How odd rows are to the detectors of a view: the higher, the odder. */
export interface DetectorScores {
  /** One array for each of `DETECTORS`. */
  readonly scores: readonly Float64Array[];
  /** `−log p(xⱼ | x₋ⱼ)` of the features, `[rows, features]`. */
  readonly conditionals: Float64Array;
}

/**
 * The detectors of a view, all negative log-densities in closed form, averaged over the mixtures of clusters: smoothed by
 * the gaps of the features; smoothed by their standard deviation; the mean of single features; the mean of 12 random halves
 * of the features; the sum of each feature given the others; and that of the mixture of centers.
 */
export class ViewDetectors {
  private readonly width: number;
  private readonly clusters: readonly ClusterDetectors[];
  private readonly centers: SmoothedMixture;

  constructor({ gaps, clusters, centers }: ViewMixtures) {
    this.width = gaps.length;
    const variances = Float64Array.from(gaps, (gap) => gap * gap);
    this.clusters = clusters.map((mixture) => new ClusterDetectors(mixture, variances));
    this.centers = new SmoothedMixture(centers.numbers(), { variances });
  }

  dispose(): void {
    disposeAll([...this.clusters, this.centers]);
  }

  /** @param rows `[rows, width]`, as the view shows them. */
  apply(rows: Float64Array): DetectorScores {
    const { width } = this;
    const parts = this.clusters.map((cluster) => cluster.apply(rows));
    const mean = (arrays: readonly Float64Array[]): Float64Array =>
      Float64Array.from({ length: arrays[0]?.length ?? 0 }, (_, i) =>
        arrays.reduce((sum, array) => sum + (array[i] as number) / arrays.length, 0),
      );
    const scores = [0, 1, 2, 3, 4].map((k) => mean(parts.map((part) => part.scores[k] as Float64Array)));
    return {
      scores: [...scores, negated(this.centers.logProb(rows, width))],
      conditionals: mean(parts.map(({ conditionals }) => conditionals)),
    };
  }
}

/** Frees what detectors hold. */
function disposeAll(all: readonly { dispose(): void }[]): void {
  for (const one of all) one.dispose();
}

class ClusterDetectors {
  private readonly width: number;
  private readonly near: SmoothedMixture;
  private readonly wide: SmoothedMixture;
  private readonly marginals: MarginalDensities;
  private readonly halves: readonly SmoothedMixture[];
  private readonly conditionals: ConditionalDensities;

  constructor(mixture: GaussianMixture, variances: Float64Array) {
    const numbers = mixture.numbers();
    const { features: d } = numbers;
    const all = (variance: number): Float64Array => new Float64Array(d).fill(variance);
    this.width = d;
    this.marginals = new MarginalDensities(numbers, SLIGHT);
    this.near = new SmoothedMixture(numbers, { variances });
    this.wide = new SmoothedMixture(numbers, { variances: all(1) });
    this.halves = randomHalves(d).map((features) => new SmoothedMixture(numbers, { variances: all(SLIGHT), features }));
    this.conditionals = new ConditionalDensities(numbers, SLIGHT);
  }

  dispose(): void {
    disposeAll([this.near, this.wide, this.marginals, ...this.halves, this.conditionals]);
  }

  apply(rows: Float64Array): DetectorScores {
    const { width: d } = this;
    const conditionals = negated(this.conditionals.logProb(rows));
    const halves = this.halves.map((half) => half.logProb(rows, d));
    return {
      scores: [
        negated(this.near.logProb(rows, d)),
        negated(this.wide.logProb(rows, d)),
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

/** The same halves of so many features each time. */
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
