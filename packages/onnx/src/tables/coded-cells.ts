import type { GraphValue } from "../graph/graph.ts";
import type { Maths } from "../maths/maths.ts";

/** A column of a table as the densities of it and of others read it, all float64 and `[rows, 1]` where nothing else is said. */
export interface CodedCells {
  /** The cells: a number, or the place of a category; NaN for a missing one. */
  readonly values: GraphValue;
  /** The code of each cell as an input of other columns. */
  readonly codes: GraphValue;
  /** What `cellLogProb` reads, `[rows, 5]`: the code of the cell or −1, its log-weight, and its interval. */
  readonly cells: GraphValue;
  readonly logFloor: GraphValue;
  /** `[rows, n]`; undefined where there are none. */
  readonly features: GraphValue | undefined;
}

/** Cells that are given, as `asGiven` of the tables: one that cannot occur says nothing of the others. */
export function asGiven(maths: Maths, { cells, logFloor, ...others }: CodedCells): CodedCells {
  const isImpossible = maths.and(
    maths.less(maths.column(cells, 0), 0),
    maths.equal(logFloor, Number.NEGATIVE_INFINITY),
  );
  return { ...others, cells, logFloor: maths.where(isImpossible, 0, logFloor) };
}
