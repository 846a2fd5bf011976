/** Possible numbers of a column: from a lower bound on, between two bounds, or within one period. */
export interface NumberDomain {
  readonly low: number;
  /** Default: no upper bound. */
  readonly high?: number;
  /** True if `high` is the same point as `low`, as with angles: the range is [low, high). */
  readonly isCircular?: boolean;
}

/** Returns `true` if a number lies in a domain. Without a domain, all numbers do. */
export function isInDomain(x: number, domain: NumberDomain | undefined): boolean {
  if (domain === undefined) return true;
  const { low, high = Number.POSITIVE_INFINITY, isCircular = false } = domain;
  return x >= low && (isCircular ? x < high : x <= high);
}

/**
 * Moves a drawn number into its domain. If rounding moved it beyond a bound, the result is that bound. On a circle the
 * result is the lower bound.
 */
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
 * Reduces a number modulo the period of a circular domain. A number written with few decimals keeps its decimals: 361.3
 * is
 * 1.3 modulo 360, not 1.3000000000000114.
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
