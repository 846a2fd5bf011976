import { cellWriter } from "@pushforward/columns/extend";
import { DataError, readVariables, type Variable } from "pushforward";
import type { GivenCell, GivenText } from "../../shared/ask-protocol.ts";
import { PageError } from "../../shared/page-error.ts";

/** A cell that is given, as the model has it and as the file writes it. */
export interface ReadCell extends GivenText {
  readonly cell: number | string | null;
}

/**
 * Reads a cell that is given as the command line reads it: what the page and its command ask is the same.
 *
 * @throws {PageError} it is no value of the column.
 */
export function readGiven(variable: Variable, given: GivenCell): ReadCell {
  const { name } = variable;
  if (given === null) return { column: name, text: "", cell: null };
  const write = cellWriter(variable);
  const text = typeof given === "number" ? write(given) : given;
  const cell = cellOf(variable, text);
  return { column: name, text, cell, ...(typeof cell === "number" && { value: cell }) };
}

function cellOf(variable: Variable, text: string): number | string {
  const { name, min } = variable;
  try {
    const { table } = readVariables({ rows: 1, columns: [{ name, kind: "text", values: [text] }] }, [variable]);
    const cell = table.columns[0]?.values[0];
    if (cell !== undefined && !Number.isNaN(cell)) return cell;
  } catch (error) {
    if (!(error instanceof DataError)) throw error;
  }
  const example = min === undefined ? "" : `, for instance ${cellWriter(variable)(min)}`;
  throw new PageError(`${name}: expected a value as the file writes it${example}, got “${text}”.`);
}
