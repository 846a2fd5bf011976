import type { TableSource } from "@pushforward/columns";
import { DataError } from "@pushforward/core";
import { type CsvOptions, type CsvTable, csvChunks, formatCsv, type Table } from "@pushforward/datasets";
import { listNames } from "@pushforward/datasets/extend";
import type { TypedColumn } from "../typed/typed-block.ts";
import { typedSource } from "../typed/typed-source.ts";

/** How a table in memory is read. */
export interface TableInMemoryOptions {
  /** `true` if the columns have the types of their values; otherwise all columns are the text of a CSV file. */
  readonly isTyped: boolean;
  readonly csv?: CsvOptions | undefined;
  readonly missingValues?: readonly string[] | undefined;
}

/**
 * Returns some rows of a file, in memory, as a source that is read like the file. Row numbers are the numbers in the
 * file.
 */
export function tableInMemory(name: string, table: CsvTable, options: TableInMemoryOptions): TableSource {
  const source = options.isTyped ? typedSource(typedFile(name, table), options) : csvSource(name, table, options);
  return {
    name,
    chunks: async function* (reading): AsyncGenerator<CsvTable> {
      for await (const chunk of source.chunks(reading)) {
        yield { ...chunk, rowNumbers: chunk.rowNumbers.map((row) => table.rowNumbers[row - 1] as number) };
      }
    },
  };
}

function typedFile(name: string, table: Table): Parameters<typeof typedSource>[0] {
  const byName = new Map(
    table.columns.map((column): [string, TypedColumn] => [
      column.name,
      column.kind === "number"
        ? column
        : { ...column, values: column.values.map((text, row) => (column.missing?.has(row) ? null : text)) },
    ]),
  );
  return {
    name,
    columns: table.columns,
    blocks: (wanted) => [{ rows: table.rows, columns: wanted.map((column) => byName.get(column.name) as TypedColumn) }],
  };
}

/**
 * Reads a table as CSV. Missing cells are written without quotes, whatever their text, and quotes mark a cell as not
 * missing.
 */
function csvSource(name: string, table: Table, { csv }: TableInMemoryOptions): TableSource {
  const text = formatCsv(table);
  const { encoding: _, delimiter: __, header: ___, ...rest } = csv ?? {};
  return {
    name,
    chunks: (reading) => csvChunks([text], { file: name, ...rest, delimiter: ",", header: true, ...reading }),
  };
}

/** Column types that are the same in all tables. */
function commonTypes(sources: readonly TableSource[]): ReadonlyMap<string, string> {
  const [first, ...others] = sources;
  return new Map(
    [...(first?.types ?? [])].filter(([name, type]) => others.every((one) => one.types?.get(name) === type)),
  );
}

/** Concatenates tables, which must have the same columns. Rows are numbered consecutively; errors name the file. */
export function joinSources(name: string, sources: readonly TableSource[]): TableSource {
  return {
    name,
    types: commonTypes(sources),
    chunks: async function* (options): AsyncGenerator<CsvTable> {
      let rows = 0;
      let first: string | undefined;
      for (const source of sources) {
        let last = 0;
        for await (const chunk of source.chunks(options)) {
          const names = listNames(chunk.columns.map((column) => column.name));
          first ??= names;
          if (names !== first) {
            throw new DataError(`${source.name}: expected the columns ${first} of the files before it, got ${names}.`, {
              file: source.name,
            });
          }
          last += chunk.rows + chunk.dropped;
          const before = rows;
          yield { ...chunk, rowNumbers: chunk.rowNumbers.map((row) => row + before) };
        }
        rows += last;
      }
    },
  };
}

/** Consecutive rows of a file. */
export interface RowRange {
  /** The first row, from 0. */
  readonly from: number;
  readonly count: number;
}

/** A table in a file, or in several. */
export interface FileTable extends TableSource {
  /** `true` if the file declares the types of its columns. */
  readonly isTyped?: boolean | undefined;
  /** Bytes of the files. */
  readonly bytes?: number | undefined;
  /** Counts the rows, if that costs less than reading the rows as a table. */
  countRows?(): Promise<number>;
  /** `true` if the file declares its number of rows, so that a count is free. */
  readonly saysRows?: boolean | undefined;
}
