import { createKey, type NdArray, ndArray } from "pushforward";

/** Rows of latitude and longitude, for each use. */
export interface SplitPlaces {
  readonly train: NdArray;
  /** To stop by and to weight the components of a mixture by. */
  readonly validation: NdArray;
  readonly test: NdArray;
}

const SHARE = 0.15;

/** Rows in a random order of the seed, 15 % for validation and 15 % for the test. */
export function splitPlaces({ shape, data }: NdArray, seed: number): SplitPlaces {
  const count = shape[0] as number;
  const order = createKey(seed).fold("split").permutation(count);
  const part = Math.round(SHARE * count);
  const rows = (from: number, to: number): NdArray => {
    const chosen = order.subarray(from, to);
    const values = Float64Array.from({ length: 2 * chosen.length }, (_, i) => {
      return data[2 * (chosen[i >> 1] as number) + (i % 2)] as number;
    });
    return ndArray([chosen.length, 2], values);
  };
  return { test: rows(0, part), validation: rows(part, 2 * part), train: rows(2 * part, count) };
}
