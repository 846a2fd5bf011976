import { blobs, correlatedGaussian, type ToyDataset } from "pushforward";

/**
 * The Gaussian of the notebooks. Their covariance, [[.5, .5], [.3, .3]], is none, because it is not symmetric; the torch of
 * then used its lower triangle without a word, and that of now refuses it.
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

/** Their variances, 1 and that of the centers; the covariance is −5. */
const blobVariances = [1 + 50 / 3, 1 + 98 / 9] as const;

/**
 * The lowest mean of −log q of any Gaussian q with these variances whose columns are independent, `Σ ½ ln(2πe σᵢ²)`: what
 * an elementwise map of a standard normal can reach. A matrix of positive numbers can make positive correlations only,
 * and so does no better where the true one is negative.
 */
const independentLimit = (variances: readonly number[]): number =>
  variances.reduce((sum, variance) => sum + 0.5 * Math.log(2 * Math.PI * Math.E * variance), 0);

/** Of an elementwise map for the Gaussian. */
export const tiltedLimit: number = independentLimit([0.5, 0.3]);
/** Of an elementwise map and of a positive matrix for the blobs. */
export const blobsLimit: number = independentLimit(blobVariances);
