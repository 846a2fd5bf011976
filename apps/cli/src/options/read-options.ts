import type { Delimiter, TextEncoding } from "@pushforward/datasets/extend";
import { type Command, InvalidArgumentError, Option } from "commander";
import { UsageError } from "../errors/user-error.ts";
import { names, quoted } from "./options.ts";

/** User options for reading a table. */
export interface ReadOptions {
  readonly missing?: "error" | "drop";
  readonly na?: readonly string[];
  readonly header?: boolean;
  readonly delimiter?: Delimiter;
  readonly decimal?: "." | ",";
  readonly encoding?: TextEncoding;
}

/** Adds the options of a command that reads a table. */
export function addReadOptions(command: Command): Command {
  if (!command.options.some(({ long }) => long === "--missing")) {
    const missing = "rows with missing values: report an error, or drop the rows (default: error)";
    command.addOption(new Option("--missing <what>", missing).choices(["error", "drop"]));
  }
  return command
    .option("--na <texts>", "additional markers of missing values, separated by commas, for instance ?,-99", names)
    .option("--header", "the first line has column names, even if all are numbers")
    .option("--no-header", "the first line is data; columns are named column1, column2, …")
    .option("--delimiter <character>", "separator of fields: , ; | or tab (default: detected)", delimiter)
    .addOption(new Option("--decimal <character>", "decimal separator (default: .)").choices([".", ","]))
    .addOption(
      new Option("--encoding <name>", "encoding of the file (default: detected)").choices(["utf-8", "windows-1252"]),
    );
}

/** Returns the options as flags, each after a space, to repeat the options for a different command. */
export function readFlags({ missing, na, decimal, ...layout }: ReadOptions): string {
  return (
    flagText([
      missing === "drop" && "--missing drop",
      na &&
        `--na ${quoted(na.map((text) => (/[",]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text)).join(","))}`,
      decimal && `--decimal ${decimal}`,
    ]) + layoutFlags(layout)
  );
}

/** Returns the flags for the file layout that a model does not store: encoding, delimiter, and presence of names. */
export function layoutFlags({ header, delimiter, encoding }: ReadOptions): string {
  return flagText([
    header !== undefined && (header ? "--header" : "--no-header"),
    delimiter && `--delimiter ${delimiter === "\t" ? "tab" : quoted(delimiter)}`,
    encoding && `--encoding ${encoding}`,
  ]);
}

function flagText(flags: readonly (string | false | undefined)[]): string {
  return flags.map((flag) => (flag ? ` ${flag}` : "")).join("");
}

function delimiter(text: string): Delimiter {
  const found = ([",", ";", "|", "\t"] as const).find((character) => character === text);
  if (found !== undefined) return found;
  if (text === "tab" || text === "\\t") return "\t";
  throw new InvalidArgumentError("expected one of , ; | tab.");
}

/** The rows that a query chooses. */
export interface QueryOptions {
  readonly query?: string | undefined;
}

/** Placeholder for the file if only a query is given. */
export const QUERY_ALONE = "";

/** Adds the option of a query, which may take the place of the file. */
export function addQueryOption(command: Command): Command {
  return command.option(
    "--query <sql>",
    "SQL query: DuckDB for files, \"SELECT … FROM 'x.parquet'\", where data is the Parquet or JSON file of the command; SQLite for a database",
  );
}

/**
 * Returns the file of a command, which is optional with a query.
 *
 * @throws {UsageError} neither a file nor a query.
 */
export function fileOrQuery(file: string | undefined, { query }: QueryOptions): string {
  if (query !== undefined && query.trim() === "") throw new UsageError("--query: expected a query, got an empty one.");
  if (file === undefined && query === undefined)
    throw new UsageError("expected a file with the table, or --query, got none.");
  return file ?? QUERY_ALONE;
}

/** Returns the arguments for a command that reads the same rows: the quoted file, and the query. */
export function dataFlags(file: string, { query }: QueryOptions): string {
  const parts = [
    ...(file === QUERY_ALONE ? [] : [quoted(file)]),
    ...(query === undefined ? [] : [`--query ${quoted(query)}`]),
  ];
  return parts.join(" ");
}
