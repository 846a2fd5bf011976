import type { GraphValue } from "../graph/graph.ts";
import type { Maths } from "./maths.ts";

/** Numbers up to which comparing with all of them is as fast as a search. */
const FEW = 16;

/**
 * How many of some rising numbers are at most x, as int64 in the shape of x; 0 for NaN.
 *
 * @param x float64 `[rows, 1]`.
 */
export function addCount(maths: Maths, rising: ArrayLike<number>, x: GraphValue): GraphValue {
  const { graph } = maths;
  const n = rising.length;
  if (n === 0) return graph.cast(maths.mul(maths.fill(0, x), 0), "int64");
  if (n <= FEW) {
    const isAtMost = maths.atMost(graph.constant("float64", rising, [1, n], "table"), x);
    return maths.sum(graph.cast(isAtMost, "int64"));
  }
  // A step of each power of two is taken where the number that it leads to is at most x.
  const size = 2 ** Math.ceil(Math.log2(n + 1));
  const padded = Float64Array.from({ length: size + 1 }, (_, i) =>
    i === 0 ? Number.NEGATIVE_INFINITY : (rising[i - 1] ?? Number.NaN),
  );
  let count = graph.expand(graph.constant("int64", [0], [1, 1]), x.shape);
  for (let step = size / 2; step >= 1; step /= 2) {
    const next = maths.add(count, graph.scalar(step, "int64"));
    count = maths.where(maths.atMost(maths.lookUp(padded, next), x), next, count);
  }
  return count;
}
