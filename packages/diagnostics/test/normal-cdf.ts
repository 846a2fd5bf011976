import { normalTail } from "../src/normal-tail.ts";

/** P(Z ≤ z) of a standard normal. */
export function normalCdf(z: number): number {
  return normalTail(-z);
}
