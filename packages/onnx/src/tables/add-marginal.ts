import type { NumberMarginal } from "@pushforward/tables/extend";
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
  /** The value of the column at a number from 0 to 1: on the grid where there is one. */
  value(u: GraphValue): GraphValue;
}

/** Makes the nodes of a `NumberMarginal`. */
export function addMarginal(maths: Maths, { knots, cumulative, step, low, high }: NumberMarginal): GraphMarginal {
  const last = knots.length - 1;
  const slopes = slopesOf(knots, cumulative);
  // The piece that a number is on, by the knots between the first and the last.
  const pieceOf = (x: GraphValue): GraphValue => addCount(maths, knots.subarray(1, last), x);
  const cdf = (x: GraphValue): GraphValue => {
    const piece = pieceOf(x);
    const rise = maths.mul(maths.sub(x, maths.lookUp(knots, piece)), maths.lookUp(slopes, piece));
    const inside = maths.add(maths.lookUp(cumulative, piece), rise);
    return maths.where(maths.less(low, x), maths.where(maths.less(x, high), inside, 1), 0);
  };
  const quantile = (u: GraphValue): GraphValue => {
    const piece = addCount(maths, cumulative.subarray(1, last), u);
    const rise = maths.mul(
      maths.sub(u, maths.lookUp(cumulative, piece)),
      maths.lookUp(slopesOf(cumulative, knots), piece),
    );
    const inside = maths.add(maths.lookUp(knots, piece), rise);
    return maths.where(maths.less(0, u), maths.where(maths.less(u, 1), inside, high), low);
  };
  return {
    step,
    cdf,
    density: (x) => {
      const isInside = maths.and(maths.atMost(low, x), maths.atMost(x, high));
      return maths.where(isInside, maths.lookUp(slopes, pieceOf(x)), 0);
    },
    value: (u) => {
      if (step === 0) return quantile(u);
      // Cells begin at the knots' own grid, which the first knot fixes.
      const first = low + step / 2;
      const steps = maths.unary("Floor", maths.add(maths.div(maths.sub(quantile(u), first), step), 0.5));
      return maths.add(maths.mul(maths.clip(steps, 0, Math.round((high - low) / step) - 1), step), first);
    },
    cell: (x) => [cdf(maths.sub(x, step / 2)), cdf(maths.add(x, step / 2))],
  };
}

/** Of the pieces of a function that is linear between knots; 0 where a piece has no width. */
function slopesOf(from: Float64Array, to: Float64Array): Float64Array {
  return Float64Array.from({ length: from.length - 1 }, (_, k) => {
    const width = (from[k + 1] as number) - (from[k] as number);
    return width > 0 ? ((to[k + 1] as number) - (to[k] as number)) / width : 0;
  });
}
