import { normalTail } from "@pushforward/ops";

const HALF_LOG_TWO_PI = 0.5 * Math.log(2 * Math.PI);
/** Widths up to which a mass is that of the tangent at the middle, which loses nothing by subtraction. */
const NARROW = 0.02;

/** `log(Φ(high) − Φ(low))` for `low < high`, either of which may be infinite. */
export function logNormalMass(low: number, high: number): number {
  const width = high - low;
  const middle = (low + high) / 2;
  if (width * Math.max(1, Math.abs(middle)) < NARROW) {
    const square = middle * middle;
    return -square / 2 - HALF_LOG_TWO_PI + Math.log(width) + Math.log1p((width * width * (square - 1)) / 24);
  }
  // In the upper tail both numbers are small, and their difference keeps its digits.
  const [near, far] = middle < 0 ? [-high, -low] : [low, high];
  const mass = normalTail(near) - normalTail(far);
  if (mass > Number.MIN_VALUE * 2 ** 52) return Math.log(mass);
  // Mills' ratio beyond 37 standard deviations.
  const square = near * near;
  const mills = Math.log1p(-1 / square + 3 / (square * square)) - Math.log(near);
  return -square / 2 - HALF_LOG_TWO_PI + mills + Math.log(-Math.expm1(-near * (far - near)));
}
