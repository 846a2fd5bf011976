import { type CodedColumn, FEATURES } from "./cell-coding.ts";

/** The contexts of some rows: the codes of the parents, then the features of those that have any. */
export function contextOf(
  parents: readonly number[],
  coded: readonly CodedColumn[],
  from: number,
  to: number,
): Float32Array {
  const read = parents.map((k) => coded[k] as CodedColumn);
  const featured = read.flatMap(({ features }) => (features === undefined ? [] : [features]));
  const width = read.length + featured.length * FEATURES;
  const context = new Float32Array((to - from) * width);
  for (let i = from, at = 0; i < to; i++) {
    for (const { codes } of read) context[at++] = codes[i] as number;
    for (const source of featured) {
      for (let j = i * FEATURES; j < (i + 1) * FEATURES; j++) context[at++] = source[j] as number;
    }
  }
  return context;
}
