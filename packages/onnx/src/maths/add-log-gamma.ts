import type { GraphValue } from "../graph/graph.ts";
import type { Maths } from "./maths.ts";

/** From here on Stirling's series has fourteen digits. */
const LARGE = 10;
const HALF_LOG_TAU = 0.5 * Math.log(2 * Math.PI);

/** `ln Γ(x)` for x > 0 in float64, by Stirling's series; below 10 that of x + 10, over x(x + 1) … (x + 9). */
export function addLogGamma(maths: Maths, x: GraphValue): GraphValue {
  const isLarge = maths.atMost(LARGE, x);
  const small = maths.min(x, LARGE);
  const factors = Array.from({ length: LARGE }, (_, i) => maths.add(small, i));
  const product = factors.reduce((a, b) => maths.mul(a, b));
  const z = maths.where(isLarge, x, maths.add(small, LARGE));
  const inverse = maths.div(1, z);
  const square = maths.mul(inverse, inverse);
  const series = maths.mul(maths.polynomial([-1 / 1188, 1 / 1680, -1 / 1260, 1 / 360, -1 / 12], square), inverse);
  const ofLarge = maths.add(
    maths.mul(maths.sub(z, 0.5), maths.log(z)),
    maths.sub(HALF_LOG_TAU, z),
    maths.unary("Neg", series),
  );
  return maths.sub(ofLarge, maths.where(isLarge, 0, maths.log(product)));
}
