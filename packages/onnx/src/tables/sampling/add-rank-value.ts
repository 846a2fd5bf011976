import type { NormalMixture } from "@pushforward/tables";
import { CategoryCoding, type NumberCoding, NumberMarginal } from "@pushforward/tables/extend";
import type { GraphValue } from "../../graph/graph.ts";
import { addCount } from "../../maths/add-count.ts";
import type { Maths } from "../../maths/maths.ts";
import { addMarginal } from "../add-marginal.ts";
import { binRanks } from "../bin-ranks.ts";
import { addIntoDomain } from "./add-into-domain.ts";

type Column = NormalMixture["layout"]["columns"][number];
type Ranks = NonNullable<Column["ranks"]>;

/** Adds the value `[rows, 1]` of a column whose values have an order at a number from 0 to 1. */
export function addRankValue(maths: Maths, { coding, ranks }: Column, u: GraphValue): GraphValue {
  const order = ranks as Ranks;
  if (coding instanceof CategoryCoding) {
    const steps = stepsOf(
      order,
      coding.categories.map((_, k) => k),
    );
    const place = addCount(maths, steps.lows.slice(1), u);
    return maths.lookUp(steps.values, place);
  }
  return numberValue(maths, coding as NumberCoding, order, u);
}

function numberValue(maths: Maths, coding: NumberCoding, ranks: Ranks, u: GraphValue): GraphValue {
  const { atoms, edges, inner, domain } = coding.options;
  const { values, lows, highs } = stepsOf(ranks, atoms);
  const atom = addCount(maths, lows.slice(1), u);
  if (inner === undefined || edges.length < 2) return maths.lookUp(values, atom);
  const host = new NumberMarginal(inner);
  const { atomEnds, binEnds, innerEnds, slopes } = binRanks(coding, host);
  const rest = maths.sub(u, maths.lookUp(atomEnds, addCount(maths, lows, u)));
  const bin = addCount(maths, binEnds.slice(1, -1), rest);
  const widths = slopes.map((slope) => (slope > 0 ? 1 / slope : 0));
  const part = maths.mul(maths.sub(rest, maths.lookUp(binEnds, bin)), maths.lookUp(widths, bin));
  const place = maths.add(maths.lookUp(innerEnds, bin), part);
  const between = addIntoDomain(maths, domain, addMarginal(maths, host).value(place));
  if (atoms.length === 0) return between;
  const isAtom = maths.and(maths.atMost(lows[0] as number, u), maths.less(u, maths.lookUp(highs, atom)));
  return maths.where(isAtom, maths.lookUp(values, atom), between);
}

/** Values that each have a mass, in their order, with the ends of the steps of the distribution function. */
function stepsOf(
  ranks: Ranks,
  values: readonly number[],
): { readonly values: number[]; readonly lows: number[]; readonly highs: number[] } {
  const steps = values
    .flatMap((value) => {
      const rank = ranks.rank(value, "new");
      return rank === undefined ? [] : [{ value, ...rank }];
    })
    .sort((a, b) => a.low - b.low);
  return {
    values: steps.map(({ value }) => value),
    lows: steps.map(({ low }) => low),
    highs: steps.map(({ high }) => high),
  };
}
