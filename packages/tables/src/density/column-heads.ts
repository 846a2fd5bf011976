import type { Key } from "@pushforward/core";
import { makePlan, type PlanMatrix, type PlanOrReason } from "@pushforward/core/extend";
import { PlanCache, type PlannedInput, runPlan } from "@pushforward/ops";
import * as tf from "@tensorflow/tfjs-core";
import { type CellCoding, type CodedColumn, headSize } from "./coding/cell-coding.ts";
import type { ColumnDensity } from "./column-density.ts";
import type { DensityColumn } from "./density-column.ts";

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
  const chosen = Array.from(
    { length: rows },
    (_, row) => members[Math.min(members.length - 1, Math.floor((choices[row] ?? 0) * members.length))],
  );
  for (let from = 0; from < rows; from += BLOCK) {
    const block = Array.from({ length: Math.min(rows - from, BLOCK) }, (_, i) => from + i);
    const context = contextOf(column.parents, coded, from, from + block.length);
    for (const member of members) {
      // Each row needs the head of one member only.
      const own = block.filter((row) => chosen[row] === member);
      if (own.length === 0) continue;
      const values = headsAt(member, own, from, context);
      for (const [i, row] of own.entries()) heads.set(values.subarray(i * size, (i + 1) * size), row * size);
    }
  }
  return heads;
}

/** The heads of some rows of a block that begins at a row, by one member. */
function headsAt(member: ColumnDensity, rows: readonly number[], from: number, block: Float32Array): Float32Array {
  const width = member.contextShape[0] as number;
  const context = new Float32Array(rows.length * width);
  for (const [i, row] of rows.entries()) {
    context.set(block.subarray((row - from) * width, (row - from + 1) * width), i * width);
  }
  return memberHeads(member, context, rows.length);
}

/** The heads of a member at contexts `[rows, context]`. */
export function memberHeads(member: ColumnDensity, context: Float32Array, rows: number): Float32Array {
  const width = member.contextShape[0] as number;
  let values = new Float32Array();
  // Nothing is returned: `tidy` would look for tensors in each number.
  tf.tidy(() => {
    const tensor = tf.tensor2d(context, [rows, width]);
    const input: PlannedInput = { tensor, eventShape: [width] };
    const planned = runPlan(() => plans.get(member, ["head"], () => headPlan(member)), [input]);
    values = (planned?.values[0] ?? member.apply(tensor)).dataSync() as Float32Array<ArrayBuffer>;
  });
  return values;
}

/** The head of a column that depends on nothing: the frequencies of its codes, and no mixture. */
function marginalHead(coding: CellCoding): Float32Array {
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

/**
 * The contexts of some rows: the codes of the parents, then the features of those that have any.
 *
 * @param allocate gives zeros to write to. Default: an array of its own.
 */
export function contextOf(
  parents: readonly number[],
  coded: readonly CodedColumn[],
  from: number,
  to: number,
  allocate: (length: number) => Float32Array = (length) => new Float32Array(length),
): Float32Array {
  const read = parents.map((k) => coded[k] as CodedColumn);
  const width = read.reduce((sum, { featureCount }) => sum + featureCount, read.length);
  const context = allocate((to - from) * width);
  for (let i = from, at = 0; i < to; i++) {
    for (const { codes } of read) context[at++] = codes[i] as number;
    for (const { features, featureCount } of read) {
      for (let j = i * featureCount; j < (i + 1) * featureCount; j++) context[at++] = features[j] as number;
    }
  }
  return context;
}
