import { Violation } from "../law/comparison.ts";
import { firstDifference } from "./first-difference.ts";
import { formatRow } from "./format-row.ts";
import type { TableLike } from "./table-like.ts";

/** Requires two tables to have the same cells. */
export function requireSameRows(got: TableLike, expected: TableLike, what: string): void {
  const row = firstDifference(got, expected);
  if (row === undefined) return;
  throw new Violation(`${what}, ${formatRow(expected, row)}`, formatRow(got, row), `row ${row}`);
}
