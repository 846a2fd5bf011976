import type { NdArray } from "@pushforward/core";
import { MultivariateStudentT } from "@pushforward/distributions";

/** Added to the variances, in standard units: columns may be constant, or depend on each other. */
const RIDGE = 1e-5;

/**
 * A multivariate Student-t whose location and scale matrix are mean and covariance of rows. With a small weight in a mixture
 * it bounds what a row far from all others costs (a defensive mixture: Hesterberg 1995,
 * https://doi.org/10.1080/00401706.1995.10484303), because its log-density falls with the logarithm of the distance and not
 * with its square.
 *
 * @param rows `[n, columns]` in standard units.
 * @param degreesOfFreedom 1 is a Cauchy, which has no mean. Default: 1.
 * @example
 * using component = defensiveComponent(ndArray([3, 1], Float64Array.of(-1, 0, 1)), 5);
 */
export function defensiveComponent({ shape, data }: NdArray, degreesOfFreedom = 1): MultivariateStudentT {
  const [rows, columns] = shape as unknown as readonly [number, number];
  const location = new Float64Array(columns);
  for (let i = 0; i < data.length; i++) {
    location[i % columns] = (location[i % columns] as number) + (data[i] as number) / rows;
  }
  const matrix = Array.from({ length: columns }, () => new Float64Array(columns));
  const centered = new Float64Array(columns);
  for (let row = 0; row < data.length; row += columns) {
    for (let i = 0; i < columns; i++) {
      const difference = (data[row + i] as number) - (location[i] as number);
      centered[i] = difference;
      const line = matrix[i] as Float64Array;
      for (let j = 0; j <= i; j++) line[j] = (line[j] as number) + (difference * (centered[j] as number)) / rows;
    }
  }
  for (const [i, line] of matrix.entries()) {
    line[i] = (line[i] as number) + RIDGE;
    for (let j = i + 1; j < columns; j++) line[j] = (matrix[j] as Float64Array)[i] as number;
  }
  return new MultivariateStudentT({ degreesOfFreedom, location, scaleMatrix: matrix });
}
