import type { NumberMarginal } from "@pushforward/tables";
import type { GraphValue } from "../graph/graph.ts";
import { addCount } from "../maths/add-count.ts";
import type { Maths } from "../maths/maths.ts";

/** The distribution function of a column by itself, and its slope. */
export interface GraphMarginal {
  readonly step: number;
  cdf(x: GraphValue): GraphValue;
  density(x: GraphValue): GraphValue;
  /** F at both ends of the cell of a value of a column with a step. */
  cell(x: GraphValue): readonly [low: GraphValue, high: GraphValue];
}

/** Makes the nodes of a `NumberMarginal`. */
export function addMarginal(maths: Maths, { knots, cumulative, step, low, high }: NumberMarginal): GraphMarginal {
  const last = knots.length - 1;
  const slopes = Float64Array.from({ length: last }, (_, k) => {
    const width = (knots[k + 1] as number) - (knots[k] as number);
    return width > 0 ? ((cumulative[k + 1] as number) - (cumulative[k] as number)) / width : 0;
  });
  // The piece that a number is on, by the knots between the first and the last.
  const pieceOf = (x: GraphValue): GraphValue => addCount(maths, knots.subarray(1, last), x);
  const cdf = (x: GraphValue): GraphValue => {
    const piece = pieceOf(x);
    const rise = maths.mul(maths.sub(x, maths.lookUp(knots, piece)), maths.lookUp(slopes, piece));
    const inside = maths.add(maths.lookUp(cumulative, piece), rise);
    return maths.where(maths.less(low, x), maths.where(maths.less(x, high), inside, 1), 0);
  };
  return {
    step,
    cdf,
    density: (x) => {
      const isInside = maths.and(maths.atMost(low, x), maths.atMost(x, high));
      return maths.where(isInside, maths.lookUp(slopes, pieceOf(x)), 0);
    },
    cell: (x) => [cdf(maths.sub(x, step / 2)), cdf(maths.add(x, step / 2))],
  };
}
