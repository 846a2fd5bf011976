import type { HostRows, TimeSlice } from "@pushforward/core/plain";
import { lloydStep, type Seeds } from "./k-means.ts";
import { BLOCK, orderByLabel, packRows, type RowBlocks } from "./row-blocks.ts";

const LLOYD_STEPS = 10;

/** Where expectation-maximization begins: rows in the order of their components, and the centers. */
export interface MixtureStart {
  readonly rows: RowBlocks;
  /** The component of each row. */
  readonly labels: Int32Array;
  readonly means: Float64Array;
}

/** The clusters of k-means: from seeds, by ten of Lloyd's steps. */
export async function mixtureStart(
  table: HostRows,
  seeds: Seeds,
  components: number,
  slice: TimeSlice,
  signal: AbortSignal | undefined,
): Promise<MixtureStart> {
  const centers = await seeds.extend(components, slice);
  // Neighbors share a block, for the searches end early where the rows of a block are alike.
  const first = orderByLabel(seeds.nearest, components);
  const rows = packRows(table.data, table.columns, first);
  const labels = first.map((row) => seeds.nearest[row] as number);
  for (let step = 0; step < LLOYD_STEPS && !signal?.aborted; step++) {
    if (!lloydStep(rows, centers, labels)) break;
    await slice.breathe();
  }
  const second = orderByLabel(labels, components);
  sortClusters(rows, labels, second, components);
  const packed = packRows(
    table.data,
    table.columns,
    second.map((slot) => first[slot] as number),
  );
  return { rows: packed, labels: second.map((slot) => labels[slot] as number), means: centers };
}

/**
 * Sorts the rows of each cluster, which stand together in `order`, by the column in which they differ most: neighbors
 * in it have shares in fewer components than any four rows, so that a block has fewer to compute.
 */
function sortClusters(rows: RowBlocks, labels: Int32Array, order: Int32Array, components: number): void {
  const { features: d, values } = rows;
  const cell = (slot: number, j: number): number =>
    values[(Math.floor(slot / BLOCK) * d + j) * BLOCK + (slot % BLOCK)] as number;
  const sizes = new Float64Array(components);
  const means = new Float64Array(components * d);
  // Sums of squared deviations, updated row by row.
  const spread = new Float64Array(components * d);
  for (const slot of order) {
    const k = labels[slot] as number;
    const size = (sizes[k] as number) + 1;
    sizes[k] = size;
    for (let j = 0; j < d; j++) {
      const at = k * d + j;
      const value = cell(slot, j);
      const difference = value - (means[at] as number);
      means[at] = (means[at] as number) + difference / size;
      spread[at] = (spread[at] as number) + difference * (value - (means[at] as number));
    }
  }
  let from = 0;
  for (let k = 0; k < components; k++) {
    const to = from + (sizes[k] as number);
    let widest = 0;
    for (let j = 1; j < d; j++) if ((spread[k * d + j] as number) > (spread[k * d + widest] as number)) widest = j;
    order.subarray(from, to).sort((a, b) => cell(a, widest) - cell(b, widest) || a - b);
    from = to;
  }
}
