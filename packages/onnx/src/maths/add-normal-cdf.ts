import type { GraphValue } from "../graph/graph.ts";
import { addMillsRatio } from "./add-mills-ratio.ts";
import type { Maths } from "./maths.ts";

/** `Φ(x)` in float64, to twelve digits in the lower tail. */
export function addNormalCdf(maths: Maths, x: GraphValue): GraphValue {
  const density = maths.div(maths.exp(maths.div(maths.mul(x, x), -2)), Math.sqrt(2 * Math.PI));
  const tail = maths.mul(density, addMillsRatio(maths, maths.unary("Abs", x)));
  return maths.where(maths.less(0, x), maths.sub(1, tail), tail);
}
