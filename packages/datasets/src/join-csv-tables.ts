import type { CsvTable } from "./csv-options.ts";
import type { Column } from "./table.ts";

/**
 * The chunks of one file as one table; undefined for no chunks.
 *
 * @example
 * const chunks: CsvTable[] = [];
 * for await (const chunk of csvChunks(new Blob(["x,y\n1,2\n3,4\n"]).stream())) chunks.push(chunk);
 * const rows = joinCsvTables(chunks)?.rows; // → 2
 */
export function joinCsvTables(chunks: readonly CsvTable[]): CsvTable | undefined {
  const [first] = chunks;
  // The more was read, the more is known of it.
  const encoding = chunks.at(-1)?.encoding;
  if (first === undefined) return undefined;
  const columns = first.columns.map((column, j): Column => {
    const parts = chunks.map((chunk) => chunk.columns[j] as Column);
    if (column.kind === "number")
      return { ...column, values: joined(parts.map(({ values }) => values as Float64Array)) };
    const missing = missingRows(chunks, j);
    return {
      ...{ name: column.name, kind: "text", values: parts.flatMap(({ values }) => values as readonly string[]) },
      ...(missing.size > 0 && { missing }),
    };
  });
  return {
    rows: chunks.reduce((sum, chunk) => sum + chunk.rows, 0),
    columns,
    dropped: chunks.reduce((sum, chunk) => sum + chunk.dropped, 0),
    droppedBy: addDropped(chunks),
    rowNumbers: joined(chunks.map((chunk) => chunk.rowNumbers)),
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

/** The rows without a value of a column of text, counted through all chunks. */
function missingRows(chunks: readonly CsvTable[], column: number): Set<number> {
  const all = new Set<number>();
  let before = 0;
  for (const { rows, columns } of chunks) {
    const of = columns[column] as Column;
    if (of.kind === "text") for (const row of of.missing ?? []) all.add(before + row);
    before += rows;
  }
  return all;
}

function joined(parts: readonly Float64Array[]): Float64Array {
  const values = new Float64Array(parts.reduce((sum, part) => sum + part.length, 0));
  let offset = 0;
  for (const part of parts) {
    values.set(part, offset);
    offset += part.length;
  }
  return values;
}
