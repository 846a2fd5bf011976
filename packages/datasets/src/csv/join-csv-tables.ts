import { joinNumbers } from "../join-numbers.ts";
import { joinTables } from "../join-tables.ts";
import type { CsvTable } from "./csv-options.ts";

/**
 * The chunks of one file as one table; undefined for no chunks.
 *
 * @example
 * const chunks: CsvTable[] = [];
 * for await (const chunk of csvChunks(new Blob(["x,y\n1,2\n3,4\n"]).stream())) chunks.push(chunk);
 * const rows = joinCsvTables(chunks)?.rows; // → 2
 */
export function joinCsvTables(chunks: readonly CsvTable[]): CsvTable | undefined {
  const table = joinTables(chunks);
  if (table === undefined) return undefined;
  // The more was read, the more is known of it.
  const encoding = chunks.at(-1)?.encoding;
  return {
    ...table,
    dropped: chunks.reduce((sum, chunk) => sum + chunk.dropped, 0),
    droppedBy: addDropped(chunks),
    rowNumbers: joinNumbers(chunks.map((chunk) => chunk.rowNumbers)),
    ...(encoding !== undefined && { encoding }),
  };
}

/** How many rows of some chunks lack a value of each column. */
export function addDropped(chunks: readonly Pick<CsvTable, "droppedBy">[]): Map<string, number> {
  const sum = new Map<string, number>();
  for (const { droppedBy } of chunks) {
    for (const [name, count] of droppedBy) sum.set(name, (sum.get(name) ?? 0) + count);
  }
  return sum;
}
