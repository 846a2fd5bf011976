import type { NumberCoding } from "@pushforward/tables/extend";
import type { GraphValue } from "../graph/graph.ts";
import { addNormalQuantile } from "../maths/add-normal-quantile.ts";
import type { Maths } from "../maths/maths.ts";

const RANK_FREQUENCIES = 5;
const CYCLE_FREQUENCIES = [1, 2, 4, 8];

/**
 * What a number tells the columns behind its own besides its code: its place among the others, and on its cycles. A missing one
 * tells zeros.
 *
 * @param rank the share of the numbers below it.
 */
export function addNumberFeatures(
  maths: Maths,
  coding: NumberCoding,
  x: GraphValue,
  rank: GraphValue,
): GraphValue | undefined {
  const { mean, deviation, cycles = [] } = coding.options;
  const waves = (turns: GraphValue, factor: number): GraphValue[] => {
    // Whole turns are taken off in float64; the rest has its digits in float32.
    const all = maths.mul(turns, factor);
    const angle = maths.mul(maths.sub(all, maths.unary("Floor", all)), 2 * Math.PI);
    return [maths.float32("Sin", angle), maths.float32("Cos", angle)];
  };
  const features: GraphValue[] = [];
  if (coding.hasRank) {
    const u = maths.min(maths.max(rank, 1e-6), 1 - 1e-6);
    const standardized = maths.div(maths.sub(x, mean), deviation);
    features.push(addNormalQuantile(maths, u), maths.min(maths.max(standardized, -5), 5));
    for (let k = 0; k < RANK_FREQUENCIES; k++) features.push(...waves(u, 2 ** k));
  }
  for (const period of cycles) {
    const turns = maths.div(maths.rest(x, period), period);
    for (const k of CYCLE_FREQUENCIES) features.push(...waves(turns, k));
  }
  if (features.length === 0) return undefined;
  return maths.where(maths.isNaN(x), 0, maths.beside(features));
}
