import { type Column, type CsvTable, DataError, OptionError, type Table } from "pushforward";
import {
  type ColumnDeclarations,
  type ColumnNote,
  findVariables,
  isLearnedVariable,
  isNumericVariable,
  listNames,
  type TypedTable,
  type Variable,
} from "pushforward/extend";
import { UserError } from "../errors/user-error.ts";
import { refuseSpaces } from "./read-chosen.ts";
import { readTable, type TableSource } from "./read-table.ts";

/** What the user says of the columns. */
export interface UnderstandOptions {
  /** The columns to learn. Default: all that can be. */
  readonly columns?: readonly string[] | undefined;
  /** The columns to condition on. Default: none. */
  readonly context?: readonly string[] | undefined;
  readonly splitColumn?: string | undefined;
  readonly declare?: ColumnDeclarations | undefined;
  readonly decimal?: "." | "," | undefined;
}

/** A table whose columns are understood. */
export interface UnderstoodTable extends TypedTable {
  /** The columns as they stand in the file, with the one that splits the rows. */
  readonly source: CsvTable;
  /** The columns of which a density can be learned, and those of the context. */
  readonly learned: readonly Variable[];
  readonly notes: readonly ColumnNote[];
  /**
   * Whether a flow can learn the columns: they are numbers as any program writes them, and no cell is missing. Those of the
   * context may be categories, too.
   */
  readonly isNumeric: boolean;
}

/** Rows from which it is judged how the whole table is best read. */
const HEAD_ROWS = 1000;

/**
 * Reads a table and finds what its columns are. Tables that seem to hold numbers only are read as such, which takes a
 * fraction of the memory.
 *
 * @throws {UserError | DataError} a column is not there, or not what it is declared to be.
 */
export async function understandTable(
  source: TableSource,
  options: UnderstandOptions,
  preferNumbers: boolean,
): Promise<UnderstoodTable> {
  const head = await readHead(source);
  refuseSpaces(head, source.name);
  checkNames(head, options, source.name);
  const { columns, context = [], splitColumn } = options;
  const wanted = columns && [...columns, ...context, ...(splitColumn === undefined ? [] : [splitColumn])];
  const part = wanted === undefined ? head : { ...head, columns: pick(head.columns, wanted) };
  const numeric = preferNumbers
    ? await readNumbers(source, understand(part, options, source.name), options)
    : undefined;
  if (numeric !== undefined) return numeric;
  const table = await readTable(source, { kinds: "text", missing: "keep", ...(wanted && { columns: wanted }) });
  return understand(table, options, source.name);
}

async function readHead(source: TableSource): Promise<CsvTable> {
  for await (const chunk of source.chunks({ kinds: "text", missing: "keep", chunkRows: HEAD_ROWS })) {
    if (chunk.rows > 0) return chunk;
  }
  throw new DataError(`${source.name}: expected at least one row, got none.`, { file: source.name });
}

function checkNames({ columns: found }: Table, options: UnderstandOptions, file: string): void {
  const { columns = [], context = [], splitColumn } = options;
  const names = found.map(({ name }) => name);
  const named = [...columns, ...context, ...(splitColumn === undefined ? [] : [splitColumn])];
  const unknown = named.find((name) => !names.includes(name));
  if (unknown !== undefined) {
    throw new UserError(`${file}: expected a column "${unknown}", got the columns ${listNames(names)}.`);
  }
  if (splitColumn !== undefined && columns.includes(splitColumn)) {
    throw new UserError(`${file}: column "${splitColumn}" is named both as a column and as split.`);
  }
  if (splitColumn !== undefined && context.includes(splitColumn)) {
    throw new UserError(`${file}: column "${splitColumn}" is named both as context and as split.`);
  }
  const both = context.find((name) => columns.includes(name));
  if (both !== undefined) {
    throw new UserError(`${file}: column "${both}" is named both as a column and as context.`);
  }
}

/** The table as numbers, if all of its rows bear out what the first ones promise. */
async function readNumbers(
  source: TableSource,
  head: UnderstoodTable,
  options: UnderstandOptions,
): Promise<UnderstoodTable | undefined> {
  if (!head.isNumeric) return undefined;
  const numbers = new Set(head.learned.filter(isNumericVariable).map(({ name }) => name));
  const columns = head.source.columns.map(({ name }) => name);
  const kinds = Object.fromEntries(columns.map((name) => [name, numbers.has(name) ? "number" : "text"] as const));
  try {
    const table = await readTable(source, { kinds, missing: "keep", columns });
    const found = understand(table, options, source.name);
    return found.isNumeric ? found : undefined;
  } catch (error) {
    // A word among numbers: as text the column says what it is.
    if (error instanceof DataError && error.location.column !== undefined) return undefined;
    throw error;
  }
}

function understand(source: CsvTable, options: UnderstandOptions, file: string): UnderstoodTable {
  const { splitColumn, decimal, declare, context = [] } = options;
  const columns = source.columns.filter(({ name }) => name !== splitColumn);
  const found = findOrTell({ ...source, columns }, { declared: declare, decimal, file });
  const learned = found.variables.filter((variable) => isLearnedVariable(variable) && variable.distinct > 0);
  return {
    ...found,
    source,
    learned,
    isNumeric:
      learned.length > 0 &&
      learned.every(
        (variable) =>
          isPlainNumber(variable, decimal) || (context.includes(variable.name) && isPlainCategory(variable)),
      ),
  };
}

function findOrTell(table: Table, options: Parameters<typeof findVariables>[1]): ReturnType<typeof findVariables> {
  try {
    return findVariables(table, options);
  } catch (error) {
    if (error instanceof OptionError) throw new UserError(`--${error.message}`);
    throw error;
  }
}

/** Whether a column holds numbers that are read without knowing how they are written. */
function isPlainNumber({ kind, missingRows, numberFormat = {} }: Variable, decimal: string | undefined): boolean {
  const { thousands, prefix, suffix, negative, digits } = numberFormat;
  const isBare = [thousands, prefix, suffix, negative, digits].every((part) => part === undefined);
  const isReadable = numberFormat.decimal === undefined || numberFormat.decimal === decimal;
  return (kind === "real" || kind === "integer") && missingRows === 0 && isBare && isReadable;
}

/** Whether a column holds categories of which a flow can take each as an input. */
function isPlainCategory({ kind, missingRows }: Variable): boolean {
  return (kind === "category" || kind === "ordinal" || kind === "boolean") && missingRows === 0;
}

function pick(columns: readonly Column[], names: readonly string[]): Column[] {
  return names.flatMap((name) => columns.find((column) => column.name === name) ?? []);
}
