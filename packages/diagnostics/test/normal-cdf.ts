import { normalTail } from "@pushforward/ops";

/** P(Z ≤ z) of a standard normal. */
export function normalCdf(z: number): number {
  return normalTail(-z);
}
