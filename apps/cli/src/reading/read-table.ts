import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import type { Table } from "@pushforward/datasets";
import { joinCsvTables, listNames } from "@pushforward/datasets/extend";
import { type CsvSource, readCsv } from "@pushforward/datasets/node";
import { type FileTable, openQuery, openTable, type RowRange } from "@pushforward/files";
import type { TableModel } from "@pushforward/tables";
import {
  type Column,
  type CsvOptions,
  type CsvTable,
  DataError,
  MISSING_VALUES,
  OptionError,
  type ReadTableOptions,
  type TableSource,
  type UnderstandTableOptions,
  type UnderstoodTable,
  understandTable,
} from "pushforward";
import { UserError } from "../errors/user-error.ts";
import { QUERY_ALONE, type QueryOptions, type ReadOptions } from "../options/read-options.ts";
import { say } from "../output/terminal.ts";
import { located, programIo } from "../run/program-io.ts";

/** Converts the options to options of the reader of CSV files. */
export function csvOptionsOf({ na, header, delimiter, decimal, encoding }: ReadOptions): CsvOptions {
  return { missingValues: na && [...MISSING_VALUES, ...na], header, delimiter, decimal, encoding };
}

/** Receives messages about a file as a whole. */
type Notice = (text: string) => void;

/**
 * A file of any format, all files that a pattern matches, the rows of `--query`, or standard input for `-`, which can be read
 * once.
 */
export async function tableSource(
  path: string,
  reading: ReadOptions & QueryOptions & { readonly range?: RowRange | undefined } = {},
  notice: Notice = say,
): Promise<FileTable> {
  if (path === "-") return sourceOf(STANDARD_INPUT, () => bytesOf(programIo().stdin), reading, notice);
  const { na: missingValues, query, range: rows } = reading;
  if (path === QUERY_ALONE && query === undefined)
    throw new UserError("expected the name of a file, got an empty one.");
  if (path === QUERY_ALONE) return await openQuery(query as string, { missingValues, folder: programIo().cwd });
  const found = await stat(located(path)).catch(() => undefined);
  // A pipe has no first bytes to look at: it is read as CSV, as standard input is.
  if (found !== undefined && !found.isFile()) return sourceOf(path, () => located(path), reading, notice);
  const onEncoding = encodingNotice(path, reading, notice);
  const csv = csvOptionsOf(reading);
  const table = await openTable(located(path), {
    csv,
    missingValues,
    query,
    folder: programIo().cwd,
    rows,
    onEncoding,
  });
  return { ...table, name: path };
}

/**
 * Opens a file, or an input that cannot be read twice, such as standard input for `-`. The part of such an input that
 * was read is kept in memory.
 */
export async function rereadableSource(
  path: string,
  reading: ReadOptions & QueryOptions,
  notice: Notice,
): Promise<FileTable> {
  const found = path === "-" ? undefined : await stat(located(path)).catch(() => undefined);
  if (path !== "-" && (found === undefined || found.isFile() || found.isDirectory())) {
    return await tableSource(path, reading, notice);
  }
  const kept = new KeptStream(bytesOf(path === "-" ? programIo().stdin : createReadStream(located(path))));
  return sourceOf(path === "-" ? STANDARD_INPUT : path, () => kept.read(), reading, notice);
}

const STANDARD_INPUT = "standard input";

/** Returns a table with bytes from any source. */
export function sourceOf(name: string, open: () => CsvSource, reading: ReadOptions, notice: Notice = say): TableSource {
  const csv = csvOptionsOf(reading);
  const tell = encodingNotice(name, reading, notice);
  return {
    name,
    chunks: async function* (options) {
      for await (const table of readCsv(open(), { file: name, ...csv, ...options })) {
        tell(table);
        yield table;
      }
    },
  };
}

/** Prints a single notice if a file is not UTF-8, unless the user declared the encoding. */
function encodingNotice(name: string, { encoding }: ReadOptions, notice: Notice): (table: CsvTable) => void {
  let isTold = encoding !== undefined;
  return (table) => {
    if (isTold || table.encoding !== "windows-1252") return;
    isTold = true;
    notice(`${name}: not UTF-8, and therefore read as Windows-1252; pass --encoding if this is wrong`);
  };
}

/** A stream that can be reread from its start. It takes only requested data from the source. */
class KeptStream {
  private readonly pieces: Uint8Array[] = [];
  private readonly rest: AsyncIterator<Uint8Array>;

  constructor(stream: AsyncIterable<Uint8Array>) {
    this.rest = stream[Symbol.asyncIterator]();
  }

  async *read(): AsyncGenerator<Uint8Array> {
    for (let i = 0; ; i++) {
      let piece = this.pieces[i];
      if (piece === undefined) {
        const next = await this.rest.next();
        if (next.done === true) return;
        piece = next.value;
        this.pieces.push(piece);
      }
      yield piece;
    }
  }
}

