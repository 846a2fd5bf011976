import * as tf from "@tensorflow/tfjs-core";
import { CELL_SIZE, type CodedColumn } from "./coding/cell-coding.ts";
import { BLOCK, contextTensor } from "./column-heads.ts";
import type { DensityColumn } from "./density-column.ts";
import { logAddExp } from "./log-add-exp.ts";
import { marginalLogProb } from "./marginal-log-prob.ts";

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
