import { tableLocation, tablePlace } from "@pushforward/columns/extend";
import { DataError } from "@pushforward/core";
import { mention } from "@pushforward/core/extend";
import { suggestedName } from "@pushforward/core/plain";
import type { Column, Table } from "@pushforward/datasets";
import { listNames } from "@pushforward/datasets/extend";
import type { ContextColumn, RowLayout } from "./row-layout.ts";

/** Which columns of a table a model is about. */
export interface ColumnChoice {
  /** Columns to model. Default: all numeric columns that are neither context nor split. */
  readonly columns?: readonly string[] | undefined;
  /** Columns to condition on: numbers or categories. Default: none. */
  readonly context?: readonly string[] | undefined;
  /** A column that says which rows are for what; it is neither modeled nor given. */
  readonly splitColumn?: string | undefined;
  /** Maximum number of categories of a context column. Default: 1000. */
  readonly maxCategories?: number | undefined;
}

const MAX_CATEGORIES = 1000;

/**
 * The layout of the chosen columns of a table.
 *
 * @param file name of the table in error messages.
 * @throws {DataError} a column is missing, is text where numbers are needed, is named twice or has too many categories.
 * @example
 * const layout = chooseColumns(penguins(), { columns: ["body_mass_g"], context: ["species"] });
 */
export function chooseColumns(table: Table, choice: ColumnChoice = {}, file?: string): RowLayout {
  const context = (choice.context ?? []).map((name) => contextColumn(table, name, choice, file));
  checkSplitColumn(table, choice, file);
  const taken = new Set([...(choice.context ?? []), ...(choice.splitColumn === undefined ? [] : [choice.splitColumn])]);
  const columns =
    choice.columns ?? table.columns.filter((c) => c.kind === "number" && !taken.has(c.name)).map((c) => c.name);
  for (const name of columns) {
    if (findColumn(table, name, file).kind !== "number") {
      const at = tableLocation(file, name);
      throw new DataError(
        [
          `${tablePlace(at)}expected numbers, got text. Name it in `,
          mention("context"),
          " to condition on it as a category.",
        ],
        at,
      );
    }
    if (taken.has(name)) {
      throw refusal(file, `column "${name}" is named both as a column and as context or split.`, name);
    }
  }
  if (columns.length === 0) throw refusal(file, "expected at least one numeric column, got none.");
  return { columns, context };
}

function contextColumn(
  table: Table,
  name: string,
  { maxCategories = MAX_CATEGORIES }: ColumnChoice,
  file: string | undefined,
): ContextColumn {
  const column = findColumn(table, name, file);
  if (column.kind === "number") return { name, kind: "number" };
  const categories = [...new Set(column.values)].sort();
  if (categories.length <= maxCategories) return { name, kind: "category", categories };
  const at = tableLocation(file, name);
  throw new DataError(
    `${tablePlace(at)}expected at most ${maxCategories} different texts in a context column, got ${categories.length}. Leave the column out.`,
    at,
  );
}

function checkSplitColumn(table: Table, { context, splitColumn }: ColumnChoice, file: string | undefined): void {
  if (splitColumn === undefined) return;
  findColumn(table, splitColumn, file);
  if (!context?.includes(splitColumn)) return;
  throw refusal(file, `column "${splitColumn}" is named both as context and as split.`, splitColumn);
}

function findColumn(table: Table, name: string, file: string | undefined): Column {
  const column = table.columns.find((c) => c.name === name);
  if (column !== undefined) return column;
  const names = table.columns.map((c) => c.name);
  throw refusal(
    file,
    `expected a column "${name}", got the columns ${listNames(names)}.${suggestedName(name, names)}`,
    name,
  );
}

function refusal(file: string | undefined, text: string, column?: string): DataError {
  return new DataError(`${tablePlace(tableLocation(file))}${text}`, tableLocation(file, column));
}
