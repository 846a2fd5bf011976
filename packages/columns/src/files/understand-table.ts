import { DataError } from "@pushforward/core";
import { suggestedName } from "@pushforward/core/plain";
import type { Column, CsvChunkOptions, CsvTable, Table } from "@pushforward/datasets";
import { joinCsvTables, listNames, takeTableRows } from "@pushforward/datasets/extend";
import type { ColumnDeclarations } from "../declarations/column-types.ts";
import { findVariables } from "../finding/find-variable.ts";
import { cellWriter } from "../variables/read-variables.ts";
import {
  type ColumnNote,
  isLearnedVariable,
  isNumericVariable,
  type TypedTable,
  type Variable,
} from "../variables/variable.ts";

/**
 * Rejects a table with spaces as delimiters, which is parsed as one text column.
 *
 * @param file name of the table, for the message.
 * @throws {DataError} the only column has numbers separated by spaces.
 * @example
 * refuseSpaces(parseCsv("a b\nx y\n"), "data.csv"); // nothing: these may be texts
 */
export function refuseSpaces({ columns }: Table, file: string): void {
  const [only, ...others] = columns;
  if (only?.kind !== "text" || others.length > 0) return;
  const inNumbers = only.values.every((value) => /^\s*[-+\d.]\S*(\s+\S+)+\s*$/.test(value));
  if (!inNumbers) return;
  throw new DataError(
    `${file}: expected fields separated by a comma, a semicolon, a tab or a bar, got spaces. Replace them, for instance by tr -s ' ' ,`,
    { file },
  );
}

/**
 * A unique name for a new column: the preferred name, with a number if necessary.
 *
 * @example
 * freeName("log_density", ["age", "log_density"]); // → "log_density_2"
 */
export function freeName(wish: string, taken: readonly string[]): string {
  const names = new Set(taken);
  if (!names.has(wish)) return wish;
  for (let i = 2; ; i++) if (!names.has(`${wish}_${i}`)) return `${wish}_${i}`;
}

/** Names that a line has, at most. */
const MOST_NAMES = 12;

/**
 * The first names of a list, and the number of further names.
 *
 * @example
 * shortList(["a", "b"]); // → "a, b"
 */
export function shortList(names: readonly string[]): string {
  const shown = names.slice(0, MOST_NAMES).join(", ");
  return names.length <= MOST_NAMES ? shown : `${shown} and ${names.length - MOST_NAMES} more`;
}

/** Options of {@link understandTable}. */
export interface UnderstandTableOptions {
  /** The columns to read. Default: all. */
  readonly columns?: readonly string[] | undefined;
  /** The columns to condition on. Default: none. */
  readonly context?: readonly string[] | undefined;
  /** A column that marks the split of each row; it is not learned. */
  readonly splitColumn?: string | undefined;
  /** Column types; see {@link parseDeclarations}. Default: detected from the values. */
  readonly declare?: ColumnDeclarations | undefined;
  /** Decimal separator. Default: detected from the values. */
  readonly decimal?: "." | "," | undefined;
  /** True to read a purely numeric table as numbers, which needs less memory. Default: false. */
  readonly preferNumbers?: boolean | undefined;
}

/** A table with its column types. */
export interface UnderstoodTable extends TypedTable {
  /** The columns as in the file, including the split column. */
  readonly source: CsvTable;
  /** The columns with a density, and the context columns. */
  readonly learned: readonly Variable[];
  readonly notes: readonly ColumnNote[];
  /**
   * True if a flow can learn the columns: plain numbers without missing cells. Context columns can also be categories.
   */
  readonly isNumeric: boolean;
}

/** Rows from which it is judged how the whole table is best read. */
const HEAD_ROWS = 1000;

/**
 * Reads a table and detects its column types.
 *
 * @throws {DataError} a column is absent or contradicts its declaration, or there are no rows.
 * @throws {OptionError} a column that does not exist is declared.
 * @example
 * const text = "when,kind,mass\n2024-01-31,pear,80\n2024-02-29,pear,\n2024-03-31,fig,9\n2024-04-30,fig,\n";
 * const source: TableSource = { name: "fruit.csv", chunks: (options) => csvChunks([text], options) };
 * const { learned } = await understandTable(source);
 * learned.map(({ kind }) => kind); // → ["date", "category", "integer"]
 */
export async function understandTable(
  source: TableSource,
  options: UnderstandTableOptions = {},
): Promise<UnderstoodTable> {
  const head = await readHead(source);
  refuseSpaces(head, source.name);
  checkNames(head, options, source.name);
  const { columns, context = [], splitColumn, preferNumbers = false } = options;
  const wanted = columns && [...columns, ...context, ...(splitColumn === undefined ? [] : [splitColumn])];
  const part = wanted === undefined ? head : { ...head, columns: pick(head.columns, wanted) };
  const numeric = preferNumbers ? await readNumbers(source, understand(part, options, source), options) : undefined;
  if (numeric !== undefined) return numeric;
  const table = await readWhole(source, { kinds: "text", missing: "keep", ...(wanted && { columns: wanted }) });
  return understand(table, options, source);
}

