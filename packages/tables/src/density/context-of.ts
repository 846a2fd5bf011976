import type { CodedColumn } from "./coding/cell-coding.ts";

/** The contexts of some rows: the codes of the parents, then the features of those that have any. */
export function contextOf(
  parents: readonly number[],
  coded: readonly CodedColumn[],
  from: number,
  to: number,
): Float32Array {
  const read = parents.map((k) => coded[k] as CodedColumn);
  const width = read.reduce((sum, { featureCount }) => sum + featureCount, read.length);
  const context = new Float32Array((to - from) * width);
  for (let i = from, at = 0; i < to; i++) {
    for (const { codes } of read) context[at++] = codes[i] as number;
    for (const { features, featureCount } of read) {
      for (let j = i * featureCount; j < (i + 1) * featureCount; j++) context[at++] = features[j] as number;
    }
  }
  return context;
}
