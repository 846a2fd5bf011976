import type { Command } from "commander";
import { UsageError } from "../errors/user-error.ts";
import { quoted } from "../output/words.ts";

/** The rows that a query chooses. */
export interface QueryOptions {
  readonly query?: string | undefined;
}

/** Stands in the place of the file where the query says all. */
export const QUERY_ALONE = "";

/** Adds the option of a query, which may take the place of the file. */
export function addQueryOption(command: Command): Command {
  return command.option(
    "--query <sql>",
    "rows and columns in the SQL of DuckDB, which names files, \"SELECT … FROM 'x.parquet'\", or calls the rows of a Parquet or JSON file data; of a SQLite database in its own SQL",
  );
}

/**
 * The file of a command, which may be left out where there is a query.
 *
 * @throws {UsageError} there is neither.
 */
export function fileOrQuery(file: string | undefined, { query }: QueryOptions): string {
  if (query !== undefined && query.trim() === "") throw new UsageError("--query: expected a query, got an empty one.");
  if (file === undefined && query === undefined)
    throw new UsageError("expected a file with the table, or --query, got none.");
  return file ?? QUERY_ALONE;
}

/** What a command that reads the same rows is told: the file, quoted, and the query. */
export function dataFlags(file: string, { query }: QueryOptions): string {
  const parts = [
    ...(file === QUERY_ALONE ? [] : [quoted(file)]),
    ...(query === undefined ? [] : [`--query ${quoted(query)}`]),
  ];
  return parts.join(" ");
}
