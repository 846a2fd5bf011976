import { type Column, type CsvTable, DataError, type Table } from "pushforward";
import { readCsv } from "pushforward/node";

/** A whole table in memory, with the number of rows left out because a value was missing. */
export interface WholeTable extends Table {
  readonly dropped: number;
}

/** Reads a CSV file (`-` is standard input) whole; `columns` limits what is read and checked. */
export async function readTable(
  path: string,
  options: { readonly columns?: readonly string[]; readonly missing?: "error" | "drop" } = {},
): Promise<WholeTable> {
  const chunks: CsvTable[] = [];
  for await (const chunk of tableChunks(path, options)) chunks.push(chunk);
  const [first] = chunks;
  const rows = chunks.reduce((sum, chunk) => sum + chunk.rows, 0);
  if (first === undefined || rows === 0)
    throw new DataError(`${path}: expected at least one row, got none.`, { file: path });
  const columns = first.columns.map((column, j): Column => {
    const parts = chunks.map((chunk) => chunk.columns[j] as Column);
    if (column.kind === "text") return { ...column, values: parts.flatMap((part) => part.values as readonly string[]) };
    const values = new Float64Array(rows);
    let offset = 0;
    for (const part of parts) {
      values.set(part.values as Float64Array, offset);
      offset += part.values.length;
    }
    return { ...column, values };
  });
  return { rows, columns, dropped: chunks.reduce((sum, chunk) => sum + chunk.dropped, 0) };
}

/** The table in pieces, for files larger than memory. */
export function tableChunks(
  path: string,
  options: {
    readonly columns?: readonly string[];
    readonly kinds?: Readonly<Record<string, "number" | "text">>;
    readonly missing?: "error" | "drop";
    readonly chunkRows?: number;
  },
): AsyncIterable<CsvTable> {
  return path === "-" ? readCsv(process.stdin, { file: "standard input", ...options }) : readCsv(path, options);
}
