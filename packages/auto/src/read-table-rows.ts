import { ShapeError } from "@pushforward/core";
import { readMatrix } from "@pushforward/core/extend";
import { checkFinite } from "@pushforward/datasets/extend";
import type { TableRows } from "@pushforward/tables/extend";
import type { AutoRows } from "./fit-auto-options.ts";

/**
 * Reads and checks the rows of a table.
 *
 * @param names of the columns of x, for the errors.
 * @throws {DataError} no rows, or a number that is not finite. @throws {ShapeError} arrays that do not fit each other.
 */
export function readTableRows(where: string, rows: AutoRows, names?: readonly string[]): TableRows {
  if (typeof rows !== "object" || rows === null) {
    throw new ShapeError(`${where}: expected rows as { x }, got ${String(rows)}.`);
  }
  const x = readMatrix(rows.x, where, "x", { numbers: "any" });
  checkFinite(where, x, names);
  if (rows.context === undefined) return { x };
  const context = readMatrix(rows.context, where, "context", { numbers: "any" });
  checkFinite(`${where}: context`, context);
  if (context.shape[0] !== x.shape[0]) {
    throw new ShapeError(`${where}: expected ${x.shape[0]} rows of context, got ${context.shape[0]}.`);
  }
  return { x, context };
}
