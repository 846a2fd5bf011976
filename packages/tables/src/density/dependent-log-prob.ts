import type { Column } from "@pushforward/datasets";
import type { CodedColumn } from "./coding/cell-coding.ts";
import { columnLogProb } from "./column-log-prob.ts";
import type { DensityColumn } from "./density-column.ts";
import {
  cellAt,
  cellsThatFollow,
  type DependentCells,
  followingCells,
  isFollowing,
  NOTHING,
} from "./dependent-cells.ts";

/**
 * The log-probabilities of the cells of a column that follows from others: `log((1 − δ)/n + δ·m)` for the n cells that may
 * follow (more than one where files round) and `log(δ·m)` for any other one, with m the distribution of the column by itself
 * and δ = 1/(rows + 1).
 */
export function dependentLogProb(
  column: DensityColumn & { readonly dependent: DependentCells },
  sources: readonly Column[],
  own: Column,
  coded: CodedColumn,
): Float64Array {
  const { coding, dependent } = column;
  const rows = own.values.length;
  const logMarginal = columnLogProb({ ...column, parents: [], members: [] }, [], coded, rows);
  const following = followingCells(dependent, sources, rows, coding.step);
  // log(1 − δ) is known, and so is δ.
  const delta = -Math.expm1(coding.logHead);
  return logMarginal.map((logProb, row) => {
    const expected = following[row];
    if (expected === NOTHING || logProb === Number.NEGATIVE_INFINITY) return logProb;
    const isExpected = isFollowing(
      cellAt(own, row),
      expected as string | number | undefined,
      coding.step,
      dependent.tolerance,
    );
    // A real number that follows has a mass, beside which the density of others is nothing.
    if (!isExpected) return Math.log(delta) + logProb;
    return coding.columnKind === "number" && coding.step === 0
      ? coding.logHead
      : Math.log(
          (1 - delta) / (typeof expected === "number" ? cellsThatFollow(coding.step, dependent.tolerance) : 1) +
            delta * Math.exp(logProb),
        );
  });
}
