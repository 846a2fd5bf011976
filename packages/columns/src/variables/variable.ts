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

/** What a column of a table is. */
export type VariableKind = (typeof VARIABLE_KINDS)[number];

/** How the numbers of a column are written in the file. */
export interface NumberFormat {
  /** Most digits after the decimal mark; undefined when the numbers have more than 15 of them. */
  readonly decimals?: number;
  /** Whether all numbers have that many, with zeros at the end. Default: false. */
  readonly padded?: boolean;
  /** What separates the digits of a fraction. Default: a point. */
  readonly decimal?: ",";
  /** What separates groups of three digits. Default: nothing. */
  readonly thousands?: string;
  /** What stands before each number, for instance `$`. */
  readonly prefix?: string;
  /** What stands after each number, for instance `%`. The number is not divided by 100. */
  readonly suffix?: string;
  /** How negative numbers are written: `(5.00)`. Default: with a minus sign. */
  readonly negative?: "parentheses";
  /** Digits of each integer, with zeros before it: 3 for `007`. */
  readonly digits?: number;
}

/** A column of a table: what it is, how its values are written, and what was seen of it. */
export interface Variable {
  readonly name: string;
  readonly kind: VariableKind;
  /**
   * Spacing of the grid on which all numbers lie: 1 for integers or a multiple of it, 0.1 for tenths, seconds for dates
   * (86400 for dates without a time). Undefined for real numbers.
   */
  readonly step?: number;
  /** interval, circular: the numbers that can occur; those of a circular column are in [low, high). */
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
  /** What marks a missing cell in the file, the most frequent first. Default: an empty cell. */
  readonly missing?: readonly string[];
  /** The type of the column in SQL, where its file declared one: new rows are written with it. */
  readonly type?: string;
  /** Number of rows that were seen. */
  readonly rows: number;
  /** How many of them have no value. */
  readonly missingRows: number;
  /** Number of different values, without the missing one. */
  readonly distinct: number;
}

/**
 * A table whose columns are understood. Columns of numbers and dates are `NumberColumn` (dates as seconds since 1970 UTC;
 * NaN: missing); all other columns are `TextColumn`, with the rows in `missing` that have no value.
 */
export interface TypedTable {
  readonly variables: readonly Variable[];
  readonly table: Table;
}

/** Whether the values of a variable are numbers in a {@link TypedTable}. */
export function isNumericVariable({ kind }: Pick<Variable, "kind">): boolean {
  return kind === "date" || isNumberKind(kind);
}

/** Whether the values of a kind are numbers in the file. */
export function isNumberKind(kind: VariableKind): boolean {
  return NUMBER_KINDS.has(kind);
}

const NUMBER_KINDS: ReadonlySet<VariableKind> = new Set(["real", "positive", "interval", "circular", "integer"]);

/** The numbers that a variable can have; undefined where all can occur. A positive one has those from 0 on. */
export function variableDomain({ kind, bounds }: Pick<Variable, "kind" | "bounds">): NumberDomain | undefined {
  if (kind === "positive") return { low: 0 };
  if (bounds === undefined) return undefined;
  const [low, high] = bounds;
  return { low, high, ...(kind === "circular" && { isCircular: true }) };
}

/** Whether a density can be learned of the variable: identifiers and free text are only kept. */
export function isLearnedVariable({ kind }: Pick<Variable, "kind">): boolean {
  return kind !== "id" && kind !== "text";
}

/** What was decided about a column that a reader of its table should know. */
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
 * Whether a column of numbers has so few values that probabilities say more of it than a density: grades, counts, codes. The
 * noise that gives a flow something to learn there costs it what the values have in common with other columns.
 */
export function hasFewValues({ distinct, rows, missingRows }: Variable): boolean {
  return distinct <= MOST_VALUES && rows - missingRows >= ROWS_PER_VALUE * distinct;
}
