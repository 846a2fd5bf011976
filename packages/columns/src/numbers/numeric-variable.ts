import type { Column } from "@pushforward/datasets";
import { quoteShort, quoteSome } from "../cells/cell-errors.ts";
import type { ColumnCodes } from "../cells/column-codes.ts";
import { toNumbers } from "../cells/typed-column.ts";
import type { ColumnNote, FoundColumn, NumberFormat, Variable } from "../variables/variable.ts";
import type { FoundNumbers } from "./find-number-format.ts";
import { numberStep } from "./number-step.ts";
import { summarizeNumbers } from "./numeric-summary.ts";

/** A column of numbers, whose other texts all mark missing values. */
export function numericVariable(column: Column, coded: ColumnCodes, found: FoundNumbers): FoundColumn {
  const { name } = coded;
  const { format } = found;
  const codeValues = found.values;
  const summary = summarizeNumbers(coded, codeValues);
  const { distinct, rows, missingRows } = summary;
  const present = codeValues.filter((value) => !Number.isNaN(value));
  const step = numberStep({ values: present, distinct, present: rows - missingRows, decimals: format.decimals });
  const isInteger = present.every(Number.isInteger);
  const variable: Variable = {
    name,
    kind: isInteger ? "integer" : "real",
    ...(isInteger ? { step: step ?? 1 } : step !== undefined && { step }),
    numberFormat: format,
    ...summary,
  };
  return {
    variable,
    column: column.kind === "number" && missingRows === 0 ? column : toNumbers(coded, codeValues),
    notes: [...formatNotes(coded, found), ...markerNotes(coded, codeValues)],
  };
}

function formatNotes({ name, texts }: ColumnCodes, { format, isAmbiguous }: FoundNumbers): ColumnNote[] {
  const parts = formatWords(format);
  if (parts.length === 0) return [];
  const example = quoteShort(texts.find((text) => text.includes(",")) ?? "");
  const [what, kind] = format.decimal === "," ? ["an integer", "integer"] : ["a fraction", "real"];
  const doubt = isAmbiguous ? ` ${example} could also be ${what}; declare the column as ${kind} to read it so.` : "";
  return [{ column: name, text: `Numbers have ${parts.join(" and ")}.${doubt}` }];
}

const SEPARATOR_NAMES: ReadonlyMap<string, string> = new Map([
  [",", "commas"],
  [".", "points"],
  [" ", "spaces"],
  ["'", "apostrophes"],
  ["\u2019", "apostrophes"],
]);

function formatWords({ decimal, thousands, prefix, suffix, digits, negative }: NumberFormat): string[] {
  return [
    ...(decimal === undefined ? [] : ["decimal commas"]),
    ...(thousands === undefined ? [] : [`${SEPARATOR_NAMES.get(thousands) ?? "spaces"} between thousands`]),
    ...(prefix === undefined ? [] : [`${JSON.stringify(prefix.trim())} before them`]),
    ...(suffix === undefined ? [] : [`${JSON.stringify(suffix.trim())} after them`]),
    ...(negative === undefined ? [] : ["parentheses around negative ones"]),
    ...(digits === undefined ? [] : ["zeros before them"]),
  ];
}

/** What was taken as missing without being declared: texts without a number. */
export function markerNotes({ name, texts, counts }: ColumnCodes, codeValues: Float64Array): ColumnNote[] {
  const taken: string[] = [];
  let rows = 0;
  for (let code = 0; code < texts.length; code++) {
    if (!Number.isNaN(codeValues[code])) continue;
    taken.push((texts[code] as string).trim());
    rows += counts[code] as number;
  }
  if (taken.length === 0) return [];
  const where = rows === 1 ? "1 row" : `${rows.toLocaleString("en")} rows`;
  return [
    { column: name, text: `${quoteSome(taken)} ${taken.length === 1 ? "is" : "are"} taken as missing (${where}).` },
  ];
}
