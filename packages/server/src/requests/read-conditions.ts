import { getColumn } from "@pushforward/datasets/extend";
import type { TableModel } from "@pushforward/tables";
import { cellAt } from "@pushforward/tables/extend";
import type { Condition, Conditions } from "pushforward";
import { RequestError } from "./read-json.ts";
import type { ColumnLayout } from "./request-table.ts";

const BOUNDS = ["min", "above", "max", "below"] as const;

/**
 * Reads the conditions of a body. Each column has a value, null for a missing cell, a range `{"min": 1, "below": 2}` or
 * a set `{"in": ["a", "b"]}`. Texts, including dates, are read as in the file of the model.
 *
 * @throws {RequestError} a condition has a different form. @throws {DataError} a value does not fit its column.
 */
export function readConditions(field: string, written: unknown, cells: TableModel, layout: ColumnLayout): Conditions {
  if (typeof written !== "object" || written === null || Array.isArray(written)) {
    throw new RequestError(`${field}: expected an object of conditions by column, for instance {"age": 30}.`);
  }
  return Object.fromEntries(
    Object.entries(written).map(([name, condition]) => [
      name,
      readCondition({ field, name }, condition, cells, layout),
    ]),
  );
}

/** Where a condition is written. */
interface Place {
  readonly field: string;
  readonly name: string;
}

function readCondition(place: Place, condition: unknown, cells: TableModel, layout: ColumnLayout): Condition {
  const cell = (value: unknown): number | string | null => readCell(place, value, cells, layout);
  const at = `${place.field}, column "${place.name}"`;
  if (typeof condition !== "object" || condition === null) return cell(condition);
  const set: unknown = "in" in condition ? condition.in : undefined;
  const others = Object.keys(condition).filter((key) => key !== "in" && !BOUNDS.some((bound) => bound === key));
  if (Array.isArray(condition) || others.length > 0 || (set !== undefined && Object.keys(condition).length > 1)) {
    throw new RequestError(
      `${at}: expected a value, null, {"in": [...]} or a range of min, above, max and below, got a different value.`,
    );
  }
  if (set !== undefined) {
    if (!Array.isArray(set)) throw new RequestError(`${at}: expected a list for "in", got a different value.`);
    return { in: set.map(cell) };
  }
  const range = BOUNDS.flatMap((bound) => {
    if (!Object.hasOwn(condition, bound)) return [];
    const value = cell((condition as Readonly<Record<string, unknown>>)[bound]);
    if (typeof value !== "number") {
      throw new RequestError(`${at}: expected a number for "${bound}", got a different value.`);
    }
    return [[bound, value] as const];
  });
  return Object.fromEntries(range);
}

function readCell(
  { field, name }: Place,
  value: unknown,
  cells: TableModel,
  layout: ColumnLayout,
): number | string | null {
  if (value === null) return null;
  const at = `${field}, column "${name}"`;
  const isNumeric = layout.get(name)?.isNumeric === true;
  if (typeof value === "number") {
    if (!Number.isFinite(value)) throw new RequestError(`${at}: expected a finite number, got one beyond 1.8e308.`);
    if (isNumeric) return value;
  } else if (typeof value !== "string" && typeof value !== "boolean") {
    throw new RequestError(`${at}: expected a number, a text, true, false or null, got a different value.`);
  }
  // Of an unknown column the questions tell which there are.
  if (!cells.names.includes(name)) return String(value);
  const read = cells.read({ rows: 1, columns: [{ name, kind: "text", values: [String(value)] }] }, { isPartial: true });
  const cell = cellAt(getColumn(read, name), 0);
  if (cell !== undefined) return cell;
  const got = JSON.stringify(String(value).slice(0, 60));
  throw new RequestError(`${at}: expected a value, or null for a missing cell, got ${got}.`);
}
