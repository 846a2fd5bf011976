import { logAddExp } from "@pushforward/core/plain";
import type { Column, Table } from "@pushforward/datasets";
import { type CellCoding, columnOf } from "../coding/category-coding.ts";
import { NumberCoding } from "../coding/number-coding.ts";
import { type CopiedCells, copiedLogProb, isCopy } from "../copied-cells.ts";

/** A share of equal cells below it is no copying. */
const LEAST_SHARE = 0.02;
/** Rows that show which columns have equal cells. */
const LOOKED = 2000;
/** Gain in nats on the validation rows, in addition to the logarithm of the number of sources. */
const LEAST_GAIN = 10;
const ITERATIONS = 100;

/** Copies in a column, and the log-probabilities of its validation cells with these. */
export interface FoundCopies {
  readonly copies: CopiedCells;
  readonly logProb: Float64Array;
}

/**
 * Finds the earlier column that a column copies with the largest gain, and the probability of a copy with the maximum
 * likelihood of the validation rows. Both have numbers on grids, and each number of the source can occur in the column.
 *
 * @param rows validation rows. @param logProb log-probabilities of their cells without copies.
 */
export function findCopies(
  codings: readonly { readonly name: string; readonly coding: CellCoding }[],
  index: number,
  rows: Table,
  logProb: Float64Array,
): FoundCopies | undefined {
  const { name, coding } = codings[index] as (typeof codings)[number];
  if (!isOnGrid(coding)) return undefined;
  const own = valuesOf(columnOf(rows, name));
  const step = Math.max(1, Math.floor(rows.rows / LOOKED));
  const isOften = (source: Float64Array): boolean => {
    let [equal, present] = [0, 0];
    for (let row = 0; row < rows.rows; row += step) {
      if (Number.isNaN(source[row] as number)) continue;
      present++;
      if (isCopy(own[row] as number, source[row] as number)) equal++;
    }
    return equal > LEAST_SHARE * present;
  };
  const sources = codings.slice(0, index).flatMap((one, from) => {
    if (!isOnGrid(one.coding)) return [];
    const values = valuesOf(columnOf(rows, one.name));
    return isOften(values) && values.every((x) => Number.isNaN(x) || coding.canOccur(x)) ? [{ from, values }] : [];
  });
  let best: FoundCopies | undefined;
  let most = LEAST_GAIN + Math.log(Math.max(1, index));
  for (const { from, values } of sources) {
    const share = likeliestShare(logProb, own, values);
    if (!(share > 0 && share < 1)) continue;
    const copied = copiedLogProb(share, logProb, { values: own }, { values });
    const gain = copied.reduce((sum, value, row) => sum + value - (logProb[row] as number), 0);
    if (!(gain > most)) continue;
    most = gain;
    best = { copies: { from, share }, logProb: copied };
  }
  return best;
}

function isOnGrid(coding: CellCoding): coding is NumberCoding {
  return coding instanceof NumberCoding && coding.step > 0;
}

function valuesOf(column: Column): Float64Array {
  return column.values as Float64Array;
}

/** The probability of a copy, by expectation–maximization. */
function likeliestShare(logProb: Float64Array, own: Float64Array, source: Float64Array): number {
  const present = Array.from(source.keys()).filter((row) => !Number.isNaN(source[row] as number));
  const equal = present.filter((row) => isCopy(own[row] as number, source[row] as number));
  let share = (equal.length + 0.5) / (present.length + 1);
  // Half a row more of each kind, so that the share is neither 0 nor 1.
  for (let turn = 0; turn < ITERATIONS; turn++) {
    const [logOther, logShare] = [Math.log1p(-share), Math.log(share)];
    const copied = equal.reduce(
      (sum, row) => sum + Math.exp(logShare - logAddExp(logShare, logOther + (logProb[row] as number))),
      0,
    );
    share = (copied + 0.5) / (present.length + 1);
  }
  return share;
}
