const DAY = 86_400;
const WEEK = 7 * DAY;
/** The mean length of a year of the Gregorian calendar, in seconds. */
const YEAR = 365.2425 * DAY;
/** Share of a cycle that dates must span to tell its places apart. */
const SPANNED = 0.98;

/**
 * The cycles in which the dates of a column have a place, as seconds: the day where they differ in their time, the week where
 * they differ in their day and some are less than a week apart, and the year where they span one and some are less than half
 * a year apart. Months have no days of the week, years no seasons.
 *
 * @param values seconds since 1970 of some rows, and of others; NaN is missing.
 */
export function dateCycles(...values: readonly Float64Array[]): number[] {
  const days = new Set<number>();
  let hasTime = false;
  let time: number | undefined;
  for (const some of values) {
    for (const x of some) {
      if (Number.isNaN(x)) continue;
      const day = Math.floor(x / DAY);
      days.add(day);
      time ??= x - day * DAY;
      hasTime ||= x - day * DAY !== time;
    }
  }
  const sorted = Float64Array.from(days).sort();
  const span = ((sorted.at(-1) ?? 0) - (sorted[0] ?? 0)) * DAY;
  let gap = Number.POSITIVE_INFINITY;
  for (let i = 1; i < sorted.length; i++)
    gap = Math.min(gap, ((sorted[i] as number) - (sorted[i - 1] as number)) * DAY);
  return [
    ...(hasTime ? [DAY] : []),
    ...(gap < WEEK && span >= WEEK ? [WEEK] : []),
    ...(gap < YEAR / 2 && span >= SPANNED * YEAR ? [YEAR] : []),
  ];
}
