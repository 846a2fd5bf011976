import type { Part } from "./fit-table.ts";

/**
 * Mean negative log-density, in nats a row, of a full-covariance Gaussian fitted to some rows, on others: what a density
 * without a flow would reach. The context takes no part. `undefined` when a column is constant
 * or a linear function of others: then a density has no upper bound.
 */
export function gaussianNll(train: Part, test: Part): number | undefined {
  const [rows, d] = train.x.shape as unknown as readonly [number, number];
  const at = (part: Part, i: number, j: number): number => part.x.data[i * d + j] as number;
  for (let j = 0; j < d; j++) {
    let constant = true;
    for (let i = 1; i < rows && constant; i++) constant = at(train, i, j) === at(train, 0, j);
    if (constant) return undefined;
  }
  const mean = new Float64Array(d);
  for (let i = 0; i < rows; i++) for (let j = 0; j < d; j++) mean[j] = (mean[j] as number) + at(train, i, j) / rows;
  const l = new Float64Array(d * d);
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < d; j++) {
      for (let k = 0; k <= j; k++) {
        const product = (at(train, i, j) - (mean[j] as number)) * (at(train, i, k) - (mean[k] as number));
        l[j * d + k] = (l[j * d + k] as number) + product / rows;
      }
    }
  }
  // Cholesky in place, row by row.
  let logDet = 0;
  for (let j = 0; j < d; j++) {
    const variance = l[j * d + j] as number;
    for (let k = 0; k <= j; k++) {
      let value = l[j * d + k] as number;
      for (let m = 0; m < k; m++) value -= (l[j * d + m] as number) * (l[k * d + m] as number);
      if (k < j) l[j * d + k] = value / (l[k * d + k] as number);
      else {
        if (!(value > 1e-12 * variance)) return undefined;
        l[j * d + j] = Math.sqrt(value);
        logDet += 0.5 * Math.log(value);
      }
    }
  }
  const count = test.x.shape[0] as number;
  const z = new Float64Array(d);
  let squares = 0;
  for (let i = 0; i < count; i++) {
    for (let j = 0; j < d; j++) {
      let value = at(test, i, j) - (mean[j] as number);
      for (let m = 0; m < j; m++) value -= (l[j * d + m] as number) * (z[m] as number);
      z[j] = value / (l[j * d + j] as number);
      squares += (z[j] as number) ** 2;
    }
  }
  return 0.5 * (squares / count) + logDet + 0.5 * d * Math.log(2 * Math.PI);
}
