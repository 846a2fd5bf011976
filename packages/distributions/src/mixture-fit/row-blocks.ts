import type { HostRows } from "@pushforward/core/plain";

/** Rows of a block; loops over a block are written out for this number, so that four sums grow side by side. */
export const BLOCK: number = 4;

/** Rows packed four to a block, where the four values of a column stand side by side: `values[block, column, 4]`. */
export interface RowBlocks {
  readonly rows: number;
  readonly features: number;
  readonly blocks: number;
  /** The last block is filled up with copies of its last row. */
  readonly values: Float64Array;
}

/** The blocks of the rows `order` of a row-major matrix. */
export function packRows(matrix: Float64Array, features: number, order: Int32Array): RowBlocks {
  const rows = order.length;
  const blocks = Math.ceil(rows / BLOCK);
  const values = new Float64Array(blocks * features * BLOCK);
  for (let slot = 0; slot < blocks * BLOCK; slot++) {
    const from = (order[Math.min(slot, rows - 1)] as number) * features;
    const to = Math.floor(slot / BLOCK) * features * BLOCK + (slot % BLOCK);
    for (let j = 0; j < features; j++) values[to + j * BLOCK] = matrix[from + j] as number;
  }
  return { rows, features, blocks, values };
}

/** The blocks of all rows of a table, in their order. */
export function packAllRows({ rows, columns, data }: HostRows): RowBlocks {
  return packRows(
    data,
    columns,
    Int32Array.from({ length: rows }, (_, i) => i),
  );
}

/** The positions 0 … n − 1 by rising label, those of one label in their order: a counting sort. */
export function orderByLabel(labels: Int32Array, labelCount: number): Int32Array {
  const starts = new Int32Array(labelCount + 1);
  for (const label of labels) starts[label + 1] = (starts[label + 1] as number) + 1;
  for (let k = 0; k < labelCount; k++) starts[k + 1] = (starts[k + 1] as number) + (starts[k] as number);
  const order = new Int32Array(labels.length);
  for (let i = 0; i < labels.length; i++) {
    const label = labels[i] as number;
    order[starts[label] as number] = i;
    starts[label] = (starts[label] as number) + 1;
  }
  return order;
}
