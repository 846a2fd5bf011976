import { DataError, type NdArray, ShapeError } from "@pushforward/core";
import { formatShape } from "@pushforward/core/extend";

/** A number of an observation that no simulation reached. */
export interface OutsideSimulations {
  /** Column of the data, from 0. */
  readonly column: number;
  readonly value: number;
  /** The range of the column over the simulations. */
  readonly low: number;
  readonly high: number;
}

/**
 * The numbers of an observation that lie outside the range of the simulations, column by column. A posterior there
 * extrapolates: its samples may gather in a corner of the prior, and say nothing about the parameters.
 *
 * @param simulations `[simulations, data]`.
 * @param observation one number for each column.
 * @param acceptsMissing skips NaN, in simulations and observation. Default: false.
 * @throws {ShapeError} another count of numbers.
 * @throws {DataError} a number that is not finite.
 */
export function outsideSimulations(
  simulations: NdArray,
  observation: ArrayLike<number>,
  acceptsMissing = false,
): OutsideSimulations[] {
  const [rows, width] = simulations.shape as readonly [number, number];
  if (observation.length !== width) {
    throw new ShapeError(
      `outside: expected an observation of shape [${width}], got ${formatShape([observation.length])}.`,
    );
  }
  const outside: OutsideSimulations[] = [];
  for (let column = 0; column < width; column++) {
    const value = observation[column] as number;
    if (acceptsMissing && Number.isNaN(value)) continue;
    if (!Number.isFinite(value))
      throw new DataError(`outside: expected finite numbers, got ${value} in column ${column}.`);
    let low = Number.POSITIVE_INFINITY;
    let high = Number.NEGATIVE_INFINITY;
    for (let i = 0; i < rows; i++) {
      const simulated = simulations.data[i * width + column] as number;
      if (Number.isNaN(simulated)) continue;
      low = Math.min(low, simulated);
      high = Math.max(high, simulated);
    }
    if (value < low || value > high) outside.push({ column, value, low, high });
  }
  return outside;
}
