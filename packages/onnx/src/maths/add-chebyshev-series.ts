import type { ChebyshevSeries } from "@pushforward/ops";
import type { GraphValue } from "../graph/graph.ts";
import type { Maths } from "./maths.ts";

/** The sum of a Chebyshev series at x ≥ 0, by Clenshaw's recurrence. */
export function addChebyshevSeries(maths: Maths, { center, coefficients }: ChebyshevSeries, x: GraphValue): GraphValue {
  const t = maths.sub(1, maths.div(2 * center, maths.add(x, center)));
  const twice = maths.mul(t, 2);
  let next = maths.value(0);
  let afterNext = maths.value(0);
  for (const coefficient of coefficients.slice(1).reverse()) {
    [next, afterNext] = [maths.add(maths.sub(maths.mul(twice, next), afterNext), coefficient), next];
  }
  return maths.add(maths.sub(maths.mul(t, next), afterNext), coefficients[0] as number);
}
