import type { ParameterValues } from "@pushforward/core/extend";
import type { MixtureLayout } from "./mixture-layout.ts";
import type { NormalParameters } from "./normal-rows.ts";

/** Normalizes parameters: weights over the components, tables over the codes of a column, covariances from their factors. */
export function normalParameters(
  { columns, size, codes }: MixtureLayout,
  count: number,
  [weights, means, factors, noise, tables]: readonly ParameterValues[],
): NormalParameters {
  const logTables = Float64Array.from(tables as ParameterValues);
  for (const { tableFrom, tableCodes } of columns) {
    for (let k = 0; k < count; k++) normalize(logTables, tableFrom * count + k, count, tableCodes);
  }
  const logWeights = Float64Array.from(weights as ParameterValues);
  normalize(logWeights, 0, 1, count);
  return {
    ...{ count, size, logWeights, logTables: logTables.subarray(0, codes * count) },
    means: Float64Array.from(means as ParameterValues),
    covariances: covariancesOf(factors as ParameterValues, count, size),
    noise: Float64Array.from(noise as ParameterValues, (variance) => Math.max(variance, 0)),
  };
}

/** Subtracts the logarithm of the sum of exponentials, of numbers with a stride. */
function normalize(values: Float64Array, from: number, stride: number, count: number): void {
  let highest = Number.NEGATIVE_INFINITY;
  for (let i = 0; i < count; i++) highest = Math.max(highest, values[from + i * stride] as number);
  let sum = 0;
  for (let i = 0; i < count; i++) sum += Math.exp((values[from + i * stride] as number) - highest);
  const shift = highest + Math.log(sum);
  for (let i = 0; i < count; i++) values[from + i * stride] = (values[from + i * stride] as number) - shift;
}

/** `L Lᵀ` of each component. */
function covariancesOf(factors: ParameterValues, count: number, size: number): Float64Array {
  const covariances = new Float64Array(count * size * size);
  for (let k = 0; k < count; k++) {
    const from = k * size * size;
    for (let i = 0; i < size; i++) {
      for (let j = 0; j <= i; j++) {
        let sum = 0;
        for (let t = 0; t <= j; t++) {
          sum += (factors[from + i * size + t] as number) * (factors[from + j * size + t] as number);
        }
        covariances[from + i * size + j] = sum;
        covariances[from + j * size + i] = sum;
      }
    }
  }
  return covariances;
}
