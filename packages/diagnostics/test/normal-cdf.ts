import { normalTail } from "@pushforward/p-values";

/** P(Z ≤ z) of a standard normal. */
export function normalCdf(z: number): number {
  return normalTail(-z);
}