async function readHead(source: TableSource): Promise<CsvTable> {
  for await (const chunk of source.chunks({ kinds: "text", missing: "keep", chunkRows: HEAD_ROWS })) {
    if (chunk.rows > 0) return chunk;
  }
  throw noRows(source);
}

async function readWhole(source: TableSource, options: ReadTableOptions): Promise<CsvTable> {
  const chunks: CsvTable[] = [];
  for await (const chunk of source.chunks(options)) chunks.push(chunk);
  const table = joinCsvTables(chunks);
  if (table === undefined || table.rows === 0) throw noRows(source);
  return table;
}

function noRows({ name }: TableSource): DataError {
  return new DataError(`${name}: expected at least one row, got none.`, { file: name });
}

function checkNames({ columns: found }: Table, options: UnderstandTableOptions, file: string): void {
  const { columns = [], context = [], splitColumn } = options;
  const names = found.map(({ name }) => name);
  const refuse = (text: string): never => {
    throw new DataError(`${file}: ${text}`, { file });
  };
  const named = [...columns, ...context, ...(splitColumn === undefined ? [] : [splitColumn])];
  const unknown = named.find((name) => !names.includes(name));
  if (unknown !== undefined) {
    refuse(`expected a column "${unknown}", got the columns ${listNames(names)}.${suggestedName(unknown, names)}`);
  }
  if (splitColumn !== undefined && columns.includes(splitColumn)) {
    refuse(`column "${splitColumn}" is named both as a column and as split.`);
  }
  if (splitColumn !== undefined && context.includes(splitColumn)) {
    refuse(`column "${splitColumn}" is named both as context and as split.`);
  }
  const both = context.find((name) => columns.includes(name));
  if (both !== undefined) refuse(`column "${both}" is named both as a column and as context.`);
}

/** The table as numbers, if all rows agree with the first ones. */
async function readNumbers(
  source: TableSource,
  head: UnderstoodTable,
  options: UnderstandTableOptions,
): Promise<UnderstoodTable | undefined> {
  if (!head.isNumeric) return undefined;
  const numbers = new Set(head.learned.filter(isNumericVariable).map(({ name }) => name));
  const columns = head.source.columns.map(({ name }) => name);
  const kinds = Object.fromEntries(columns.map((name) => [name, numbers.has(name) ? "number" : "text"] as const));
  try {
    const table = await readWhole(source, { kinds, missing: "keep", columns });
    const found = understand(table, options, source);
    // Later rows may show that a column of text has numbers.
    const isRead = found.learned.every((variable) => !isNumericVariable(variable) || numbers.has(variable.name));
    return found.isNumeric && isRead ? found : undefined;
  } catch (error) {
    // A word among numbers: as text the column says what it is.
    if (error instanceof DataError && error.location.column !== undefined) return undefined;
    throw error;
  }
}

