import { CELL_SIZE, type CellCoding, type CodedColumn, type RowOrigin } from "./coding/cell-coding.ts";
import { logShares } from "./coding/log-shares.ts";
import { logAddExp } from "./log-add-exp.ts";

/**
 * The log-probabilities of the cells of a column by the frequencies of its codes alone, in nats.
 *
 * @param own cells that are encoded with this origin.
 */
export function marginalLogProb(
  { counts, logHead }: CellCoding,
  { cells, logFloor }: CodedColumn,
  origin: RowOrigin,
): Float64Array {
  const logShare = origin === "new" ? logShares(counts) : logSharesOfOthers(counts);
  return logFloor.map((floor, row) => {
    const code = cells[row * CELL_SIZE] as number;
    if (code < 0) return floor;
    return logAddExp(logHead + (logShare[code] as number) + (cells[row * CELL_SIZE + 1] as number), floor);
  });
}

/** For each code the logarithm of its share in the rows without one of its own. */
function logSharesOfOthers(counts: readonly number[]): Float64Array {
  const total = counts.reduce((sum, count) => sum + count + 0.5, 0);
  return Float64Array.from(counts, (count) => Math.log((Math.max(count - 1, 0) + 0.5) / (total - 1)));
}
