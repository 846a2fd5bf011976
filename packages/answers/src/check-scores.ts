import { DataError, type Table } from "pushforward";
import { rowNumber } from "pushforward/extend";

/**
 * Refuses log-densities that are not numbers, which weights of a model that overflow float32 give.
 *
 * @param file name of the table, for the message.
 * @throws {DataError} a density is NaN.
 * @example
 * checkScores(Float64Array.of(-1), { rows: 1, columns: [] }, "data.csv"); // nothing
 */
export function checkScores(scores: Float64Array, table: Table, file: string): void {
  const bad = scores.findIndex(Number.isNaN);
  if (bad < 0) return;
  const row = rowNumber(table, bad);
  throw new DataError(
    `${file}, row ${row}: expected a log-density, got NaN, although the row has numbers only. ` +
      "Weights of the model overflow float32: fit it again, or check where its file comes from.",
    { file, row },
  );
}
