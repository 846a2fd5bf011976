import { type Key, type NdArray, ndArray } from "@pushforward/core";

/** The columns in which every number is an integer. */
export function integerColumns({ shape, data }: NdArray): number[] {
  const columns = shape[1] as number;
  const isInteger = Array<boolean>(columns).fill(true);
  for (let i = 0; i < data.length; i++) {
    if (!Number.isInteger(data[i])) isInteger[i % columns] = false;
  }
  return isInteger.flatMap((yes, j) => (yes ? [j] : []));
}

/**
 * Adds uniform noise from −½ to ½ to some columns (uniform dequantisation, Uria et al. 2013, arXiv:1306.0186): an integer
 * has no density, and a flow would put all of it into ever narrower spikes. The density of the result integrates over
 * k ± ½ to the probability of k.
 */
export function dequantise({ shape, data }: NdArray, columns: readonly number[], key: Key): NdArray {
  const width = shape[1] as number;
  const rows = shape[0] as number;
  const result = Float64Array.from(data);
  for (const j of columns) {
    const noise = key.fold(j).uniform(rows);
    for (let i = 0; i < rows; i++) {
      const at = i * width + j;
      result[at] = (result[at] as number) + (noise[i] as number) - 0.5;
    }
  }
  return ndArray(shape, result);
}
