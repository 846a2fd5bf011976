/** `log(1 + eˣ)`, without overflow, and precise far below 0. */
export function scalarSoftplus(x: number): number {
  return x > 0 ? x + Math.log1p(Math.exp(-x)) : Math.log1p(Math.exp(x));
}
