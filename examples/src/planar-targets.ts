import { blobs, correlatedGaussian, type ToyDataset } from "pushforward";

/**
 * The Gaussian of the notebooks. Their matrix, [[.5, .5], [.3, .3]], is not a covariance, because it is not symmetric.
 * The torch version at that time used its lower triangle without a warning. Current versions refuse it.
 */
export const tiltedGaussian = (mean: readonly [number, number]): ToyDataset =>
  correlatedGaussian({
    mean,
    covariance: [
      [0.5, 0.3],
      [0.3, 0.3],
    ],
  });

/** The three blobs of the first notebook, with their entropy (summed over a grid of steps of 0.02). */
export const wideBlobs: ToyDataset = {
  ...blobs({
    centers: [
      [-3, -3],
      [2, 2],
      [7, -6],
    ],
  }),
  entropy: 3.9360916,
};

/** Variances of the blobs: 1 plus the variances of the centers. The covariance is −5. */
const blobVariances = [1 + 50 / 3, 1 + 98 / 9] as const;

/**
 * The lowest mean of −log q of any Gaussian q with these variances and independent columns, `Σ ½ ln(2πe σᵢ²)`: the best
 * loss for an elementwise map of a standard normal. A matrix of positive numbers can only make positive correlations,
 * so it does no better if the true correlation is negative.
 */
const independentLimit = (variances: readonly number[]): number =>
  variances.reduce((sum, variance) => sum + 0.5 * Math.log(2 * Math.PI * Math.E * variance), 0);

/** Of an elementwise map for the Gaussian. */
export const tiltedLimit: number = independentLimit([0.5, 0.3]);
/** Of an elementwise map and of a positive matrix for the blobs. */
export const blobsLimit: number = independentLimit(blobVariances);
