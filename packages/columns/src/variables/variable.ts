import type { Column, Table } from "@pushforward/datasets";
import type { NumberDomain } from "../numbers/number-domain.ts";

/** All kinds of columns. */
export const VARIABLE_KINDS = [
  "real",
  "positive",
  "interval",
  "circular",
  "integer",
  "category",
  "ordinal",
  "boolean",
  "date",
  "id",
  "text",
] as const;

/** Type of a table column. */
export type VariableKind = (typeof VARIABLE_KINDS)[number];

/** How the numbers of a column are written in the file. */
export interface NumberFormat {
  /** Maximum digits after the decimal separator; undefined for numbers with more than 15. */
  readonly decimals?: number;
  /**
   * Maximum significant digits, if the digits after the decimal separator depend on the size of a number, as in 88.331 and
   * 101.6. Then `decimals` is undefined.
   */
  readonly significant?: number;
  /** True if all numbers have `decimals` digits, with trailing zeros. Default: false. */
  readonly padded?: boolean;
  /** Decimal separator. Default: a point. */
  readonly decimal?: ",";
  /** Thousands separator. Default: none. */
  readonly thousands?: string;
  /** Prefix of each number, for instance `$`. */
  readonly prefix?: string;
  /** Suffix of each number, for instance `%`. The number is not divided by 100. */
  readonly suffix?: string;
  /** How negative numbers are written: `(5.00)`. Default: with a minus sign. */
  readonly negative?: "parentheses";
  /** Digits of each integer, with zeros before it: 3 for `007`. */
  readonly digits?: number;
}

/** A table column: its type, its format, and statistics of its values. */
export interface Variable {
  readonly name: string;
  readonly kind: VariableKind;
  /**
   * Grid spacing of the numbers: 1 or a multiple for integers, 0.1 for tenths, seconds for dates (86400 without a time).
   * Undefined for real numbers.
   */
  readonly step?: number;
  /** interval, circular: the possible numbers; a circular column has [low, high). */
  readonly bounds?: readonly [low: number, high: number];
  /** ordinal: the values in their order, the lowest first. */
  readonly levels?: readonly string[];
  /** date: how dates are written, in the directives of strftime: `%Y-%m-%d`. */
  readonly format?: string;
  /** Numbers: how they are written. */
  readonly numberFormat?: NumberFormat;
  /** boolean: the words for false and true. */
  readonly words?: readonly [string, string];
  /** Numbers, date: the smallest value that was seen. */
  readonly min?: number;
  /** Numbers, date: the largest value that was seen. */
  readonly max?: number;
  /** Markers of missing cells in the file, the most frequent first. Default: an empty cell. */
  readonly missing?: readonly string[];
  /** The type of the column in SQL, where its file declared one: new rows are written with it. */
  readonly type?: string;
  /** Number of rows that were seen. */
  readonly rows: number;
  /** Number of missing values. */
  readonly missingRows: number;
  /** Number of different values, without the missing one. */
  readonly distinct: number;
}

/**
 * A table with its column types. Numbers and dates are `NumberColumn` (dates as seconds since 1970 UTC; NaN: missing); all
 * other columns are `TextColumn`, with missing rows in `missing`.
 */
export interface TypedTable {
  readonly variables: readonly Variable[];
  readonly table: Table;
}

/** Returns `true` if the values of a variable are numbers in a {@link TypedTable}. */
export function isNumericVariable({ kind }: Pick<Variable, "kind">): boolean {
  return kind === "date" || isNumberKind(kind);
}

/** Returns `true` if the values of a kind are numbers in the file. */
export function isNumberKind(kind: VariableKind): boolean {
  return NUMBER_KINDS.has(kind);
}

const NUMBER_KINDS: ReadonlySet<VariableKind> = new Set(["real", "positive", "interval", "circular", "integer"]);

/** Bounds of a variable; undefined for no bounds. A positive variable starts at 0. */
export function variableDomain({ kind, bounds }: Pick<Variable, "kind" | "bounds">): NumberDomain | undefined {
  if (kind === "positive") return { low: 0 };
  if (bounds === undefined) return undefined;
  const [low, high] = bounds;
  return { low, high, ...(kind === "circular" && { isCircular: true }) };
}

/** Returns `true` if the variable has a density. Identifiers and free text have none. */
export function isLearnedVariable({ kind }: Pick<Variable, "kind">): boolean {
  return kind !== "id" && kind !== "text";
}

/** A decision about a column, as a note for the reader of its table. */
export interface ColumnNote {
  readonly column: string;
  /** A sentence. */
  readonly text: string;
}

/** A column that is understood. */
export interface FoundColumn {
  readonly variable: Variable;
  readonly column: Column;
  readonly notes: readonly ColumnNote[];
}

/** Most distinct values, and fewest rows of each on average. */
const MOST_VALUES = 32;
const ROWS_PER_VALUE = 5;

/**
 * Returns `true` if a numeric column has so few values that probabilities describe it better than a density: grades,
 * counts, codes. The noise that a flow needs would hide the relations to other columns.
 */
export function hasFewValues({ distinct, rows, missingRows }: Variable): boolean {
  return distinct <= MOST_VALUES && rows - missingRows >= ROWS_PER_VALUE * distinct;
}
