import { type Column, type CsvTable, DataError, type Table } from "pushforward";
import { readCsv } from "pushforward/node";

/** A whole table in memory, with the number of rows left out because a value was missing. */
export interface WholeTable extends Table {
  readonly dropped: number;
}

/** What to read of a table. */
export interface ReadTableOptions {
  /** Which columns; the others may hold anything. All when omitted. */
  readonly columns?: readonly string[];
  readonly kinds?: Readonly<Record<string, "number" | "text">>;
  readonly missing?: "error" | "drop";
  readonly chunkRows?: number;
}

/** A CSV file, or standard input. */
export interface TableSource {
  /** For messages. */
  readonly name: string;
  /** The table in pieces, for files larger than memory. */
  chunks(options: ReadTableOptions): AsyncIterable<CsvTable>;
}

/** A file, or standard input for `-`, which can be read once. */
export function tableSource(path: string): TableSource {
  if (path !== "-") return { name: path, chunks: (options) => readCsv(path, options) };
  const name = "standard input";
  return { name, chunks: (options) => readCsv(process.stdin, { file: name, ...options }) };
}

/** A file, or standard input for `-`, which is kept in memory, so that it can be read twice. */
export async function rereadableSource(path: string): Promise<TableSource> {
  const source = tableSource(path);
  if (path !== "-") return source;
  const pieces: Uint8Array[] = [];
  for await (const piece of process.stdin) pieces.push(piece as Uint8Array);
  const replay = async function* (): AsyncGenerator<Uint8Array> {
    yield* pieces;
  };
  return { ...source, chunks: (options) => readCsv(replay(), { file: source.name, ...options }) };
}

/** The columns of a table, with as many rows as it takes to tell what they hold. */
export async function readHead(source: TableSource): Promise<Table> {
  // Missing values are no matter here: they may be in columns that nobody uses.
  for await (const chunk of source.chunks({ missing: "drop", chunkRows: 1 })) return chunk;
  throw noRows(source);
}

/** Reads a table whole. */
export async function readTable(source: TableSource, options: ReadTableOptions = {}): Promise<WholeTable> {
  const chunks: CsvTable[] = [];
  for await (const chunk of source.chunks(options)) chunks.push(chunk);
  const [first] = chunks;
  const rows = chunks.reduce((sum, chunk) => sum + chunk.rows, 0);
  const dropped = chunks.reduce((sum, chunk) => sum + chunk.dropped, 0);
  if (first === undefined || rows === 0) throw noRows(source, dropped);
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
  return { rows, columns, dropped };
}

function noRows({ name }: TableSource, dropped = 0): DataError {
  const got = dropped === 0 ? "none" : `${dropped} with missing values`;
  return new DataError(`${name}: expected at least one row, got ${got}.`, { file: name });
}

/** `5`, or which rows are counted when some were left out. */
export function rowLabel(row: number, table: Table): string {
  const dropped = "dropped" in table ? (table as WholeTable).dropped : 0;
  return dropped === 0 ? `row ${row}` : `row ${row} of those without missing values`;
}
