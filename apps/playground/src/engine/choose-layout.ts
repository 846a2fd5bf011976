import { chooseColumns, type RowLayout } from "@pushforward/tables/extend";
import { DataError, type Table } from "pushforward";
import type { Settings } from "../shared/settings.ts";

/** Maximum number of categories of a given column. */
const MAX_CATEGORIES = 40;

/**
 * What the columns of a table mean to the model of these settings. Columns that the table does not have are ignored.
 *
 * @throws {DataError} nothing is left to model, or a column has too many categories.
 */
export function chooseLayout(table: Table, settings: Settings): RowLayout {
  const context = settings.given.filter((name) => table.columns.some((c) => c.name === name));
  const numbers = table.columns.filter((c) => c.kind === "number" && !context.includes(c.name)).map((c) => c.name);
  const chosen = settings.columns.filter((name) => numbers.includes(name));
  const columns = chosen.length > 0 ? chosen : numbers;
  if (columns.length === 0) {
    throw new DataError(
      "Expected at least one column of numbers to learn, got none. Set a column of numbers to “learn”.",
    );
  }
  return chooseColumns(table, { columns, context, maxCategories: MAX_CATEGORIES });
}

/** Settings that read the columns of a model, where the table has them. */
export function withColumnsOf({ columns, context }: RowLayout, settings: Settings): Settings {
  return { ...settings, columns, given: context.map(({ name }) => name) };
}
