import { type NdArray, type RowsLike, ShapeError } from "@pushforward/core";
import { formatShape, type NumberRow, type ReadRowsOptions, readEvents, readRows } from "@pushforward/core/extend";
import type { HostRows } from "@pushforward/core/plain";
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

/** Checked draws beside the truths of their runs. */
export interface HostCalibration extends HostDraws {
  readonly truth: HostRows;
}

/** Reads truths `[n, d]` and the draws `[n, draws, d]` that go with them. */
export function readCalibration(truths: RowsLike, draws: DrawsLike, where: string): HostCalibration {
  const truth = readRows(truths, where, "truths");
  const read = readDraws(draws, where, "draws");
  const { runs, draws: count, columns } = read;
  if (runs !== truth.rows || columns !== truth.columns) {
    throw new ShapeError(
      `${where}: expected draws of shape [${truth.rows}, draws, ${truth.columns}], got [${runs}, ${count}, ${columns}].`,
    );
  }
  return { ...read, truth };
}
