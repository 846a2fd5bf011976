import { isNumericVariable } from "@pushforward/columns/extend";
import { suggestedName } from "@pushforward/core/plain";
import { getColumn } from "@pushforward/datasets/extend";
import type { TableModel } from "@pushforward/tables";
import { cellAt } from "@pushforward/tables/extend";
import type { Column, Condition, Conditions, NumberRange, Table } from "pushforward";
import { UsageError } from "../errors/user-error.ts";

/** A condition as the user wrote it. */
export interface WrittenCondition {
  readonly column: string;
  readonly operator: "=" | "<" | "<=" | ">" | ">=";
  /** Text after the operator, without quotes; empty for a missing cell. */
  readonly value: string;
}

const OPERATORS = [">=", "<=", "=", ">", "<"] as const;

/**
 * Parses conditions such as `age=30,income>50000,"marital status"=single`. A name or value with a comma must be in
 * double quotes. If several column names fit, the longest is used.
 *
 * @throws {UsageError} a condition without the name of a column or an operator.
 */
export function parseConditions(
  text: string,
  columns: readonly string[],
  option: string = "--given",
): readonly WrittenCondition[] {
  return splitTerms(text).map((term) => {
    const { column, operator, rest } = readTerm(option, "age=30", term, columns, OPERATORS);
    return { column, operator, value: unquoted(rest) };
  });
}

/** A column name and an operator, with the text after the operator. */
interface ReadTerm<Operator> {
  readonly column: string;
  readonly operator: Operator;
  readonly rest: string;
}

/**
 * Reads the name of a column and an operator; if several names fit, the longest is used.
 *
 * @param example for the error. @param operators longer ones first.
 * @throws {UsageError} an unknown name, or no operator after it.
 */
function readTerm<Operator extends string>(
  option: string,
  example: string,
  term: string,
  columns: readonly string[],
  operators: readonly Operator[],
): ReadTerm<Operator> {
  const longest = [...columns].sort((a, b) => b.length - a.length);
  for (const column of longest) {
    for (const name of [column, `"${column.replaceAll('"', '""')}"`]) {
      if (!term.startsWith(name)) continue;
      const behind = term.slice(name.length).trimStart();
      const operator = operators.find((candidate) => behind.startsWith(candidate));
      if (operator !== undefined) return { column, operator, rest: behind.slice(operator.length).trim() };
    }
  }
  const name = (/^[^<>=!]*/.exec(term)?.[0] ?? "").trim();
  throw new UsageError(
    `${option}: expected conditions such as ${example} on the columns ${columns.join(", ")}, got ${term}.` +
      suggestedName(name, columns),
  );
}

/** Splits a text at commas outside of double quotes. */
export function splitTerms(text: string): string[] {
  const terms = text.match(/(?:"(?:[^"]|"")*"|[^,"])+/g) ?? [];
  return terms.map((term) => term.trim()).filter((term) => term !== "");
}

/** A value without the double quotes around it. */
export function unquoted(value: string): string {
  return /^".*"$/s.test(value) ? value.slice(1, -1).replaceAll('""', '"') : value;
}

/**
 * Converts conditions to the form that the model reads.
 *
 * @throws {UsageError} no condition, two conditions of the same kind for one column, an order of categories, or no
 * value.
 */
export function conditionsOf(
  written: readonly WrittenCondition[],
  cells: TableModel,
  option: string = "--given",
): Conditions {
  if (written.length === 0) throw new UsageError(`${option}: expected conditions such as age=30, got none.`);
  const conditions = new Map<string, Condition>();
  for (const { column, operator, value } of written) {
    const known = conditions.get(column);
    const isText = kindOf(column, cells) === "text";
    if (isText || operator === "=") {
      if (conditions.has(column)) throw secondCondition(option, column);
      const text = isText && operator !== "=" ? category(option, column, operator, value, cells) : value;
      conditions.set(column, cellOf(option, column, text, cells));
      continue;
    }
    const bound = boundOf(option, operator, cellOf(option, column, value, cells), column);
    if (conditions.has(column) && (!isRange(known) || isSameEnd(known, bound))) throw secondCondition(option, column);
    conditions.set(column, { ...(isRange(known) && known), ...bound });
  }
  return Object.fromEntries(conditions);
}

function secondCondition(option: string, column: string): UsageError {
  return new UsageError(
    `${option}: expected one value of the column ${column}, or a lower and an upper bound, got two of the same kind.`,
  );
}

function isRange(condition: Condition | undefined): condition is NumberRange {
  return typeof condition === "object" && condition !== null && !("in" in condition);
}

/** Returns `true` if two bounds are both lower or both upper bounds. */
function isSameEnd(a: NumberRange, b: NumberRange): boolean {
  const isLow = ({ min, above }: NumberRange): boolean => min !== undefined || above !== undefined;
  const isHigh = ({ max, below }: NumberRange): boolean => max !== undefined || below !== undefined;
  return (isLow(a) && isLow(b)) || (isHigh(a) && isHigh(b));
}

/** Returns the category of a condition: `income>50K` means the value ">50K", if this value exists. */
function category(option: string, column: string, operator: string, value: string, cells: TableModel): string {
  const text = `${operator}${value}`;
  if (cells.canOccur(column, text)) return text;
  throw new UsageError(`${option}: expected = after the column ${column}, which is text, got ${operator}.`);
}

