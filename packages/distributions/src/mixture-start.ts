import type { TimeSlice } from "@pushforward/core";
import { lloydStep, type Seeds } from "./k-means.ts";
import { orderByLabel, packRows, type RowBlocks } from "./row-blocks.ts";
import type { HostRows } from "./rows-like.ts";

const LLOYD_STEPS = 10;

/** Where expectation-maximisation begins: rows in the order of their components, and the centres. */
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
  const centres = await seeds.extend(components, slice);
  // Neighbours share a block, for the searches end early where the rows of a block are alike.
  const first = orderByLabel(seeds.nearest, components);
  const rows = packRows(table.values, table.features, first);
  const labels = first.map((row) => seeds.nearest[row] as number);
  for (let step = 0; step < LLOYD_STEPS && !signal?.aborted; step++) {
    if (!lloydStep(rows, centres, labels)) break;
    await slice.breathe();
  }
  const second = orderByLabel(labels, components);
  const packed = packRows(
    table.values,
    table.features,
    second.map((slot) => first[slot] as number),
  );
  return { rows: packed, labels: second.map((slot) => labels[slot] as number), means: centres };
}
