import { createWriteStream } from "node:fs";
import { type FileHandle, open, rename, rm } from "node:fs/promises";
import { extname } from "node:path";
import { pipeline } from "node:stream/promises";
import { OptionError, SaveError } from "@pushforward/core";
import { checkOptions } from "@pushforward/core/extend";
import { replaceFile } from "@pushforward/core/node";
import type { Column, FormatCsvOptions, Table } from "@pushforward/datasets";
import { writeCsv } from "@pushforward/datasets/node";
import { BOOLEANS, isNumericType } from "./parquet-columns.ts";

/** Writes tables as JSON lines or as an array: one object for each row; a missing cell is null. */
class JsonWriter {
  private readonly path: string;
  private readonly types: ReadonlyMap<string, string>;
  private readonly isArray: boolean;
  private file: FileHandle | undefined;
  private isFirst = true;

  /**
   * @param types SQL types of columns: texts of a BOOLEAN column become true and false, texts of numeric columns
   * numbers.
   * @param isArray `true` to write the objects as an array. Default: lines.
   */
  constructor(path: string, types: ReadonlyMap<string, string>, isArray = false) {
    this.path = path;
    this.types = types;
    this.isArray = isArray;
  }

  async write({ rows, columns }: Table): Promise<void> {
    this.file ??= await open(this.path, "w");
    const cells = columns.map((column) => this.cellsOf(column));
    const names = columns.map(({ name }) => JSON.stringify(name));
    if (rows === 0) return;
    const lines = Array.from({ length: rows }, (_, row) => {
      return `{${names.map((name, k) => `${name}:${cells[k]?.(row)}`).join(",")}}`;
    });
    const before = !this.isArray ? "" : this.isFirst ? "[\n" : ",\n";
    this.isFirst = false;
    // Unlike `write`, it goes on where a part was written, and so finds a disk that is full.
    await this.file.appendFile(`${before}${lines.join(this.isArray ? ",\n" : "\n")}${this.isArray ? "" : "\n"}`);
  }

  /** Closes the file. */
  async end(): Promise<void> {
    if (this.isArray) await this.file?.appendFile(this.isFirst ? "[]\n" : "\n]\n");
    await this.file?.close();
    this.file = undefined;
  }

  private cellsOf(column: Column): (row: number) => string {
    if (column.kind === "number") {
      const isFlag = this.types.get(column.name) === "BOOLEAN";
      return (row) => {
        const value = column.values[row] as number;
        return isFlag && (value === 0 || value === 1) ? String(value === 1) : String(finiteOrNull(value));
      };
    }
    const { name, values, missing } = column;
    const isBoolean = this.types.get(name) === "BOOLEAN";
    const isNumber = isNumericType(this.types.get(name));
    return (row) => {
      if (missing?.has(row)) return "null";
      const text = values[row] as string;
      if (isNumber && JSON_NUMBER.test(text)) return text;
      const flag = isBoolean ? BOOLEANS.get(text.toLowerCase()) : undefined;
      return flag === undefined ? JSON.stringify(text) : String(flag);
    };
  }
}

/** A number as JSON has it, of any number of digits. */
const JSON_NUMBER = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/;

/** JSON has no infinite numbers. */
function finiteOrNull(value: number): number | null {
  return Number.isFinite(value) ? value : null;
}

/** How a table is written. */
export type WrittenFormat = "csv" | "parquet" | "arrow" | "json";

const FORMATS: Readonly<Record<string, WrittenFormat>> = {
  ...{ "": "csv", ".csv": "csv", ".tsv": "csv", ".txt": "csv", ".parquet": "parquet", ".pq": "parquet" },
  ...{ ".arrow": "arrow", ".feather": "arrow", ".ipc": "arrow", ".jsonl": "json", ".ndjson": "json", ".json": "json" },
};

/** File extensions of the formats that tables are written to. */
export const WRITTEN_ENDS: readonly string[] = Object.keys(FORMATS).filter((end) => end !== "");

/**
 * Returns the format for the extension of a file name; CSV for a name without an extension.
 *
 * @throws {OptionError} the extension is unknown.
 */
export function writtenFormat(path: string): WrittenFormat {
  const end = extname(path).toLowerCase();
  const format = Object.hasOwn(FORMATS, end) ? FORMATS[end] : undefined;
  if (format !== undefined) return format;
  throw new OptionError(`${path}: expected the name of a file that ends in ${WRITTEN_ENDS.join(", ")}, got ${end}.`);
}

/** Options of {@link writeTable}. */
export interface WriteTableOptions extends Pick<FormatCsvOptions, "escapeFormulas" | "delimiter" | "decimal"> {
  /** SQL types of columns, for instance from the source file; Parquet and JSON keep the types. */
  readonly types?: ReadonlyMap<string, string> | undefined;
}

/**
 * Writes a table, or a stream of tables with the same columns, as one file. The file name determines the format:
 * `.parquet`, `.arrow` or `.feather`, `.jsonl`, `.json` (an array), and `.csv`, `.tsv`, `.txt` or no extension for CSV.
 * The file appears when it is complete. Memory does not grow with the rows.
 *
 * @throws {OptionError} the extension is unknown.
 * @throws {SaveError} the file cannot be written; an existing file is unchanged.
 * @example
 * await writeTable("penguins.parquet", penguins());
 */
