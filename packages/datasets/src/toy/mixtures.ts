import { DomainError } from "@pushforward/core";
import { checkOptions } from "@pushforward/core/extend";
import { defineToyDataset, drawPoints, mixtureSet, type ToyDataset } from "./toy-dataset.ts";

/** Options of {@link blobs}. */
export interface BlobsOptions {
  /** Centers of the blobs. Default: (2, 4), (8, 10) and (10, 4). */
  readonly centers?: readonly (readonly [number, number])[];
  /** Standard deviation of each blob. Default: 1. */
  readonly scale?: number;
}

/**
 * Round normals around centers, all equally likely.
 *
 * @example
 * blobs({ centers: [[-3, -3], [2, 2], [7, -6]] }).sample(createKey(1), 300);
 */
export function blobs(options: BlobsOptions = {}): ToyDataset {
  checkOptions("blobs", options, { centers: true, scale: true });
  const { centers = DEFAULT_CENTERS, scale = 1 } = options;
  const known = options.centers === undefined && scale === 1;
  return mixtureSet({ name: "blobs", centers, scale, ...(known && { entropy: 3.9349087 }) });
}

const DEFAULT_CENTERS: readonly (readonly [number, number])[] = [
  [2, 4],
  [8, 10],
  [10, 4],
];

// As in the original, which rounds √2.
// biome-ignore lint/suspicious/noApproximativeNumericConstant: the rounded number is the one that defines the set.
const SHRINK = 1.414;

/** Eight normals of sd 0.5 / 1.414 on a circle of radius 4 / 1.414. */
export function eightGaussians(): ToyDataset {
  const centers = Array.from({ length: 8 }, (_, k): [number, number] => {
    const angle = (k * Math.PI) / 4;
    return [(4 * Math.cos(angle)) / SHRINK, (4 * Math.sin(angle)) / SHRINK];
  });
  return mixtureSet({ name: "8gaussians", centers, scale: 0.5 / SHRINK, entropy: 2.8318804 });
}

/** Uniform on eight squares of side 2, the dark squares of a board over [−4, 4]². */
export function checkerboard(): ToyDataset {
  return defineToyDataset({
    name: "checkerboard",
    bounds: [-4.5, 4.5, -4.5, 4.5],
    entropy: Math.log(32),
    draw: (key, count) =>
      drawPoints(key, count, 3, 0, ([ux, uy, row]) => {
        const column = 4 * (ux as number) - 2;
        const low = (row as number) < 0.5 ? 0 : -2;
        return [2 * column, 2 * ((uy as number) + low + parity(column))];
      }),
    density: () => (x, y) => {
      const column = x / 2;
      if (column < -2 || column >= 2) return Number.NEGATIVE_INFINITY;
      const height = y / 2 - parity(column);
      const inside = (height >= 0 && height < 1) || (height >= -2 && height < -1);
      return inside ? -Math.log(32) : Number.NEGATIVE_INFINITY;
    },
  });
}

function parity(column: number): number {
  return Math.abs(Math.floor(column) % 2);
}

/** Options of {@link correlatedGaussian}. */
export interface CorrelatedGaussianOptions {
  /** Default: the origin. */
  readonly mean?: readonly [number, number];
  /** Symmetric and positive definite. Default: the identity. */
  readonly covariance?: readonly [readonly [number, number], readonly [number, number]];
}

/**
 * One normal with any covariance.
 *
 * @throws {DomainError} the covariance is not symmetric or not positive definite.
 * @example
 * correlatedGaussian({ mean: [2, 9], covariance: [[0.5, 0.3], [0.3, 0.3]] }).entropy; // → 1.4312
 */
export function correlatedGaussian(options: CorrelatedGaussianOptions = {}): ToyDataset {
  checkOptions("correlatedGaussian", options, { mean: true, covariance: true });
  const [mx, my] = options.mean ?? [0, 0];
  const [[xx, xy], [yx, yy]] = options.covariance ?? [
    [1, 0],
    [0, 1],
  ];
  const determinant = xx * yy - xy * yx;
  if (xy !== yx || !(xx > 0 && determinant > 0)) {
    throw new DomainError(
      `correlatedGaussian: expected a symmetric, positive definite covariance, got [[${xx}, ${xy}], [${yx}, ${yy}]].`,
    );
  }
  // The Cholesky factor [[a, 0], [b, c]].
  const a = Math.sqrt(xx);
  const b = xy / a;
  const c = Math.sqrt(determinant / xx);
  const halfLogDeterminant = 0.5 * Math.log(determinant);
  return defineToyDataset({
    name: "gaussian",
    bounds: [mx - 4 * a, mx + 4 * a, my - 4 * Math.sqrt(yy), my + 4 * Math.sqrt(yy)],
    entropy: 1 + Math.log(2 * Math.PI) + halfLogDeterminant,
    draw: (key, count) =>
      drawPoints(key, count, 0, 2, (_, [zx, zy]) => {
        const first = zx as number;
        return [mx + a * first, my + b * first + c * (zy as number)];
      }),
    density: () => (x, y) => {
      const first = (x - mx) / a;
      const second = (y - my - b * first) / c;
      return -0.5 * (first * first + second * second) - Math.log(2 * Math.PI) - halfLogDeterminant;
    },
  });
}
