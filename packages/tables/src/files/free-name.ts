/**
 * A name for a new column of a table: the wished one, or with the first number that makes it different from all others.
 *
 * @example
 * freeName("log_density", ["age", "log_density"]); // → "log_density_2"
 */
export function freeName(wish: string, taken: readonly string[]): string {
  const names = new Set(taken);
  if (!names.has(wish)) return wish;
  for (let i = 2; ; i++) if (!names.has(`${wish}_${i}`)) return `${wish}_${i}`;
}
