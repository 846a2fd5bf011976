import type { GraphValue } from "../graph/graph.ts";
import { addMillsRatio } from "./add-mills-ratio.ts";
import type { Maths } from "./maths.ts";

const HALF_LOG_TWO_PI = 0.5 * Math.log(2 * Math.PI);
/** Widths up to which a mass is that of the tangent at the middle, which loses nothing by subtraction. */
const NARROW = 0.02;

/** `log(Φ(high) − Φ(low))` for `low < high`, either of which may be infinite, in float64 to nine digits. */
export function addLogNormalMass(maths: Maths, low: GraphValue, high: GraphValue): GraphValue {
  const width = maths.sub(high, low);
  const middle = maths.div(maths.add(low, high), 2);
  const square = maths.mul(middle, middle);
  const isNarrow = maths.less(maths.mul(width, maths.max(maths.unary("Abs", middle), 1)), NARROW);
  const bend = maths.div(maths.mul(maths.mul(width, width), maths.sub(square, 1)), 24);
  const ofTangent = maths.add(maths.div(square, -2), -HALF_LOG_TWO_PI, maths.log(width), maths.log(maths.add(bend, 1)));
  // In the upper tail both numbers are small, and their difference keeps its digits.
  const isBelow = maths.less(middle, 0);
  const near = logTail(maths, maths.where(isBelow, maths.unary("Neg", high), low));
  const far = logTail(maths, maths.where(isBelow, maths.unary("Neg", low), high));
  const ofTails = maths.add(near, logRest(maths, maths.sub(far, near)));
  return maths.where(isNarrow, ofTangent, ofTails);
}

/** `log P(Z > x)`. */
function logTail(maths: Maths, x: GraphValue): GraphValue {
  const size = maths.unary("Abs", x);
  const density = maths.add(maths.div(maths.mul(x, x), -2), -HALF_LOG_TWO_PI);
  const beyond = maths.add(density, maths.log(addMillsRatio(maths, size)));
  return maths.where(maths.less(x, 0), logRest(maths, beyond), beyond);
}

/** `log(1 − eˡ)`. */
function logRest(maths: Maths, l: GraphValue): GraphValue {
  return maths.log(maths.sub(1, maths.exp(l)));
}
