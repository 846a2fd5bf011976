/** The total variation distance of the frequencies of two lists of codes, from 0 to 1. */
export function totalVariation(first: ArrayLike<number>, second: ArrayLike<number>): number {
  const differences = new Map<number, number>();
  addShares(differences, first, 1);
  addShares(differences, second, -1);
  let sum = 0;
  for (const difference of differences.values()) sum += Math.abs(difference);
  return sum / 2;
}

function addShares(differences: Map<number, number>, codes: ArrayLike<number>, sign: number): void {
  const counts = new Map<number, number>();
  for (let i = 0; i < codes.length; i++) {
    const code = codes[i] as number;
    counts.set(code, (counts.get(code) ?? 0) + 1);
  }
  for (const [code, count] of counts) {
    differences.set(code, (differences.get(code) ?? 0) + (sign * count) / codes.length);
  }
}