async function* bytesOf(stream: AsyncIterable<unknown>): AsyncGenerator<Uint8Array> {
  try {
    for await (const piece of stream) yield piece as Uint8Array;
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new DataError(`${STANDARD_INPUT}: expected bytes that can be read, got ${reason}.`, {}, { cause });
  }
}

/** Rows from which the columns of a table are judged. */
const HEAD_ROWS = 100;

/**
 * Returns the columns of a table, with enough rows to detect their contents. Errors in a column do not matter here,
 * because the column may stay unused: a missing or broken number is NaN.
 */
export async function readHead(source: TableSource): Promise<Table> {
  const broken = new Set<string>();
  for (;;) {
    try {
      const kinds = Object.fromEntries(Array.from(broken, (name) => [name, "text"] as const));
      for await (const chunk of source.chunks({ missing: "keep", chunkRows: HEAD_ROWS, kinds })) {
        if (chunk.rows === 0) continue;
        const columns = chunk.columns.map(
          (column): Column =>
            broken.has(column.name)
              ? { name: column.name, kind: "number", values: new Float64Array(chunk.rows).fill(Number.NaN) }
              : column,
        );
        return { rows: chunk.rows, columns };
      }
      throw noRows(source);
    } catch (error) {
      const name = error instanceof DataError ? error.location.column : undefined;
      if (name === undefined || broken.has(name)) throw error;
      // Numbers with an error among them: as texts they can be passed over.
      broken.add(name);
    }
  }
}

/** Reads a table whole. */
export async function readTable(source: TableSource, options: ReadTableOptions = {}): Promise<CsvTable> {
  const chunks: CsvTable[] = [];
  for await (const chunk of source.chunks(options)) chunks.push(chunk);
  const table = joinCsvTables(chunks);
  if (table === undefined || table.rows === 0) throw noRows(source, table?.dropped, table?.droppedBy);
  return table;
}

/** Returns a note with the number of dropped rows and the columns that caused this; undefined without dropped rows. */
export function droppedNote(
  rows: number,
  { dropped, droppedBy }: Pick<CsvTable, "dropped" | "droppedBy">,
): string | undefined {
  if (dropped === 0) return undefined;
  return `${dropped} of ${rows + dropped} rows with missing values left out: ${causes(droppedBy)}`;
}

const MOST_CAUSES = 5;

function causes(droppedBy: ReadonlyMap<string, number>): string {
  const sorted = [...droppedBy].sort((a, b) => b[1] - a[1]);
  const shown = sorted.slice(0, MOST_CAUSES).map(([name, count]) => `"${name}" is missing in ${count}`);
  const more = sorted.length - shown.length;
  return shown.join(", ") + (more > 0 ? `, and ${more} more ${more === 1 ? "column" : "columns"}` : "");
}

function noRows({ name }: TableSource, dropped = 0, droppedBy: ReadonlyMap<string, number> = new Map()): DataError {
  if (dropped === 0) return new DataError(`${name}: expected at least one row, got none.`, { file: name });
  const [worst = ""] = [...droppedBy].sort((a, b) => b[1] - a[1]).map(([column]) => column);
  return new DataError(
    `${name}: expected at least one row, got ${dropped} with missing values: ${causes(droppedBy)}. ` +
      `Leave a column out by naming the others in --columns, ${listNames([worst])} first.`,
    { file: name },
  );
}

/**
 * Reads a table and determines the kinds of its columns.
 *
 * @throws {UserError | DataError} a column is missing, or does not fit its declaration.
 */
export async function understandFile(source: TableSource, options: UnderstandTableOptions): Promise<UnderstoodTable> {
  try {
    return await understandTable(source, options);
  } catch (error) {
    // It begins with the name of the option.
    if (error instanceof OptionError) throw new UserError(`--${error.message}`);
    throw error;
  }
}

/**
 * Some columns of a file as typed rows of a model. Reports rows with missing values that are left out.
 *
 * @throws {DataError} a column is missing, or a value does not fit its column; the message names its row.
 */
export async function readColumns(
  model: TableModel,
  file: string,
  names: readonly string[],
  options: ReadOptions,
): Promise<Table> {
  const source = await tableSource(file, options);
  const { kinds = "text", missing = "keep" } = model.reading({ missing: options.missing, keepOthers: false });
  const columns = [...new Set(names)];
  const own =
    typeof kinds === "string" ? kinds : Object.fromEntries(columns.map((name) => [name, kinds[name] ?? "text"]));
  const table = await readTable(source, { columns, kinds: own, missing });
  const dropped = droppedNote(table.rows, table);
  if (dropped !== undefined) say(dropped);
  return model.read(table, { file: source.name, isPartial: true });
}
