import type { ComparedColumn } from "./compared-column.ts";

/** Rounding of float64, as a share of the numbers. */
const SLACK = 1e-12;

/** What a sum is checked with. */
export interface SumCheck {
  readonly rows: Int32Array;
  /** Evidence of a row in which a code of the result is foretold. */
  readonly surprise: Float64Array;
}

/**
 * Evidence in nats that a column is another plus `sign` times a third, rounded to its decimals; 0 where a row contradicts.
 * Rows in which one of the terms is 0 tell nothing, as the result is only a copy there.
 */
export function sumEvidence(
  [a, b]: readonly [ComparedColumn, ComparedColumn],
  sign: 1 | -1,
  to: ComparedColumn,
  { rows, surprise }: SumCheck,
): number {
  const { values: x } = a;
  const { values: y } = b;
  const { values: z, codes, unit } = to;
  if (x === undefined || y === undefined || z === undefined) return 0;
  const half = 0.5 * unit * (1 + 1e-9);
  let evidence = 0;
  for (let i = 0; i < rows.length; i++) {
    const row = rows[i] as number;
    const first = x[row] as number;
    const second = y[row] as number;
    const result = z[row] as number;
    const sum = first + sign * second;
    const slack = SLACK * (Math.abs(first) + Math.abs(second));
    if (Math.abs(sum - result) <= half + slack) {
      if (first !== 0 && second !== 0) evidence += surprise[codes[row] as number] as number;
    } else if (!(Number.isNaN(sum) && Number.isNaN(result))) return 0;
  }
  return evidence;
}
