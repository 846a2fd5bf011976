import { type Key, makePlan, type PlanMatrix, type PlanOrReason } from "@pushforward/core";
import { PlanCache, type PlannedInput, runPlan } from "@pushforward/ops";
import * as tf from "@tensorflow/tfjs-core";
import type { CellCoding, CodedColumn } from "./cell-coding.ts";
import type { ColumnDensity } from "./column-density.ts";
import { contextOf } from "./context-of.ts";
import type { DensityColumn } from "./density-column.ts";
import { headSize } from "./head-size.ts";

/** Rows that are computed at once. */
export const BLOCK = 4096;

const plans = new PlanCache<PlanOrReason>();

/** The head of each row of a column to draw: that of one of its members. */
export function headsOf(column: DensityColumn, coded: readonly CodedColumn[], rows: number, key: Key): Float32Array {
  const { coding, members } = column;
  const size = headSize(coding);
  const heads = new Float32Array(rows * size);
  if (members.length === 0) {
    const head = marginalHead(coding);
    for (let i = 0; i < rows; i++) heads.set(head, i * size);
    return heads;
  }
  const choices = key.fold("member").uniform(members.length > 1 ? rows : 0);
  for (let from = 0; from < rows; from += BLOCK) {
    const to = Math.min(rows, from + BLOCK);
    // Outside of `tidy`, which would look for tensors in each number that it returns.
    const values: Float32Array[] = [];
    tf.tidy(() => {
      const tensor = contextTensor(column, coded, from, to);
      const input: PlannedInput = { tensor, eventShape: tensor.shape.slice(1) };
      for (const member of members) {
        const planned = runPlan(() => plans.get(member, ["head"], () => headPlan(member)), [input]);
        values.push((planned?.values[0] ?? member.apply(tensor)).dataSync() as Float32Array);
      }
    });
    for (let i = from; i < to; i++) {
      const member = Math.min(members.length - 1, Math.floor((choices[i] ?? 0) * members.length));
      heads.set((values[member] as Float32Array).subarray((i - from) * size, (i - from + 1) * size), i * size);
    }
  }
  return heads;
}

/** The head of a column that depends on nothing: the frequencies of its codes, and no mixture. */
export function marginalHead(coding: CellCoding): Float32Array {
  const head = new Float32Array(headSize(coding));
  head.set(coding.logMarginal);
  if (coding.components > 0) head[coding.codes - 1] = -1e9;
  return head;
}

/** The contexts of some rows as a tensor. */
export function contextTensor(
  column: DensityColumn,
  coded: readonly CodedColumn[],
  from: number,
  to: number,
): tf.Tensor {
  const context = contextOf(column.parents, coded, from, to);
  return tf.tensor2d(context, [to - from, context.length / (to - from)]);
}

function headPlan(member: ColumnDensity): PlanOrReason {
  return makePlan([member.contextShape[0] as number], (plan, [context]) => [
    member.lowerHead(plan, context as PlanMatrix),
  ]);
}
