/**
 * The area under the ROC curve: the probability that a score of the second group is above one of the first, ties counted
 * half (Hanley and McNeil 1982). NaN where a group is empty.
 *
 * @example
 * areaUnderCurve([0.1, 0.4], [0.3, 0.9]); // → 0.75
 */
export function areaUnderCurve(first: ArrayLike<number>, second: ArrayLike<number>): number {
  const a = Float64Array.from(first).sort();
  const b = Float64Array.from(second).sort();
  let [below, equal, wins] = [0, 0, 0];
  for (const value of b) {
    while (below < a.length && (a[below] as number) < value) below++;
    equal = Math.max(equal, below);
    while (equal < a.length && (a[equal] as number) === value) equal++;
    wins += below + (equal - below) / 2;
  }
  return wins / (a.length * b.length);
}
