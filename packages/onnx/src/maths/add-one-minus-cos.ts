import type { GraphValue } from "../graph/graph.ts";
import type { Maths } from "./maths.ts";

/** Terms of the series of the sine that give sixteen digits up to a quarter of a turn. */
const TERMS = 12;

/** `1 − cos t = 2 sin²(t/2)` in float64, to its relative precision: a large concentration multiplies it. */
export function addOneMinusCos(maths: Maths, t: GraphValue): GraphValue {
  const turns = maths.unary("Floor", maths.add(maths.div(t, 2 * Math.PI), 0.5));
  const half = maths.div(maths.sub(t, maths.mul(turns, 2 * Math.PI)), 2);
  const coefficients: number[] = [];
  for (let k = 0, factor = 1; k < TERMS; k++) {
    coefficients.unshift(factor);
    factor /= -(2 * k + 2) * (2 * k + 3);
  }
  const sine = maths.mul(half, maths.polynomial(coefficients, maths.mul(half, half)));
  return maths.mul(maths.mul(sine, sine), 2);
}
