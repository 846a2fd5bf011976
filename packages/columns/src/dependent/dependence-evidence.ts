import { type ColumnRelation, type ComparedColumn, computedNumber } from "./dependent-column.ts";

/** Evidence against chance, in nats, that a relation needs when a single one is tried. */
const LEAST_EVIDENCE = 20;
/** Evidence for a number of a relation: the logarithm of 1,000 numbers. */
const OF_NUMBER = Math.log(1000);

/** Evidence in nats required for a relation, by the number of compared columns, `size` at a time. */
export function neededEvidence(columns: number, size: number): number {
  return LEAST_EVIDENCE + size * Math.log(columns);
}

/** Evidence in nats that the choice of a scale, or of weights and a constant, needs. */
export function freedomOf(relation: ColumnRelation): number {
  const isUsual = (value: number): boolean => Math.abs(value) === 1;
  if (relation.type === "product" || relation.type === "ratio") {
    return isUsual(relation.scale ?? 1) && !("rate" in relation) ? 0 : OF_NUMBER;
  }
  if (relation.type !== "linear") return 0;
  return OF_NUMBER * (relation.weights.filter((weight) => !isUsual(weight)).length + Number(relation.plus !== 0));
}

/** For each code of a column the evidence, in nats, of a row in which it is foretold: −log of its frequency. */
export function surprises({ counts, codes }: ComparedColumn): Float64Array {
  return Float64Array.from(counts, (count) => Math.log(codes.length / count));
}

/** The golden section: its multiples, modulo 1, are spread evenly. */
const STRIDE = 0.618_033_988_749_895;

/**
 * Returns all rows in an order that spreads the first ones over the table. A wrong relation is then found early, even
 * in sorted tables.
 */
export function spreadRows(rows: number): Int32Array {
  let stride = Math.max(1, Math.round(STRIDE * rows));
  while (greatestCommonDivisor(stride, rows) > 1) stride++;
  return Int32Array.from({ length: rows }, (_, i) => (i * stride) % rows);
}

function greatestCommonDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestCommonDivisor(b, a % b);
}

/** Minimum error of a rounded number, as a share of the spacing, and of the number. */
const LEAST_ROUNDING = 0.01;
const EXACT = 1e-9;

export const NO_NUMBERS: Float64Array = new Float64Array(0);

/** `true` if a function of a column is rounded. */
export function isRounded(
  { values = NO_NUMBERS, noise, unit }: ComparedColumn,
  relation: ColumnRelation,
  { values: x = NO_NUMBERS }: ComparedColumn,
): boolean {
  const least = noise + LEAST_ROUNDING * unit;
  return values.some(
    (value, row) =>
      Math.abs(value - computedNumber(relation, [x[row] as number])) > Math.max(least, EXACT * Math.abs(value)),
  );
}
