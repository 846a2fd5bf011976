/** A term that is so many nats below the largest is lost when float64 adds them: e⁻⁴⁰ is below 2⁻⁵³. */
const NOTHING = 40;

/** The logarithm of a sum of exponentials of some terms, which begin at a place. */
export function logSum(terms: Float64Array, from: number = 0, count: number = terms.length): number {
  let most = Number.NEGATIVE_INFINITY;
  for (let i = from; i < from + count; i++) if ((terms[i] as number) > most) most = terms[i] as number;
  if (most === Number.NEGATIVE_INFINITY) return most;
  let sum = 0;
  for (let i = from; i < from + count; i++) {
    const below = (terms[i] as number) - most;
    if (below > -NOTHING) sum += Math.exp(below);
  }
  return most + Math.log(sum);
}
