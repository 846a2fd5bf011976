import { chiSquaredTail } from "./chi-squared-tail.ts";

/** P(Z > z) of a standard normal. */
export function normalTail(z: number): number {
  const beyond = chiSquaredTail(z * z, 1) / 2;
  return z > 0 ? beyond : 1 - beyond;
}
