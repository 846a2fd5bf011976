import { millsSeries } from "@pushforward/ops";
import type { GraphValue } from "../graph/graph.ts";
import type { Maths } from "./maths.ts";

/** Terms that give Mills' ratio to twelve digits. */
const TERMS = 20;

/** `(1 − Φ(x))/φ(x)` for x ≥ 0, by a Chebyshev series. */
export function addMillsRatio(maths: Maths, x: GraphValue): GraphValue {
  const { center, coefficients } = millsSeries(TERMS);
  const t = maths.sub(1, maths.div(2 * center, maths.add(x, center)));
  const twice = maths.mul(t, 2);
  // Clenshaw's recurrence.
  let next = maths.value(0);
  let afterNext = maths.value(0);
  for (const coefficient of coefficients.slice(1).reverse()) {
    [next, afterNext] = [maths.add(maths.sub(maths.mul(twice, next), afterNext), coefficient), next];
  }
  const series = maths.add(maths.sub(maths.mul(t, next), afterNext), coefficients[0] as number);
  return maths.div(series, maths.add(x, 1));
}
