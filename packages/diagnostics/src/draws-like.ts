import {
  formatShape,
  type NdArray,
  type NumberRow,
  type ReadRowsOptions,
  readEvents,
  ShapeError,
} from "@pushforward/core";
import type { Tensor } from "@tensorflow/tfjs-core";

/** Draws `[n, draws, d]`, or `[n, draws]` for one column: `draws` of them for each of `n` observations. */
export type DrawsLike = NdArray | Tensor | readonly NumberRow[] | readonly (readonly NumberRow[])[];

/** Checked draws in float64, row-major. */
export interface HostDraws {
  readonly runs: number;
  readonly draws: number;
  readonly columns: number;
  readonly data: Float64Array;
}

/** Reads and copies `[n, draws, d]` or `[n, draws]`. */
export function readDraws(value: DrawsLike, where: string, name: string, options: ReadRowsOptions = {}): HostDraws {
  const { shape, data } = readEvents(value, where, name, options);
  const [runs, draws, columns = 1] = shape;
  if (runs === undefined || draws === undefined || shape.length > 3) {
    throw new ShapeError(`${where}: expected ${name} of shape [n, draws, d], got ${formatShape(shape)}.`);
  }
  return { runs, draws, columns, data: Float64Array.from(data) };
}
