import {
  type ConditionalDistribution,
  columnStatistics,
  type Distribution,
  logProbRows,
  type NdArray,
  type Standardization,
} from "pushforward";

/**
 * The mean of −log q over the true density, in nats: the entropy plus the mean of log p − log q over fresh rows, which
 * varies much less from draw to draw than the mean of −log q.
 *
 * @param logDensity log p of each row.
 */
export function freshNll(
  model: Distribution | ConditionalDistribution,
  rows: { readonly x: NdArray; readonly context?: NdArray },
  logDensity: ArrayLike<number>,
  entropy: number,
): number {
  const learned = logProbRows(model, rows.x, rows.context);
  return entropy + learned.reduce((sum, value, i) => sum + ((logDensity[i] as number) - value) / learned.length, 0);
}

/** Means and standard deviations with n − 1, like `torch.std`. */
export function torchStandardization(data: NdArray): Standardization {
  const { mean, sd } = columnStatistics(data);
  const n = data.shape[0] as number;
  return { mean, sd: sd.map((value) => value * Math.sqrt(n / (n - 1))) };
}

/** One column of a table. */
export function columnOf({ shape, data }: NdArray, column: number): Float64Array {
  const [rows, columns] = shape as [number, number];
  return Float64Array.from({ length: rows }, (_, i) => data[i * columns + column] as number);
}

/**
 * Processor time of a fit, which does not depend on the load of the machine. Wall time if the platform has no processor
 * time.
 */
export function processorSeconds({
  cpuSeconds,
  seconds,
}: {
  readonly cpuSeconds?: number | undefined;
  readonly seconds: number;
}): number {
  return cpuSeconds ?? seconds;
}
