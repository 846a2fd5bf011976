/** `1/(1 + e⁻ˣ)`, the derivative of softplus. */
export function sigmoid(x: number): number {
  return 1 / (1 + Math.exp(-x));
}
