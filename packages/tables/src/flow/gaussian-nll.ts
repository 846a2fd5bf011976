import type { ConditionalDistribution, Distribution, NdArray } from "@pushforward/core";
import { logProbRows } from "@pushforward/flows";
import type { TableRows } from "./table-rows.ts";

/** A pivot below this fraction of the variance of its column is that of a column that others determine. */
const SINGULAR = 1e-12;

/**
 * Baseline: the mean negative log-likelihood, in nats per row, of a full-covariance Gaussian that is fitted to training
 * rows, on other rows. The context is ignored. Undefined when a column is constant or a linear function of others: the
 * density then has no upper bound.
 */
export function gaussianNll({ x: train }: Pick<TableRows, "x">, { x: test }: Pick<TableRows, "x">): number | undefined {
  const d = train.shape[1] as number;
  if (hasConstantColumn(train)) return undefined;
  const mean = columnMeans(train);
  const factor = covariance(train, mean);
  const logDet = choleskyInPlace(factor, d);
  if (logDet === undefined) return undefined;
  const count = test.shape[0] as number;
  const z = new Float64Array(d);
  let squares = 0;
  for (let i = 0; i < count; i++) {
    for (let j = 0; j < d; j++) {
      let value = (test.data[i * d + j] as number) - (mean[j] as number);
      for (let m = 0; m < j; m++) value -= (factor[j * d + m] as number) * (z[m] as number);
      z[j] = value / (factor[j * d + j] as number);
      squares += (z[j] as number) ** 2;
    }
  }
  return 0.5 * (squares / count) + logDet + 0.5 * d * Math.log(2 * Math.PI);
}

function hasConstantColumn({ shape, data }: NdArray): boolean {
  const [rows = 0, d = 0] = shape;
  for (let j = 0; j < d; j++) {
    let constant = true;
    for (let i = 1; i < rows && constant; i++) constant = data[i * d + j] === data[j];
    if (constant) return true;
  }
  return false;
}

function columnMeans({ shape, data }: NdArray): Float64Array {
  const [rows = 0, d = 0] = shape;
  const mean = new Float64Array(d);
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < d; j++) mean[j] = (mean[j] as number) + (data[i * d + j] as number) / rows;
  }
  return mean;
}

/** The lower triangle, divided by n. */
function covariance({ shape, data }: NdArray, mean: Float64Array): Float64Array {
  const [rows = 0, d = 0] = shape;
  const sums = new Float64Array(d * d);
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < d; j++) {
      for (let k = 0; k <= j; k++) {
        const ofJ = (data[i * d + j] as number) - (mean[j] as number);
        const ofK = (data[i * d + k] as number) - (mean[k] as number);
        sums[j * d + k] = (sums[j * d + k] as number) + (ofJ * ofK) / rows;
      }
    }
  }
  return sums;
}

/** Replaces a covariance by its Cholesky factor and returns ln det of the factor; undefined when it is singular. */
function choleskyInPlace(l: Float64Array, d: number): number | undefined {
  let logDet = 0;
  for (let j = 0; j < d; j++) {
    const variance = l[j * d + j] as number;
    for (let k = 0; k <= j; k++) {
      let value = l[j * d + k] as number;
      for (let m = 0; m < k; m++) value -= (l[j * d + m] as number) * (l[k * d + m] as number);
      if (k < j) l[j * d + k] = value / (l[k * d + k] as number);
      else {
        if (!(value > SINGULAR * variance)) return undefined;
        l[j * d + j] = Math.sqrt(value);
        logDet += 0.5 * Math.log(value);
      }
    }
  }
  return logDet;
}

/** Mean negative log-likelihood of rows, in nats per row, in the units of the table. */
export function meanNll(model: Distribution | ConditionalDistribution, { x, context }: TableRows): number {
  const values = logProbRows(model, x, context);
  let sum = 0;
  for (const value of values) sum -= value;
  return sum / values.length;
}
