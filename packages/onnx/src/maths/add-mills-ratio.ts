import { millsSeries } from "@pushforward/ops";
import type { GraphValue } from "../graph/graph.ts";
import { addChebyshevSeries } from "./add-chebyshev-series.ts";
import type { Maths } from "./maths.ts";

/** Terms that give Mills' ratio to twelve digits. */
const TERMS = 20;

/** `(1 − Φ(x))/φ(x)` for x ≥ 0, by a Chebyshev series. */
export function addMillsRatio(maths: Maths, x: GraphValue): GraphValue {
  return maths.div(addChebyshevSeries(maths, millsSeries(TERMS), x), maths.add(x, 1));
}
