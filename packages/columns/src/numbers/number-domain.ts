/** The numbers that a column can have: those from a lower bound on, those between two bounds, or those of one period. */
export interface NumberDomain {
  readonly low: number;
  /** Default: no upper bound. */
  readonly high?: number;
  /** Whether `high` is `low` again, as with angles: the numbers are those of [low, high). */
  readonly isCircular?: boolean;
}

/** Whether a number lies in a domain; without one, all do. */
export function isInDomain(x: number, domain: NumberDomain | undefined): boolean {
  if (domain === undefined) return true;
  const { low, high = Number.POSITIVE_INFINITY, isCircular = false } = domain;
  return x >= low && (isCircular ? x < high : x <= high);
}

/** A drawn number in its domain: what rounding has moved beyond an end is that end, and of a circle its beginning. */
export function intoDomain(x: number, domain: NumberDomain | undefined): number {
  if (domain === undefined || isInDomain(x, domain)) return x;
  const { low, high = x, isCircular } = domain;
  return x < low || isCircular ? low : high;
}

/** The numbers of a domain in words, for messages. */
export function domainWords({ low, high, isCircular }: NumberDomain): string {
  if (high === undefined) return `a number of at least ${low}`;
  return isCircular ? `a number in [${low}, ${high})` : `a number from ${low} to ${high}`;
}

/**
 * A number modulo the period of a circular domain. A number that the file writes with few decimals keeps them: 361.3 is 1.3
 * modulo 360, not 1.3000000000000114.
 *
 * @param decimals most digits after the decimal mark of the column.
 */
export function wrapNumber(
  x: number,
  { low, high = Number.POSITIVE_INFINITY }: NumberDomain,
  decimals?: number,
): number {
  if (!Number.isFinite(x) || (x >= low && x < high)) return x;
  const period = high - low;
  const raw = x - period * Math.floor((x - low) / period);
  const scale = 10 ** (decimals ?? 0);
  const isOnGrid = decimals !== undefined && Number.isInteger(period * scale) && Number.isInteger(low * scale);
  const wrapped = isOnGrid ? Number(raw.toFixed(decimals)) : raw;
  return wrapped >= low && wrapped < high ? wrapped : low;
}

/** A number rounded to some decimals without leaving its domain, as a file writes it. */
export function roundInDomain(x: number, domain: NumberDomain, decimals: number): number {
  const rounded = Number(x.toFixed(decimals));
  if (isInDomain(rounded, domain)) return rounded;
  // Beyond the end of a period comes its beginning.
  if (domain.isCircular && rounded >= (domain.high ?? Number.POSITIVE_INFINITY)) return domain.low;
  const inward = Number((rounded + (rounded < domain.low ? 1 : -1) * 10 ** -decimals).toFixed(decimals));
  return isInDomain(inward, domain) ? inward : x;
}
