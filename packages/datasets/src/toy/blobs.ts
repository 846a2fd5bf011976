import { checkOptions } from "@pushforward/core/extend";
import { mixtureSet } from "./mixture-set.ts";
import type { ToyDataset } from "./toy-dataset.ts";

/** Options of {@link blobs}. */
export interface BlobsOptions {
  /** Centers of the blobs. Default: (2, 4), (8, 10) and (10, 4). */
  readonly centers?: readonly (readonly [number, number])[];
  /** Standard deviation of each blob. Default: 1. */
  readonly scale?: number;
}

/**
 * Round normals around centers, all equally likely.
 *
 * @example
 * blobs({ centers: [[-3, -3], [2, 2], [7, -6]] }).sample(createKey(1), 300);
 */
export function blobs(options: BlobsOptions = {}): ToyDataset {
  checkOptions("blobs", options, { centers: true, scale: true });
  const { centers = DEFAULT_CENTERS, scale = 1 } = options;
  const known = options.centers === undefined && scale === 1;
  return mixtureSet({ name: "blobs", centers, scale, ...(known && { entropy: 3.9349087 }) });
}

const DEFAULT_CENTERS: readonly (readonly [number, number])[] = [
  [2, 4],
  [8, 10],
  [10, 4],
];