export async function writeTable(
  path: string,
  source: Table | AsyncIterable<Table>,
  options: WriteTableOptions = {},
): Promise<void> {
  checkOptions("writeTable", options, { escapeFormulas: true, delimiter: true, decimal: true, types: true });
  const { escapeFormulas, delimiter = ",", decimal, types = new Map() } = options;
  const format = writtenFormat(path);
  if (format === "csv") {
    await writeCsv(path, mapTables(mapTables(source, zonesOf(types)), withoutNaN), {
      delimiter: /\.tsv$/i.test(path) ? "\t" : delimiter,
      decimal,
      ...(escapeFormulas !== undefined && { escapeFormulas }),
    });
    return;
  }
  const zoned = format === "json" ? mapTables(source, zonesOf(types)) : source;
  const tables = sameColumns("columns" in zoned ? [zoned] : zoned);
  await replaceFile("writeTable", path, async (temporary) => {
    if (format === "arrow") await writeArrowFile(temporary, tables, types);
    else await writeAll(tables, await openWriter(temporary, format, types, /\.json$/i.test(path)));
  });
}

/** Adds the UTC sign to times of columns with a time zone, because text formats have no types for time zones. */
function zonesOf(types: ReadonlyMap<string, string>): (column: Column) => Column {
  return (column) => {
    if (column.kind === "number" || types.get(column.name) !== "TIMESTAMP WITH TIME ZONE") return column;
    return { ...column, values: column.values.map((text) => (UNZONED.test(text) ? `${text}Z` : text)) };
  };
}

/** Missing numbers as empty cells. */
function withoutNaN(column: Column): Column {
  if (column.kind === "text" || !column.values.some(Number.isNaN)) return column;
  const missing = new Set<number>();
  const values = Array.from(column.values, (value, row) => {
    if (!Number.isNaN(value)) return String(value);
    missing.add(row);
    return "";
  });
  return { name: column.name, kind: "text", values, missing };
}

function mapTables(
  source: Table | AsyncIterable<Table>,
  change: (column: Column) => Column,
): Table | AsyncIterable<Table> {
  if ("columns" in source) return { rows: source.rows, columns: source.columns.map(change) };
  return (async function* () {
    for await (const { rows, columns } of source) yield { rows, columns: columns.map(change) };
  })();
}

const UNZONED = /^\d{4}-\d\d-\d\d[ T][\d:.]+$/;

async function openWriter(
  path: string,
  format: "parquet" | "json",
  types: ReadonlyMap<string, string>,
  isArray: boolean,
): Promise<TableWriter> {
  if (format === "json") return new JsonWriter(path, types, isArray);
  const { ParquetTableWriter } = await import("./parquet-table-writer.ts");
  return new ParquetTableWriter(path, types);
}

/** A writer for a stream of tables. */
interface TableWriter {
  write(table: Table): Promise<void>;
  end(): Promise<void>;
}

async function writeAll(tables: AsyncIterable<Table>, writer: TableWriter): Promise<void> {
  let isDone = false;
  try {
    for await (const table of tables) await writer.write(table);
    isDone = true;
  } finally {
    // After an error of the source, the error is thrown as it is.
    const ended = writer.end();
    await (isDone ? ended : ended.catch(() => undefined));
  }
}

/**
 * Writes a stream of Arrow batches. A column keeps its type as long as all of its cells fit it. At the first cell that
 * does not fit, the previous batches are rewritten with a wider type, float64 or text.
 */
async function writeArrowFile(
  path: string,
  tables: AsyncGenerator<Table>,
  types: ReadonlyMap<string, string>,
): Promise<void> {
  const [{ RecordBatchFileWriter }, { arrowBatch }] = await Promise.all([
    import("apache-arrow"),
    import("../arrow/arrow-batch.ts"),
  ]);
  let known = types;
  let before: string | undefined;
  let pending: Table | undefined;
  for (;;) {
    let unfit: Table | undefined;
    const all = async function* (): AsyncGenerator<Table> {
      if (before !== undefined) yield* readBack(before, known);
      if (pending !== undefined) yield pending;
      for (;;) {
        const next = await tables.next();
        if (next.done) return;
        yield next.value;
      }
    };
    let written: ReadonlyMap<string, string> | undefined;
    const batches = async function* () {
      for await (const table of all()) {
        const { batch, types: found } = arrowBatch(table, written ?? known);
        const isSame = written === undefined || [...found].every(([name, type]) => written?.get(name) === type);
        written = found;
        if (!isSame) {
          unfit = table;
          return;
        }
        yield batch;
      }
    };
    await pipeline(await RecordBatchFileWriter.writeAll(batches()), createWriteStream(path));
    if (before !== undefined) await rm(before, { force: true });
    if (unfit === undefined) return;
    known = written as ReadonlyMap<string, string>;
    pending = unfit;
    before = `${path}.narrow`;
    await rename(path, before);
  }
}

/** The rows of a file of Arrow that was just written: numbers of float64, all else as exact texts. */
async function* readBack(path: string, types: ReadonlyMap<string, string>): AsyncGenerator<Table> {
  const { openArrowFile } = await import("../arrow/arrow-file.ts");
  const file = await openArrowFile(path);
  const wanted = file.columns.map(({ name }) => {
    return { name, kind: types.get(name) === "DOUBLE" ? ("number" as const) : ("text" as const) };
  });
  for await (const { rows, columns } of file.blocks(wanted)) {
    yield {
      rows,
      columns: columns.map((column): Column => {
        if (column.kind === "number") return column;
        const missing = new Set(column.values.flatMap((text, row) => (text === null ? [row] : [])));
        return { ...column, values: column.values.map((text) => text ?? ""), ...(missing.size > 0 && { missing }) };
      }),
    };
  }
}

async function* sameColumns(tables: Iterable<Table> | AsyncIterable<Table>): AsyncGenerator<Table> {
  let names: string | undefined;
  for await (const table of tables) {
    const found = JSON.stringify(table.columns.map(({ name }) => name));
    names ??= found;
    if (found !== names) throw new SaveError(`writeTable: expected the columns ${names} in every table, got ${found}.`);
    yield table;
  }
  if (names === undefined) throw new SaveError("writeTable: expected at least one table, got none.");
}
