import type { ComparedColumn } from "./compared-column.ts";

/** Evidence against chance, in nats, that a relation needs when a single one is tried. */
const LEAST_EVIDENCE = 20;

/** Evidence in nats that a relation needs where so many columns are compared, `size` of them at a time. */
export function neededEvidence(columns: number, size: number): number {
  return LEAST_EVIDENCE + size * Math.log(columns);
}

/** For each code of a column the evidence, in nats, of a row in which it is foretold: −log of its frequency. */
export function surprises({ counts, codes }: ComparedColumn): Float64Array {
  return Float64Array.from(counts, (count) => Math.log(codes.length / count));
}
