import type { Column, NumberColumn, TextColumn } from "@pushforward/datasets";
import { type ColumnCodes, MISSING_CODE } from "./column-codes.ts";

/** The numbers of a column from those of its texts; NaN where there is none. */
export function toNumbers({ name, codes }: ColumnCodes, codeValues: Float64Array): NumberColumn {
  const values = new Float64Array(codes.length);
  for (let row = 0; row < codes.length; row++) {
    const code = codes[row] as number;
    values[row] = code === MISSING_CODE ? Number.NaN : (codeValues[code] as number);
  }
  return { name, kind: "number", values };
}

/** A column as text, with the rows that have no value. */
export function toTexts(column: Column, { name, codes, texts }: ColumnCodes): TextColumn {
  const missing = new Set<number>();
  for (let row = 0; row < codes.length; row++) if (codes[row] === MISSING_CODE) missing.add(row);
  const values =
    column.kind === "text"
      ? column.values
      : Array.from(codes, (code) => (code === MISSING_CODE ? "" : (texts[code] ?? "")));
  return { name, kind: "text", values, ...(missing.size > 0 && { missing }) };
}
