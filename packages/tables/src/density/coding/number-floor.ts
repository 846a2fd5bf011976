import { isInDomain, type NumberDomain } from "@pushforward/columns/extend";
import { isOnGrid } from "@pushforward/datasets/extend";

/** What a {@link numberFloor} is made from. */
export interface NumberFloorOptions {
  /** A value of the column, on its grid if it has one. */
  readonly center: number;
  readonly scale: number;
  /** Spacing of the values; 0 for real numbers. */
  readonly step: number;
  readonly domain: NumberDomain | undefined;
}

/** Beyond so many scales t² would overflow, and a cell is as wide as nothing. */
const FAR = 1e100;

/**
 * The log-density of a wide distribution over all numbers that a column can have, or its log-mass for numbers on a grid: a
 * Cauchy distribution on the line, its upper part on a half-line, and a uniform one on an interval or circle. −∞ outside, and
 * off the grid.
 */
export function numberFloor(options: NumberFloorOptions): (x: number) => number {
  const wide = wideDensity(options);
  const { center, step } = options;
  return step === 0 ? wide : (x) => (isOnGrid(x, center, step) ? wide(x) : Number.NEGATIVE_INFINITY);
}

function wideDensity({ center, scale, step, domain }: NumberFloorOptions): (x: number) => number {
  const cauchy = (x: number): number => logCauchy((x - center) / scale, step / (2 * scale), step === 0 ? scale : 0);
  if (domain === undefined) return cauchy;
  const { low, high } = domain;
  if (high !== undefined) {
    const logUniform = -Math.log(step === 0 ? high - low : gridPoints(domain, center, step));
    return (x) => (isInDomain(x, domain) ? logUniform : Number.NEGATIVE_INFINITY);
  }
  // A cell of a grid begins half a step before its value.
  const start = step === 0 ? low : center - step * Math.floor((center - low) / step + 1e-9) - step / 2;
  const logAbove = Math.log(0.5 - Math.atan((start - center) / scale) / Math.PI);
  return (x) => (isInDomain(x, domain) ? cauchy(x) - logAbove : Number.NEGATIVE_INFINITY);
}

/** Number of the points of a grid, which a value fixes, in a bounded domain. */
function gridPoints({ low, high = low, isCircular }: NumberDomain, value: number, step: number): number {
  const below = Math.floor((value - low) / step + 1e-9);
  const above = (high - value) / step;
  return below + 1 + (isCircular ? Math.ceil(above - 1e-9) - 1 : Math.floor(above + 1e-9));
}

/** The log-density at t, over a scale, of a Cauchy distribution; without a scale the log-mass of `t ± half`. */
function logCauchy(t: number, half: number, scale: number): number {
  const logSquare = Math.abs(t) > FAR ? 2 * Math.log(Math.abs(t)) : Math.log1p(t * t);
  if (scale > 0) return -Math.log(Math.PI * scale) - logSquare;
  if (Math.abs(t) > FAR) return Math.log((2 * half) / Math.PI) - logSquare;
  // atan b − atan a of the ends of the cell, which loses nothing far away.
  const product = 1 + (t - half) * (t + half);
  const angle = product > 0 ? Math.atan((2 * half) / product) : Math.atan(t + half) - Math.atan(t - half);
  return Math.log(angle / Math.PI);
}
