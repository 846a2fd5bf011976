import { type CellCoding, headSize } from "../../coding/category-coding.ts";
import { MAX_PARENTS } from "../fit-column.ts";
import type { ColumnTraining } from "./column-network.ts";
import { type NetworkForm, networkForm } from "./network-task.ts";

/** Upper bound of the work to train the networks of a table. */
export interface NetworkWork {
  /** Columns that have networks. */
  readonly columns: number;
  /** Multiplications and additions. */
  readonly operations: number;
  /** Of the contexts of the column that reads most. */
  readonly contextBytes: number;
}

/** Operations per weight and row: forward, and twice as much backward. */
const PER_WEIGHT = 6;

/**
 * Work to train the networks of a table: an upper bound, because most networks stop early.
 *
 * @param first the place of the first column that is learned.
 */
export function networkWork(
  codings: readonly { readonly coding: CellCoding }[],
  first: number,
  rows: number,
  { members, epochs, hidden }: ColumnTraining,
): NetworkWork {
  let [columns, weights, widest] = [0, 0, 0];
  for (let index = Math.max(first, 1); index < codings.length; index++) {
    const from = Math.max(0, index - MAX_PARENTS);
    const parents = Array.from({ length: index - from }, (_, k) => from + k);
    const form = networkForm({ index, parents, codings });
    if (form.head.codes < 2) continue;
    const features = form.featureCounts.reduce((sum, count) => sum + count, 0);
    columns++;
    weights += weightsOf(form, features, hidden);
    widest = Math.max(widest, parents.length + features);
  }
  return {
    columns,
    operations: PER_WEIGHT * weights * rows * members * epochs,
    contextBytes: Float32Array.BYTES_PER_ELEMENT * widest * rows,
  };
}

function weightsOf({ head, embedding }: NetworkForm, features: number, hidden: number): number {
  const inputs = embedding.tables.reduce((sum, { width }) => sum + width, features);
  return inputs * hidden + 4 * hidden ** 2 + hidden * headSize(head);
}
