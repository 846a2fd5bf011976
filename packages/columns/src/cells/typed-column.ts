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

// Texts that mean "no value" in a column of numbers or dates, where they can't be values. In a column of text they may be.
const SIGNS = ["?", "-", "--", "---", ".", "..", "...", "*", "\u2013", "\u2014", "\u2026", "#n/a", "<na>", "(null)"];
const MARKERS: ReadonlySet<string> = new Set([
  ...SIGNS,
  ...["na", "n/a", "n.a.", "nan", "nat", "null", "none", "nil", "missing", "unknown", "\\n"],
  ...["#value!", "#div/0!", "#ref!", "#num!", "#null!", "0000-00-00", "0000-00-00 00:00:00"],
]);

const INFINITE = /^[+-]?inf(?:inity)?$/i;

/** Whether a text that stands among numbers or dates marks a missing value. */
export function isMissingMarker(text: string): boolean {
  return text === "" || MARKERS.has(text.toLowerCase());
}

/** Whether a text is a sign that hardly means anything else, also among words. */
export function isMissingSign(text: string): boolean {
  return SIGNS.includes(text.toLowerCase());
}

/** Whether a text says infinity, which has no density. */
export function isInfinity(text: string): boolean {
  return INFINITE.test(text) || Math.abs(Number(text)) === Number.POSITIVE_INFINITY;
}
