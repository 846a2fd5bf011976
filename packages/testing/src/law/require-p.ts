import { formatNumber, Violation } from "./comparison.ts";

/** Smallest p-value of the statistical laws, shared out over the members of a batch (Bonferroni). Keys are fixed. */
const SMALLEST_P = 1e-3;

export function requireP(pValue: number, tests: number, got: string): void {
  const smallest = SMALLEST_P / tests;
  if (!(pValue >= smallest)) {
    throw new Violation(`a p-value of at least ${formatNumber(smallest)}`, `${formatNumber(pValue)} (${got})`);
  }
}