/** A value as the model reads it; null for an empty one, which asks for a missing cell. */
function cellOf(option: string, column: string, text: string, model: TableModel): string | number | null {
  const missing = text === "" ? { missing: new Set([0]) } : {};
  const written = { rows: 1, columns: [{ name: column, kind: "text", values: [text], ...missing }] } as const;
  const [one] = model.read(written, { isPartial: true }).columns;
  const cell = cellAt(one as Column, 0);
  if (cell !== undefined) return cell;
  if (text === "") return null;
  throw new UsageError(
    `${option}: expected a value of the column ${column}, or no value after = for a missing cell, got ${text}.`,
  );
}

function boundOf(
  option: string,
  operator: WrittenCondition["operator"],
  cell: string | number | null,
  column: string,
): NumberRange {
  if (typeof cell !== "number") {
    throw new UsageError(`${option}: expected a number after ${operator} for the column ${column}, got none.`);
  }
  const names = { ">=": "min", ">": "above", "<=": "max", "<": "below", "=": "min" } as const;
  return { [names[operator]]: cell };
}

/** A condition that drawn rows must meet. */
export interface RowCondition {
  /** Text for the user. */
  readonly text: string;
  /**
   * Tests each row.
   *
   * @param read rows in the form that the model reads.
   */
  readonly test: (read: Table) => boolean[];
}

type Cell = string | number | undefined;
type Operator = "<=" | ">=" | "!=" | "<" | ">" | "=";

const ROW_OPERATORS: readonly Operator[] = ["<=", ">=", "!=", "<", ">", "="];
const COMPARE: Readonly<Record<Operator, (a: string | number, b: string | number) => boolean>> = {
  "<=": (a, b) => a <= b,
  ">=": (a, b) => a >= b,
  "<": (a, b) => a < b,
  ">": (a, b) => a > b,
  "=": (a, b) => a === b,
  "!=": (a, b) => a !== b,
};

/**
 * Parses conditions such as `temp_min<=temp_max,age>=18`: a column against a second column or a value. A row with a
 * missing cell meets only `column=` and `column!=`, which test for a missing cell.
 *
 * @throws {UsageError} no condition, an unknown column, no operator, an order of texts, a number against a text, or a
 * value that the column cannot have.
 */
export function rowConditions(text: string, cells: TableModel): RowCondition[] {
  const terms = splitTerms(text);
  if (terms.length === 0) throw new UsageError("--where: expected conditions such as temp_min<=temp_max, got none.");
  return terms.map((term) => {
    const { column, operator, rest } = readTerm("--where", "temp_min<=temp_max", term, cells.names, ROW_OPERATORS);
    const compare = COMPARE[operator];
    const isText = kindOf(column, cells) === "text";
    if (isText && operator !== "=" && operator !== "!=") {
      throw new UsageError(`--where: expected = or != for the column ${column}, which is text, got ${operator}.`);
    }
    const own = (read: Table): Cell[] => cellsOf(read, column);
    if (rest === "" || rest === '""') {
      return { text: term, test: (read) => own(read).map((cell) => (cell === undefined) === (operator === "=")) };
    }
    const other = unquoted(rest);
    if (cells.names.includes(other)) {
      if ((kindOf(other, cells) === "text") !== isText) {
        throw new UsageError(`--where: expected two columns of numbers or two of text, got ${column} and ${other}.`);
      }
      return {
        text: term,
        test: (read) => {
          const others = cellsOf(read, other);
          return own(read).map((cell, row) => holds(compare, cell, others[row]));
        },
      };
    }
    const [value] = cellsOf(
      cells.read({ rows: 1, columns: [{ name: column, kind: "text", values: [other] }] }, { isPartial: true }),
      column,
    );
    const isEqual = operator === "=" || operator === "!=";
    if (value === undefined || (isEqual && !cells.canOccur(column, value))) {
      throw new UsageError(`--where: expected a value that the column ${column} can have, got ${other}.`);
    }
    return { text: term, test: (read) => own(read).map((cell) => holds(compare, cell, value)) };
  });
}

/** Returns a condition that the values of some columns occur together in a row of a table. */
export function combinationCondition(columns: readonly string[], data: Table, cells: TableModel): RowCondition {
  const unknown = columns.find((name) => !cells.names.includes(name));
  if (unknown !== undefined) {
    throw new UsageError(`--combinations: expected columns of ${cells.names.join(", ")}, got ${unknown}.`);
  }
  const keysOf = (read: Table): string[] => {
    const all = columns.map((name) => cellsOf(read, name));
    return Array.from({ length: read.rows }, (_, row) => JSON.stringify(all.map((own) => own[row] ?? null)));
  };
  const known = new Set(keysOf(cells.read(data, { isPartial: true })));
  return {
    text: `combinations of ${columns.join(", ")}`,
    test: (read) => keysOf(read).map((key) => known.has(key)),
  };
}

function holds(compare: (a: string | number, b: string | number) => boolean, a: Cell, b: Cell): boolean {
  return a !== undefined && b !== undefined && compare(a, b);
}

function cellsOf(table: Table, name: string): Cell[] {
  const column = getColumn(table, name);
  return Array.from({ length: table.rows }, (_, row) => cellAt(column, row));
}

/** Returns the kind of column that the model reads: numbers or texts. */
function kindOf(name: string, { learned }: TableModel): "text" | "number" {
  const variable = learned.find((one) => one.name === name);
  return variable === undefined || isNumericVariable(variable) ? "number" : "text";
}
