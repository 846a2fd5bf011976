import { DataError, type NdArray, ndArray, OptionError } from "@pushforward/core";

const MOST = 12;

/**
 * Quoted names for a message, with the number of further ones; `none` for an empty list.
 *
 * @example
 * listNames(["x", "y"]); // → '"x", "y"'
 */
export function listNames(names: readonly string[]): string {
  if (names.length === 0) return "none";
  const shown = names.slice(0, MOST).map((name) => `"${name}"`);
  return names.length <= MOST ? shown.join(", ") : `${shown.join(", ")} and ${names.length - MOST} more`;
}

/** A column of numbers, in float64. */
export interface NumberColumn {
  readonly name: string;
  readonly kind: "number";
  readonly values: Float64Array;
}

/** A column of text, for instance the names of categories. */
export interface TextColumn {
  readonly name: string;
  readonly kind: "text";
  readonly values: readonly string[];
  /** Rows, from 0, without a value; `values` has their text in the file. */
  readonly missing?: ReadonlySet<number>;
}

/** One column of a {@link Table}. */
export type Column = NumberColumn | TextColumn;

/** Content of a column. */
export type ColumnKind = Column["kind"];

/** Named columns of equal length. */
export interface Table {
  readonly rows: number;
  readonly columns: readonly Column[];
}

/**
 * A table of its columns.
 *
 * @throws {DataError} the columns differ in length or share a name.
 */
export function createTable(columns: readonly Column[]): Table {
  const rows = columns[0]?.values.length ?? 0;
  const names = new Set<string>();
  for (const { name, values } of columns) {
    if (values.length !== rows) {
      throw new DataError(`createTable: expected ${rows} values in column "${name}", got ${values.length}.`, {
        column: name,
      });
    }
    if (names.has(name)) {
      throw new DataError(`createTable: expected columns of different names, got "${name}" twice.`, { column: name });
    }
    names.add(name);
  }
  return { rows, columns };
}

/**
 * Rejects invalid tables.
 *
 * @throws {DataError} it has no columns, or no number of rows.
 */
export function checkTable(where: string, source: Table): void {
  if (Array.isArray(source?.columns) && Number.isInteger(source.rows)) return;
  const inner = (source as unknown as { readonly table?: Table } | null | undefined)?.table;
  const remedy =
    inner !== undefined && Array.isArray(inner.columns)
      ? "rows that were read with declarations. Pass their .table, or the result of their .read()"
      : Array.isArray(source)
        ? "an array. Read rows by the declaration of a table, as in table({ … }).read(rows)"
        : typeof source === "object" && source !== null
          ? "an object without columns and rows. parseCsv and createTable make tables"
          : `${typeof source === "string" ? "a text" : String(source)}. parseCsv and createTable make tables`;
  throw new DataError(`${where}: expected a table, got ${remedy}.`);
}

/**
 * Returns the column with a given name.
 *
 * @throws {DataError} no column has this name; the message lists the existing columns.
 */
export function getColumn(source: Table, name: string): Column {
  const found = source.columns.find((candidate) => candidate.name === name);
  if (found === undefined) {
    const names = listNames(source.columns.map((candidate) => candidate.name));
    throw new DataError(`getColumn: expected a column "${name}", got the columns ${names}.`, { column: name });
  }
  return found;
}

/** The names of the columns that hold numbers. */
function numberColumnNames(source: Table): string[] {
  return source.columns.filter(({ kind }) => kind === "number").map(({ name }) => name);
}

/**
 * Numeric columns as an array `[rows, names.length]` in float64. If `names` is omitted, all numeric columns of the
 * table.
 *
 * @throws {DataError} a column is missing or contains text.
 * @example
 * selectColumns(penguins(), ["bill_length_mm", "body_mass_g"]); // → shape [342, 2]
 */
export function selectColumns(source: Table, names: readonly string[] = numberColumnNames(source)): NdArray {
  const { rows } = source;
  const data = new Float64Array(rows * names.length);
  for (const [j, name] of names.entries()) {
    const { kind, values } = getColumn(source, name);
    if (kind !== "number") {
      throw new DataError(
        `selectColumns: expected numbers in column "${name}", got text. Use oneHot for categories, or leave it out.`,
        { column: name },
      );
    }
    for (let i = 0; i < rows; i++) data[i * names.length + j] = values[i] as number;
  }
  return ndArray([rows, names.length], data);
}

/** Categories and the one-hot rows. */
export interface OneHot {
  /** The meaning of each of the columns of `data`. */
  readonly categories: readonly string[];
  /** `[rows, categories.length]` of 0 and 1. */
  readonly data: NdArray;
}

/**
 * A text column as 0 and 1, one column for each category.
 *
 * @param categories their order. Default: existing values, sorted by code point.
 * @throws {DataError} a row has a category that is not in the list.
 * @example
 * oneHot(penguins(), "species").categories; // → ["Adelie", "Chinstrap", "Gentoo"]
 */
export function oneHot(source: Table, name: string, categories?: readonly string[]): OneHot {
  const found = getColumn(source, name);
  // A category that is a number (a class 0, 1, 2) is as good as one that is a word.
  const values = found.kind === "text" ? found.values : Array.from(found.values, String);
  const order = categories ?? [...new Set(values)].sort((a, b) => (a < b ? -1 : 1));
  const codes = new Map(order.map((category, code) => [category, code]));
  if (codes.size !== order.length) throw new OptionError(`oneHot: expected different categories, got ${order}.`);
  const data = new Float64Array(values.length * order.length);
  for (const [row, value] of values.entries()) {
    const code = codes.get(value);
    if (code === undefined) {
      throw new DataError(
        `oneHot: expected one of ${order.join(", ")} in column "${name}", got "${value}" in row ${row + 1}.`,
        { row: row + 1, column: name },
      );
    }
    data[row * order.length + code] = 1;
  }
  return { categories: order, data: ndArray([values.length, order.length], data) };
}

