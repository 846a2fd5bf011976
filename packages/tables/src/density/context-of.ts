import type { CodedColumn } from "./coding/cell-coding.ts";

/**
 * The contexts of some rows: the codes of the parents, then the features of those that have any.
 *
 * @param allocate gives zeros to write to. Default: an array of its own.
 */
export function contextOf(
  parents: readonly number[],
  coded: readonly CodedColumn[],
  from: number,
  to: number,
  allocate: (length: number) => Float32Array = (length) => new Float32Array(length),
): Float32Array {
  const read = parents.map((k) => coded[k] as CodedColumn);
  const width = read.reduce((sum, { featureCount }) => sum + featureCount, read.length);
  const context = allocate((to - from) * width);
  for (let i = from, at = 0; i < to; i++) {
    for (const { codes } of read) context[at++] = codes[i] as number;
    for (const { features, featureCount } of read) {
      for (let j = i * featureCount; j < (i + 1) * featureCount; j++) context[at++] = features[j] as number;
    }
  }
  return context;
}
