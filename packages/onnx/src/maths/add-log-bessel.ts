import { chebyshevSeries, scaledBessel } from "@pushforward/ops";
import type { GraphValue } from "../graph/graph.ts";
import { addChebyshevSeries } from "./add-chebyshev-series.ts";
import type { Maths } from "./maths.ts";

/** Terms that give ten digits. */
const TERMS = 30;

/** `ln(e^−κ I₀(κ))` for κ ≥ 0, by the Chebyshev series of `√(κ + 1) e^−κ I₀(κ)`, which tends to `1/√(2π)`. */
export function addLogBessel(maths: Maths, kappa: GraphValue): GraphValue {
  const series = chebyshevSeries((x) => Math.sqrt(x + 1) * (scaledBessel(x)[0] as number), TERMS);
  const log = maths.log(addChebyshevSeries(maths, series, kappa));
  return maths.sub(log, maths.div(maths.log(maths.add(kappa, 1)), 2));
}