/**
 * Refuses a column with infinite numbers, which have no density.
 *
 * @throws {DataError} a number is infinite; the message names its row.
 * @example
 * refuseInfinite({ name: "size", kind: "number", values: Float64Array.of(1, NaN) }); // nothing: NaN is a missing cell
 */
export function refuseInfinite({ name, kind, values }: Column): void {
  if (kind === "text") return;
  const place = values.findIndex((x) => x === Number.POSITIVE_INFINITY || x === Number.NEGATIVE_INFINITY);
  if (place < 0) return;
  throw new DataError(
    `table, row ${place + 1}, column "${name}": expected a finite number, got ${values[place]}. Use NaN for a missing cell.`,
    { row: place + 1, column: name },
  );
}

/** Maximum distance of a number from its grid point, in steps: multiples of 0.1 are not exact in float64. */
const ROUNDING = 1e-6;

/**
 * Returns `true` if a number lies on a grid.
 *
 * @param origin a number of the grid.
 * @param step its spacing; a grid with spacing 0 contains all numbers.
 * @example
 * [33, 33.5].map((age) => isOnGrid(age, 18, 1)); // → [true, false]
 */
export function isOnGrid(x: number, origin: number, step: number): boolean {
  if (step === 0) return true;
  const place = (x - origin) / step;
  const lost = (4 * Number.EPSILON * Math.max(Math.abs(x), Math.abs(origin))) / step;
  return Math.abs(place - Math.round(place)) <= ROUNDING + lost;
}

/**
 * Returns the nearest number of a grid, without the rest of binary fractions: 0.3, not 0.30000000000000004.
 *
 * @param origin a number of the grid. Default: 0.
 * @example
 * roundToGrid(0.31, 0.1); // → 0.3
 */
export function roundToGrid(value: number, spacing: number, origin = 0): number {
  const nearest = origin + Math.round((value - origin) / spacing) * spacing;
  // Adding 0 turns −0 into 0. Small integers have no such rest, and text takes long.
  return (Number.isInteger(nearest) && Math.abs(nearest) < 1e15 ? nearest : Number(nearest.toPrecision(15))) + 0;
}

/** The rows of a table at the given indices, in their order. */
export function takeTableRows(source: Table, indices: ArrayLike<number>): Table {
  const columns = source.columns.map((from): Column => {
    if (from.kind === "number") return { ...from, values: takeNumbers(from.values, indices) };
    const values = takeTexts(from.values, indices);
    return { ...from, values, ...(from.missing && { missing: takeGaps(from.missing, indices) }) };
  });
  return { rows: indices.length, columns };
}

function takeNumbers(values: Float64Array, indices: ArrayLike<number>): Float64Array {
  const taken = new Float64Array(indices.length);
  for (let k = 0; k < taken.length; k++) taken[k] = values[indices[k] as number] as number;
  return taken;
}

function takeTexts(values: readonly string[], indices: ArrayLike<number>): string[] {
  const taken: string[] = [];
  for (let k = 0; k < indices.length; k++) taken.push(values[indices[k] as number] as string);
  return taken;
}

/** Places of the rows that are missing among the taken ones. */
function takeGaps(missing: ReadonlySet<number>, indices: ArrayLike<number>): ReadonlySet<number> {
  const taken = new Set<number>();
  for (let k = 0; missing.size > 0 && k < indices.length; k++) if (missing.has(indices[k] as number)) taken.add(k);
  return taken;
}

/** Arrays of numbers, one after the other. */
export function joinNumbers(parts: readonly Float64Array[]): Float64Array {
  const values = new Float64Array(parts.reduce((sum, part) => sum + part.length, 0));
  let offset = 0;
  for (const part of parts) {
    values.set(part, offset);
    offset += part.length;
  }
  return values;
}

/** The rows of tables with the same columns, one table after the other; undefined for no tables. */
export function joinTables(tables: readonly Table[]): Table | undefined {
  const [first] = tables;
  if (first === undefined) return undefined;
  const columns = first.columns.map((column, j): Column => {
    const parts = tables.map((table) => table.columns[j] as Column);
    if (column.kind === "number")
      return { ...column, values: joinNumbers(parts.map(({ values }) => values as Float64Array)) };
    const missing = missingRows(tables, j);
    return {
      ...{ name: column.name, kind: "text", values: parts.flatMap(({ values }) => values as readonly string[]) },
      ...(missing.size > 0 && { missing }),
    };
  });
  return { rows: tables.reduce((sum, { rows }) => sum + rows, 0), columns };
}

/** The rows without a value of a column of text, counted through all tables. */
function missingRows(tables: readonly Table[], column: number): Set<number> {
  const all = new Set<number>();
  let before = 0;
  for (const { rows, columns } of tables) {
    const of = columns[column] as Column;
    if (of.kind === "text") for (const row of of.missing ?? []) all.add(before + row);
    before += rows;
  }
  return all;
}

/**
 * Returns columns of a matrix, in the requested order.
 *
 * @param matrix `[rows, columns]`.
 * @param columns their indices, from 0.
 * @example
 * takeColumns(ndArray([2, 3], Float64Array.of(1, 2, 3, 4, 5, 6)), [2, 0]).data; // → [3, 1, 6, 4]
 */
export function takeColumns({ shape, data }: NdArray, columns: readonly number[]): NdArray {
  const [rows, width] = shape as unknown as readonly [number, number];
  const taken = new Float64Array(rows * columns.length);
  for (let i = 0, to = 0; i < rows; i++) for (const j of columns) taken[to++] = data[i * width + j] as number;
  return ndArray([rows, columns.length], taken);
}
