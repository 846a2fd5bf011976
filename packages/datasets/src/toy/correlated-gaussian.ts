import { DomainError } from "@pushforward/core";
import { checkOptions } from "@pushforward/core/extend";
import { defineToyDataset, drawPoints, type ToyDataset } from "./toy-dataset.ts";

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
