import type { TableSource } from "@pushforward/columns";
import { type CsvOptions, type CsvTable, csvChunks, formatCsv, type Table } from "@pushforward/datasets";
import type { TypedColumn } from "../typed/typed-block.ts";
import { typedSource } from "../typed/typed-source.ts";

/** How a table in memory is read. */
export interface TableInMemoryOptions {
  /** Whether its columns are what they hold; otherwise all of them are the text of a CSV file. */
  readonly isTyped: boolean;
  readonly csv?: CsvOptions | undefined;
  readonly missingValues?: readonly string[] | undefined;
}

/** Some rows of a file, in memory, which are read as the file is. Their numbers are those in the file. */
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

/** Quotes tell a CSV file what no value means: what was missing is written without them, whatever stands there. */
function csvSource(name: string, table: Table, { csv }: TableInMemoryOptions): TableSource {
  const text = formatCsv(table);
  const { encoding: _, delimiter: __, header: ___, ...rest } = csv ?? {};
  return {
    name,
    chunks: (reading) => csvChunks([text], { file: name, ...rest, delimiter: ",", header: true, ...reading }),
  };
}
