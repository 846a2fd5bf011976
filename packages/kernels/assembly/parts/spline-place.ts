import { Place } from "./spline-memory";
import { madd2, magnitude } from "./vector-maths";

// What the steps of the spline on its way forward and backward have in common.

/** NaN is not outside: it passes through the spline and stays NaN. */
@inline
export function outsideOf(input: v128, edge: v128): v128 {
  return f32x4.gt(magnitude(input), edge);
}

/** The mask of the first two of four elements, for float64. */
@inline
export function lowMask(mask: v128): v128 {
  return v128.shuffle<i32>(mask, mask, 0, 0, 1, 1);
}

/** The mask of the last two of four elements, for float64. */
@inline
export function highMask(mask: v128): v128 {
  return v128.shuffle<i32>(mask, mask, 2, 2, 3, 3);
}

/** The end of the box on the side of an input. */
@inline
export function endOf(input: v128, bound: f64): v128 {
  return v128.bitselect(f64x2.splat(bound), f64x2.splat(-bound), f64x2.gt(input, f64x2.splat(0)));
}

/** The slope of the tail on the side of an input, which lies in the first or in the last bin. */
@inline
export function tailSlopeOf(pair: Place, input: v128): v128 {
  return v128.bitselect(pair.slope1, pair.slope0, f64x2.gt(input, f64x2.splat(0)));
}

/** The first knot that has a slope of its own. */
@inline
export function firstKnot(linear: bool): i32 {
  return linear ? 0 : 1;
}

/** Knots that have a slope of their own. */
@inline
export function slopesOf(bins: i32, linear: bool): i32 {
  return linear ? bins + 1 : bins - 1;
}

@inline
export function curvatureOf(slope0: v128, slope1: v128, s: v128): v128 {
  return f64x2.sub(f64x2.add(slope0, slope1), f64x2.add(s, s));
}

@inline
export function slopeNumerator(slope0: v128, slope1: v128, s: v128, cross: v128, squared: v128, rest: v128): v128 {
  const middle = madd2(f64x2.add(s, s), cross, f64x2.mul(slope1, squared));
  return madd2(f64x2.mul(slope0, rest), rest, middle);
}
