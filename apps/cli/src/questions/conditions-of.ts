import type { TableModel } from "@pushforward/tables";
import { cellAt } from "@pushforward/tables/extend";
import type { Column, Condition, Conditions, NumberRange } from "pushforward";
import { UsageError } from "../errors/user-error.ts";
import type { WrittenCondition } from "./parse-conditions.ts";
import { kindOf } from "./row-conditions.ts";

/**
 * Conditions as the model reads them.
 *
 * @throws {UsageError} there are none, two of the same kind for one column, an order of categories, or no value.
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
    `${option}: expected one value of the column ${column}, or a lower and an upper bound, got two of a kind.`,
  );
}

function isRange(condition: Condition | undefined): condition is NumberRange {
  return typeof condition === "object" && condition !== null && !("in" in condition);
}

/** Whether two bounds are both lower or both upper ones. */
function isSameEnd(a: NumberRange, b: NumberRange): boolean {
  const isLow = ({ min, above }: NumberRange): boolean => min !== undefined || above !== undefined;
  const isHigh = ({ max, below }: NumberRange): boolean => max !== undefined || below !== undefined;
  return (isLow(a) && isLow(b)) || (isHigh(a) && isHigh(b));
}

/** Of a category `income>50K` means the value ">50K", where there is such a one. */
function category(option: string, column: string, operator: string, value: string, cells: TableModel): string {
  const text = `${operator}${value}`;
  if (cells.canOccur(column, text)) return text;
  throw new UsageError(`${option}: expected = behind the column ${column}, which holds text, got ${operator}.`);
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
    `${option}: expected a value of the column ${column}, or none behind = for a missing cell, got ${text}.`,
  );
}

function boundOf(
  option: string,
  operator: WrittenCondition["operator"],
  cell: string | number | null,
  column: string,
): NumberRange {
  if (typeof cell !== "number") {
    throw new UsageError(`${option}: expected a number behind ${operator} for the column ${column}, got none.`);
  }
  const names = { ">=": "min", ">": "above", "<=": "max", "<": "below", "=": "min" } as const;
  return { [names[operator]]: cell };
}
