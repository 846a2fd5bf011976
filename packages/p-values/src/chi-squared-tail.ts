import { regularizedGamma } from "@pushforward/ops";

/** P(X > x) of a χ² distribution with `degrees` degrees of freedom, the regularized upper incomplete gamma function. */
export function chiSquaredTail(x: number, degrees: number): number {
  if (!(x > 0)) return Number.isNaN(x) ? 0 : 1;
  return regularizedGamma(degrees / 2, x / 2).upper;
}
