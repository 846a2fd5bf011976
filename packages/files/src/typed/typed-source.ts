import type { ReadTableOptions, TableSource } from "@pushforward/columns";
import { DataError } from "@pushforward/core";
import type { CsvTable } from "@pushforward/datasets";
import { listNames, MissingMarkers } from "@pushforward/datasets/extend";
import type { TypedFile, WantedColumn } from "./typed-file.ts";
import { TypedRows } from "./typed-rows.ts";

/** Default number of rows of a chunk, as for CSV files. */
const CHUNK_ROWS = 8192;

/** Settings for reading the cells of a typed file, in addition to the declarations of the file. */
export interface TypedReading {
  /** Texts that mark a missing value, in addition to empty cells. */
  readonly missingValues?: readonly string[] | undefined;
  /** Rows of the file before the first that is read. Default: 0. */
  readonly rowsBefore?: number | undefined;
}

/**
 * Returns a table source for a file that declares the types of its columns. Columns have their declared kind, unless
 * `kinds` names a different one. Columns that are kept (`others`) are read as exact text.
 *
 * @throws {DataError} while reading: a column is missing, or a cell does not have the requested kind; the message names
 * its row.
 */
export function typedSource(file: TypedFile, { missingValues = [], rowsBefore = 0 }: TypedReading = {}): TableSource {
  return {
    name: file.name,
    types: file.types,
    chunks: async function* (options: ReadTableOptions): AsyncGenerator<CsvTable> {
      const wanted = wantedColumns(file, options);
      const asked = new Set(options.columns ?? file.columns.map(({ name }) => name));
      const rows = new TypedRows({
        ...{ file: file.name, wanted, missingValues: new MissingMarkers(missingValues), rowsBefore },
        kept: wanted.map(({ name }) => !asked.has(name)),
        missing: options.missing ?? "error",
        chunkRows: options.chunkRows ?? CHUNK_ROWS,
      });
      for await (const block of file.blocks(wanted)) {
        rows.push(block);
        yield* rows.take();
      }
      yield* rows.end();
    },
  };
}

/** The columns to read, in output order. */
function wantedColumns(
  { name: file, columns: all }: TypedFile,
  { columns, others = "leave", kinds = {} }: ReadTableOptions,
): WantedColumn[] {
  const places = new Map(all.map((column) => [column.name, column]));
  const named = [...(columns ?? []), ...(kinds === "text" ? [] : Object.keys(kinds))];
  const unknown = named.find((name) => !places.has(name));
  if (unknown !== undefined) {
    throw new DataError(`${file}: expected a column "${unknown}", got the columns ${listNames([...places.keys()])}.`, {
      file,
    });
  }
  const asked = new Set(columns ?? places.keys());
  const names = others === "keep" ? [...places.keys()] : [...asked];
  return names.map((name): WantedColumn => {
    if (!asked.has(name)) return { name, kind: "text" };
    const own = kinds === "text" || !Object.hasOwn(kinds, name) ? undefined : kinds[name];
    return { name, kind: own ?? (places.get(name) as WantedColumn).kind };
  });
}
