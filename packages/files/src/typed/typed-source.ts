import type { ReadTableOptions, TableSource } from "@pushforward/columns";
import { DataError } from "@pushforward/core";
import type { CsvTable } from "@pushforward/datasets";
import { listNames, MissingMarkers } from "@pushforward/datasets/extend";
import type { TypedFile, WantedColumn } from "./typed-file.ts";
import { TypedRows } from "./typed-rows.ts";

/** Rows of a chunk when nobody says how many, as for CSV files. */
const CHUNK_ROWS = 8192;

/** How cells of a typed file are read beyond what the file says. */
export interface TypedReading {
  /** Texts that mark a missing value, beside cells without one. */
  readonly missingValues?: readonly string[] | undefined;
  /** Rows of the file before the first that is read. Default: 0. */
  readonly rowsBefore?: number | undefined;
}

/**
 * A file that says itself what its columns hold, read like any table. Columns come as what they are declared to be, unless
 * `kinds` names another kind; those that are kept (`others`) come as exact text.
 *
 * @throws {DataError} while it is read: a column is missing, or a cell is not what was asked for; the message names its row.
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

/** The columns to read, in the order in which they come. */
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
