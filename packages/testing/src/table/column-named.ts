import { Violation } from "../law/comparison.ts";
import type { ColumnLike, TableLike } from "./table-like.ts";

/** The column of a name in drawn rows. */
export function columnNamed({ columns }: TableLike, name: string): ColumnLike {
  const found = columns.find((column) => column.name === name);
  if (found !== undefined) return found;
  throw new Violation(`drawn rows with a column "${name}"`, columns.map((column) => column.name).join(", "));
}
