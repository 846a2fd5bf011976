import { logAddExp } from "@pushforward/core/plain";
import type { Column } from "@pushforward/datasets";
import * as tf from "@tensorflow/tfjs-core";
import { CELL_SIZE, type CellCoding, type CodedColumn, logShares, type RowOrigin } from "./coding/cell-coding.ts";
import { BLOCK, contextTensor } from "./column-heads.ts";
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
 * The log-probabilities of the cells of a column given the columns before it, in nats.
 *
 * @param coded all columns of some rows.
 * @param own the column itself.
 */
export function columnLogProb(
  column: DensityColumn,
  coded: readonly CodedColumn[],
  own: CodedColumn,
  rows: number,
): Float64Array {
  const { coding, members } = column;
  if (members.length === 0) return marginalLogProb(coding, own, "new");
  const result = new Float64Array(rows);
  for (let from = 0; from < rows; from += BLOCK) {
    const to = Math.min(rows, from + BLOCK);
    // Outside of `tidy`, which would look for tensors in each number that it returns.
    const values: ArrayLike<number>[] = [];
    tf.tidy(() => {
      const cells = tf.tensor2d(own.cells.subarray(from * CELL_SIZE, to * CELL_SIZE), [to - from, CELL_SIZE]);
      const context = contextTensor(column, coded, from, to);
      for (const member of members) values.push(member.given(context).logProb(cells).dataSync());
    });
    const [first, ...others] = values as [ArrayLike<number>, ...ArrayLike<number>[]];
    const shared = coding.logHead - Math.log(members.length);
    for (let i = from; i < to; i++) {
      let sum = first[i - from] as number;
      for (const one of others) sum = logAddExp(sum, one[i - from] as number);
      result[i] = logAddExp(shared + sum, own.logFloor[i] as number);
    }
  }
  return result;
}

/**
 * The log-probabilities of the cells of a column by the frequencies of its codes alone, in nats.
 *
 * @param own cells that are encoded with this origin.
 */
export function marginalLogProb(
  { counts, logHead }: CellCoding,
  { cells, logFloor }: CodedColumn,
  origin: RowOrigin,
): Float64Array {
  const logShare = origin === "new" ? logShares(counts) : logSharesOfOthers(counts);
  return logFloor.map((floor, row) => {
    const code = cells[row * CELL_SIZE] as number;
    if (code < 0) return floor;
    return logAddExp(logHead + (logShare[code] as number) + (cells[row * CELL_SIZE + 1] as number), floor);
  });
}

/** For each code the logarithm of its share in the rows without one of its own. */
function logSharesOfOthers(counts: readonly number[]): Float64Array {
  const total = counts.reduce((sum, count) => sum + count + 0.5, 0);
  return Float64Array.from(counts, (count) => Math.log((Math.max(count - 1, 0) + 0.5) / (total - 1)));
}

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
