import type { ModelCells } from "@pushforward/answers";
import type { Column, Condition, Conditions, NumberRange } from "pushforward";
import { UserError } from "../errors/user-error.ts";
import type { WrittenCondition } from "./parse-conditions.ts";
import { kindOf } from "./row-conditions.ts";

/** Conditions as the model reads them. */
export function conditionsOf(written: readonly WrittenCondition[], cells: ModelCells): Conditions {
  const { read } = cells;
  const conditions: Record<string, Condition> = {};
  for (const { column, operator, value } of written) {
    // Of a category `income>50K` means the value ">50K".
    const isText = kindOf(column, cells) === "text";
    const text = isText && operator !== "=" ? `${operator}${value}` : value;
    const missing = text === "" ? { missing: new Set([0]) } : {};
    const one = read({ rows: 1, columns: [{ name: column, kind: "text", values: [text], ...missing }] })
      .columns[0] as Column;
    const cell =
      one.kind === "text" ? (one.missing?.has(0) ? null : (one.values[0] as string)) : numberOrNull(one.values[0]);
    conditions[column] =
      isText || operator === "=" ? cell : { ...rangeOf(conditions[column]), ...bound(operator, cell, column) };
  }
  return conditions;
}

function rangeOf(condition: Condition | undefined): NumberRange {
  return typeof condition === "object" && condition !== null && !("in" in condition) ? condition : {};
}

function bound(operator: WrittenCondition["operator"], cell: string | number | null, column: string): NumberRange {
  if (typeof cell !== "number") {
    throw new UserError(`--given: expected a number behind ${operator} for the column ${column}, got none.`);
  }
  const names = { ">=": "min", ">": "above", "<=": "max", "<": "below", "=": "min" } as const;
  return { [names[operator]]: cell };
}

function numberOrNull(value: number | undefined): number | null {
  return value === undefined || Number.isNaN(value) ? null : value;
}
