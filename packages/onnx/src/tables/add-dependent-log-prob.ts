import { cellsThatFollow, type DensityColumn } from "@pushforward/tables/extend";
import type { GraphValue } from "../graph/graph.ts";
import type { Maths } from "../maths/maths.ts";
import { addColumnLogProb } from "./add-column-log-prob.ts";
import { addFollowingCells } from "./add-following-cells.ts";
import type { CodedCells } from "./coded-cells.ts";

/**
 * Adds the log-probabilities `[rows, 1]` of the cells of a column that follows from others, as `dependentLogProb` has them.
 */
export function addDependentLogProb(
  maths: Maths,
  column: DensityColumn & { readonly dependent: NonNullable<DensityColumn["dependent"]> },
  columns: readonly DensityColumn[],
  coded: readonly CodedCells[],
  own: CodedCells,
): GraphValue {
  const { coding, dependent } = column;
  const { tolerance } = dependent;
  const logMarginal = addColumnLogProb(maths, { coding, parents: [], members: [] }, [], own);
  const { cells, isKnown } = addFollowingCells(
    maths,
    column,
    columns,
    coded.map(({ values }) => values),
  );
  const [value, missing] = [own.values, maths.isNaN(own.values)];
  const bothMissing = maths.and(missing, maths.isNaN(cells));
  const size = maths.max(maths.unary("Abs", value), maths.unary("Abs", cells));
  const reach =
    coding.columnKind === "number" ? maths.add(maths.mul(size, 1e-9), Math.max(coding.step * 0.501, tolerance)) : 0;
  const isNear = maths.atMost(maths.unary("Abs", maths.sub(value, cells)), reach);
  const isFollowing = maths.or(isNear, bothMissing);
  const delta = -Math.expm1(coding.logHead);
  const other = maths.add(logMarginal, Math.log(delta));
  // A real number that follows has a mass, beside which the density of others is nothing.
  const isReal = coding.columnKind === "number" && coding.step === 0;
  const follows = isReal
    ? maths.fill(coding.logHead, value)
    : maths.log(
        maths.add(
          maths.mul(maths.exp(logMarginal), delta),
          maths.where(missing, 1 - delta, (1 - delta) / cellsThatFollow(coding.step, tolerance)),
        ),
      );
  const canOccur = maths.less(Number.NEGATIVE_INFINITY, logMarginal);
  const result = maths.where(maths.and(isFollowing, canOccur), follows, other);
  return isKnown === undefined ? result : maths.where(isKnown, result, logMarginal);
}
