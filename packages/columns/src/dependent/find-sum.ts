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
  const holds = (row: number): boolean => {
    const sum = (x[row] as number) + sign * (y[row] as number);
    const result = z[row] as number;
    const slack = SLACK * (Math.abs(x[row] as number) + Math.abs(y[row] as number));
    return Math.abs(sum - result) <= half + slack || (Number.isNaN(sum) && Number.isNaN(result));
  };
  // Where most numbers are 0, most rows hold for any columns.
  for (const { telling } of [a, b, to]) if (telling >= 0 && !holds(telling)) return 0;
  let evidence = 0;
  for (let i = 0; i < rows.length; i++) {
    const row = rows[i] as number;
    if (!holds(row)) return 0;
    if (x[row] !== 0 && y[row] !== 0 && !Number.isNaN(z[row])) evidence += surprise[codes[row] as number] as number;
  }
  return evidence;
}
