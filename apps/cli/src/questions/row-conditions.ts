import { isNumericVariable } from "@pushforward/columns/extend";
import { getColumn } from "@pushforward/datasets/extend";
import type { TableModel } from "@pushforward/tables";
import { cellAt } from "@pushforward/tables/extend";
import type { Table } from "pushforward";
import { UsageError } from "../errors/user-error.ts";
import { readTerm, splitTerms, unquoted } from "./parse-conditions.ts";

/** A condition that drawn rows must meet. */
export interface RowCondition {
  /** As it is told to the user. */
  readonly text: string;
  /**
   * Whether each row meets it.
   *
   * @param read rows as the model reads them.
   */
  readonly test: (read: Table) => boolean[];
}

type Cell = string | number | undefined;
type Operator = "<=" | ">=" | "!=" | "<" | ">" | "=";

const OPERATORS: readonly Operator[] = ["<=", ">=", "!=", "<", ">", "="];
const COMPARE: Readonly<Record<Operator, (a: string | number, b: string | number) => boolean>> = {
  "<=": (a, b) => a <= b,
  ">=": (a, b) => a >= b,
  "<": (a, b) => a < b,
  ">": (a, b) => a > b,
  "=": (a, b) => a === b,
  "!=": (a, b) => a !== b,
};

/**
 * Conditions such as `temp_min<=temp_max,age>=18`: a column against another one or a value. A row whose cell is missing meets
 * none but `column=` and `column!=`, which ask for that.
 *
 * @throws {UsageError} no condition, an unknown column, no operator, an order of texts, a number against a text, or a value
 * that the column cannot have.
 */
export function rowConditions(text: string, cells: TableModel): RowCondition[] {
  const terms = splitTerms(text);
  if (terms.length === 0) throw new UsageError("--where: expected conditions such as temp_min<=temp_max, got none.");
  return terms.map((term) => {
    const { column, operator, rest } = readTerm("--where", "temp_min<=temp_max", term, cells.names, OPERATORS);
    const compare = COMPARE[operator];
    const isText = kindOf(column, cells) === "text";
    if (isText && operator !== "=" && operator !== "!=") {
      throw new UsageError(`--where: expected = or != for the column ${column}, which holds text, got ${operator}.`);
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

/** The values of some columns must stand together in a row of a table. */
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

/** Whether a model reads a column as numbers or as texts. */
export function kindOf(name: string, { learned }: TableModel): "text" | "number" {
  const variable = learned.find((one) => one.name === name);
  return variable === undefined || isNumericVariable(variable) ? "number" : "text";
}
