/** A distribution function by its knots. */
interface Knots {
  readonly knots: readonly number[];
  readonly cumulative: readonly number[];
}

/**
 * A distribution function on a grid without the mass of some values, which have codes of their own: over their cells it stays
 * level, and elsewhere it rises in the same proportions to 1. Otherwise the probabilities of the values that are left would
 * not have the sum 1.
 *
 * @param values on the grid, rising.
 */
export function withoutValues({ knots, cumulative }: Knots, values: readonly number[], step: number): Knots {
  const [low, high] = [knots[0] as number, knots.at(-1) as number];
  const inside = values.filter((x) => x > low && x < high);
  if (inside.length === 0) return { knots, cumulative };
  // Neighbors on the grid share an end, up to rounding.
  const near = step * 1e-6;
  const ends = inside.flatMap((x) => [x - step / 2, x + step / 2]);
  const all = Float64Array.from([...knots, ...ends.filter((x) => x > low && x < high)]).sort();
  const merged = Array.from(all).filter((x, i) => i === 0 || x - (all[i - 1] as number) > near);
  merged[merged.length - 1] = high;
  const left = [0];
  let [k, at] = [1, 0];
  for (let i = 1; i < merged.length; i++) {
    const [from, to] = [merged[i - 1] as number, merged[i] as number];
    const middle = (from + to) / 2;
    while (k < knots.length - 1 && (knots[k] as number) < middle) k++;
    while (at < inside.length && (inside[at] as number) + step / 2 < middle) at++;
    const isTaken = at < inside.length && Math.abs((inside[at] as number) - middle) < step / 2;
    const slope =
      ((cumulative[k] as number) - (cumulative[k - 1] as number)) / ((knots[k] as number) - (knots[k - 1] as number));
    left.push((left[i - 1] as number) + (isTaken ? 0 : slope * (to - from)));
  }
  const total = left.at(-1) as number;
  const scaled = left.map((mass) => mass / total);
  scaled[scaled.length - 1] = 1;
  return { knots: merged, cumulative: scaled };
}