function understand(
  source: CsvTable,
  options: UnderstandTableOptions,
  { name: file, types }: Pick<TableSource, "name" | "types">,
): UnderstoodTable {
  const { splitColumn, decimal, declare, context = [] } = options;
  const columns = source.columns.filter(({ name }) => name !== splitColumn);
  const found = findVariables({ ...source, columns }, { declared: declare, decimal, file });
  const variables = found.variables.map((variable): Variable => {
    const type = types?.get(variable.name);
    return type === undefined ? variable : { ...variable, type };
  });
  const learned = variables.filter((variable) => isLearnedVariable(variable) && variable.distinct > 0);
  return {
    ...found,
    variables,
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

/** True if a column has plain numbers, without a special format. */
function isPlainNumber({ kind, missingRows, numberFormat = {} }: Variable, decimal: string | undefined): boolean {
  const { thousands, prefix, suffix, negative, digits } = numberFormat;
  const isBare = [thousands, prefix, suffix, negative, digits].every((part) => part === undefined);
  const isReadable = numberFormat.decimal === undefined || numberFormat.decimal === decimal;
  return (kind === "real" || kind === "integer") && missingRows === 0 && isBare && isReadable;
}

/** True if a flow can take each category of a column as an input. */
function isPlainCategory({ kind, missingRows }: Variable): boolean {
  return (kind === "category" || kind === "ordinal" || kind === "boolean") && missingRows === 0;
}

function pick(columns: readonly Column[], names: readonly string[]): Column[] {
  return names.flatMap((name) => columns.find((column) => column.name === name) ?? []);
}

/**
 * The columns of a table that are learned, for `fitTableDensityEvents` and `findDependentColumns`.
 *
 * @example
 * const { variables, table } = findVariables(parseCsv("net,gross\n1,3\n2,6\n5,15\n", { kinds: "text", missing: "keep" }));
 * learnedTable({ learned: variables.slice(0, 1), table }).table.columns.length; // → 1
 */
export function learnedTable({ learned, table }: Pick<UnderstoodTable, "learned" | "table">): TypedTable {
  const byName = new Map(table.columns.map((column) => [column.name, column]));
  const columns = learned.flatMap(({ name }) => byName.get(name) ?? []);
  return { variables: learned, table: { ...table, columns } };
}

/** Most categories of a column that have a bar of their own. */
const MOST_BARS = 12;
const OTHERS = "others";
const MISSING = "missing";

/** A column as a picture has it: numbers, or places in a list of categories. */
export interface PlottedColumn {
  /** The categories, the most frequent first; undefined for numbers and dates. */
  readonly categories?: readonly string[];
  /** date: a value as the file writes it. */
  readonly label?: (value: number) => string;
  /** The values of the column in a typed table: numbers, or places in `categories`; NaN for a cell that has neither. */
  valuesOf(table: Table): Float64Array;
}

/**
 * How pictures show a column. Rare categories are one, and so are missing cells of a column of texts.
 *
 * @param reference a typed table with the frequencies that select and order the displayed categories.
 * @example
 * const { variables, table } = findVariables(parseCsv("fruit\napple\npear\napple\n", { kinds: "text", missing: "keep" }));
 * variables.map((fruit) => plottedColumn(fruit, table).categories); // → [["apple", "pear"]]
 */
export function plottedColumn(variable: Variable, reference: Table): PlottedColumn {
  if (isNumericVariable(variable)) {
    return {
      ...(variable.kind === "date" && { label: cellWriter({ ...variable, missing: [""] }) }),
      valuesOf: (table) => numbersOf(table, variable.name),
    };
  }
  const counts = new Map<string, number>();
  for (const text of textsOf(reference, variable.name)) counts.set(text, (counts.get(text) ?? 0) + 1);
  const sorted = [...counts].sort((a, b) => b[1] - a[1]).map(([text]) => text);
  const categories = sorted.length <= MOST_BARS ? sorted : [...sorted.slice(0, MOST_BARS - 1), OTHERS];
  const places = new Map(categories.map((text, place) => [text, place]));
  const other = sorted.length <= MOST_BARS ? Number.NaN : MOST_BARS - 1;
  return {
    categories,
    valuesOf: (table) => Float64Array.from(textsOf(table, variable.name), (text) => places.get(text) ?? other),
  };
}

function numbersOf({ rows, columns }: Table, name: string): Float64Array {
  const column = columns.find((candidate) => candidate.name === name);
  return column?.kind === "number" ? column.values : new Float64Array(rows).fill(Number.NaN);
}

function textsOf({ columns }: Table, name: string): readonly string[] {
  const column = columns.find((candidate) => candidate.name === name);
  if (column?.kind !== "text") return [];
  return column.values.map((text, row) => (column.missing?.has(row) ? MISSING : text));
}

/** Selection of columns to read. */
export type ReadTableOptions = Pick<
  CsvChunkOptions,
  "columns" | "others" | "kinds" | "missing" | "chunkRows" | "sampleLength"
>;

/** A CSV file, or anything else that can be read in pieces. */
export interface TableSource {
  /** For messages. */
  readonly name: string;
  /** SQL types of the columns, if the file declares types; output keeps the types. */
  readonly types?: ReadonlyMap<string, string> | undefined;
  /** The table in pieces, for files larger than memory. A source that is read more than once starts again each time. */
  chunks(options: ReadTableOptions): AsyncIterable<CsvTable>;
}

/** Cells that are evaluated or drawn at once: memory does not grow with the table. */
const BLOCK_CELLS = 1 << 20;
const MOST_ROWS = 1 << 14;
const LEAST_ROWS = 64;

/** Number of rows per evaluated or sampled block, for a number of columns. */
export function blockRows(columns: number): number {
  return Math.max(LEAST_ROWS, Math.min(MOST_ROWS, Math.floor(BLOCK_CELLS / Math.max(1, columns))));
}

/**
 * A table in blocks of rows, sized by the number of evaluated columns.
 *
 * @example
 * Array.from(rowBlocks(penguins(), 7), ({ rows }) => rows); // → [342]
 */
export function* rowBlocks(table: Table, columns: number): Generator<Table> {
  const size = blockRows(columns);
  for (let from = 0; from < table.rows; from += size) {
    const length = Math.min(size, table.rows - from);
    yield takeTableRows(
      table,
      Array.from({ length }, (_, i) => from + i),
    );
  }
}
