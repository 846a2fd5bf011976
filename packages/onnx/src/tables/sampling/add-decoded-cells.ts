import { CategoryCoding, type CellCoding, type NumberCoding, NumberMarginal } from "@pushforward/tables/extend";
import type { GraphValue } from "../../graph/graph.ts";
import { addNormalCdf } from "../../maths/add-normal-cdf.ts";
import type { Maths } from "../../maths/maths.ts";
import { addMarginal } from "../add-marginal.ts";
import { addIntoDomain } from "./add-into-domain.ts";

/** Cells that were drawn, all float64 `[rows, 1]`. */
export interface DrawnCells {
  readonly code: GraphValue;
  /** Makes the places within the intervals of codes, from 0 to 1: only where a column has such. */
  readonly within: () => GraphValue;
  /** Places on the normal quantile scale, for the cells of the mixture of logistics. Default: none is of it. */
  readonly quantile?: GraphValue | undefined;
}

/** Adds the cells `[rows, 1]` of codes: numbers, places of categories, and NaN for missing cells. */
export function addDecodedCells(maths: Maths, coding: CellCoding, drawn: DrawnCells): GraphValue {
  const { code } = drawn;
  if (coding instanceof CategoryCoding) {
    return maths.where(maths.less(code, coding.categories.length), code, Number.NaN);
  }
  return decodedNumbers(maths, coding as NumberCoding, drawn);
}

function decodedNumbers(
  maths: Maths,
  { options: { atoms, edges, inner, smooth, domain }, codes }: NumberCoding,
  { code, within, quantile }: DrawnCells,
): GraphValue {
  const { graph } = maths;
  const bins = edges.length - 1;
  let cells = maths.fill(Number.NaN, code);
  if (bins >= 1 && inner !== undefined) {
    const host = new NumberMarginal(inner);
    const ends = edges.map((edge) => host.cdf(edge));
    const masses = ends.slice(1).map((end, b) => end - (ends[b] as number));
    const bin = graph.cast(maths.clip(maths.sub(code, atoms.length), 0, bins - 1), "int64");
    const place = maths.add(maths.lookUp(ends, bin), maths.mul(within(), maths.lookUp(masses, bin)));
    const value = addIntoDomain(maths, domain, addMarginal(maths, host).value(place));
    cells = maths.where(maths.less(code, atoms.length + bins), value, cells);
    if (quantile !== undefined && smooth !== undefined) {
      const marginal = addMarginal(maths, new NumberMarginal(smooth));
      const ofMixture = addIntoDomain(maths, domain, marginal.value(addNormalCdf(maths, quantile)));
      cells = maths.where(maths.equal(code, codes - 1), ofMixture, cells);
    }
  }
  if (atoms.length === 0) return cells;
  const atom = maths.lookUp(atoms, graph.cast(maths.min(code, atoms.length - 1), "int64"));
  return maths.where(maths.less(code, atoms.length), atom, cells);
}
