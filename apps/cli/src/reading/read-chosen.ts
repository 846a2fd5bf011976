import { refuseSpaces } from "@pushforward/columns/extend";
import { holdsDecimalCommas } from "@pushforward/datasets/extend";
import { type ColumnChoice, chooseColumns, type RowLayout } from "@pushforward/tables/extend";
import type { Column, CsvTable, Table, TableSource } from "pushforward";
import { UserError } from "../errors/user-error.ts";
import { readHead, readTable } from "./read-table.ts";

/** Rows read from a table to learn from, and notes on the table. */
export interface ChosenTable {
  readonly table: CsvTable;
  readonly layout: RowLayout;
  /** Columns that are not used. */
  readonly left: readonly string[];
  /** Column that only counts the rows, if any; it is also left out. */
  readonly index?: string | undefined;
  /** A column of texts that would do as a context. */
  readonly suggestion?: string | undefined;
}

/** User choice of the columns and of the treatment of missing values. */
export interface TableChoice extends ColumnChoice {
  readonly missing?: "error" | "drop" | undefined;
}

/**
 * Reads only the columns in use, so that the other columns may have any contents.
 *
 * @throws {UserError} the numbers or fields are written in a way that has to be declared.
 * @throws {DataError} the choice does not fit the table, or a value cannot be used.
 */
export async function readChosen(source: TableSource, choice: TableChoice): Promise<ChosenTable> {
  const head = await readHead(source);
  const { context = [], splitColumn, missing } = choice;
  const others = new Set([...context, ...(splitColumn === undefined ? [] : [splitColumn])]);
  const numeric = head.columns.filter((c) => c.kind === "number" && !others.has(c.name)).map((c) => c.name);
  const columns = choice.columns ?? numeric;
  const used = [...new Set([...columns, ...others])];
  refuseDecimalCommas(head, choice, others, source.name);
  refuseSpaces(head, source.name);
  const known = used.every((name) => head.columns.some((c) => c.name === name));
  // What is wrong with the choice is said before the file is read.
  if (!known || columns.length === 0) chooseColumns(head, choice, source.name);
  const table = await readTable(source, { missing: missing ?? "error", columns: used });
  const index = choice.columns === undefined ? indexColumn(head, table) : undefined;
  const modeled = columns.filter((name) => name !== index);
  const layout = chooseColumns(table, { ...choice, columns: modeled }, source.name);
  const unused = head.columns.filter(({ name }) => !used.includes(name));
  return {
    table,
    layout,
    left: unused.map(({ name }) => name),
    index,
    suggestion: choice.columns === undefined && others.size === 0 ? likelyContext(unused) : undefined,
  };
}

/** A column of `1,5` looks like text: left out in silence, it would be missed. */
function refuseDecimalCommas(head: Table, choice: TableChoice, others: ReadonlySet<string>, file: string): void {
  const wanted = choice.columns === undefined ? undefined : new Set(choice.columns);
  const found = head.columns.find(
    (c) =>
      c.kind === "text" &&
      (wanted === undefined ? !others.has(c.name) : wanted.has(c.name)) &&
      holdsDecimalCommas(c.values),
  );
  if (found === undefined) return;
  const example = (found.values as readonly string[]).find((value) => value.includes(","))?.trim() ?? "";
  throw new UserError(
    `${file}, column "${found.name}": expected decimals with a point, got "${example}". Pass --decimal , to read decimal commas.`,
  );
}

/** Names that pandas, R and the reader of CSV files give to a first column without a name. */
const INDEX_NAMES: ReadonlySet<string> = new Set(["column1", "Unnamed: 0", "...1", "X"]);

/** The first column when it has no name of its own and only counts the rows, as data frames write their index. */
function indexColumn(head: Table, { columns, rowNumbers }: CsvTable): string | undefined {
  const name = head.columns[0]?.name ?? "";
  const first = columns.find((c) => c.name === name);
  if (!INDEX_NAMES.has(name) || first?.kind !== "number" || columns.length < 2) return undefined;
  const offset = (first.values[0] as number) - (rowNumbers[0] as number);
  const counts = first.values.every((value, i) => value - (rowNumbers[i] as number) === offset);
  return counts && (offset === 0 || offset === -1) ? name : undefined;
}

/**
 * Maximum number of categories of a possible context column. Each category must be in several rows, and no cell
 * missing.
 */
const MOST_CATEGORIES = 20;

function likelyContext(unused: readonly Column[]): string | undefined {
  return unused.find((column) => {
    if (column.kind === "number" || column.missing !== undefined) return false;
    const categories = new Set(column.values).size;
    return categories > 1 && categories <= MOST_CATEGORIES && 4 * categories <= column.values.length;
  })?.name;
}
