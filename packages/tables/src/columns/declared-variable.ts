import { OptionError } from "@pushforward/core";
import type { Column } from "@pushforward/datasets";
import { type ColumnCodes, columnCodes } from "./column-codes.ts";
import type { ColumnDeclaration } from "./column-declaration.ts";
import { compileDateFormat } from "./date-format.ts";
import { dateVariable } from "./date-variable.ts";
import { findDateFormat, readDates } from "./find-date-format.ts";
import { findNumberFormat } from "./find-number-format.ts";
import type { FoundColumn } from "./found-column.ts";
import { isInfinity, isMissingMarker } from "./missing-markers.ts";
import { numericVariable } from "./numeric-variable.ts";
import { booleanWords, textVariable } from "./text-variable.ts";
import { unfitValue } from "./unfit-value.ts";

/**
 * A column that is what the caller says.
 *
 * @throws {DataError} a value does not fit; the message names its row.
 */
export function declaredVariable(column: Column, declaration: ColumnDeclaration, file?: string): FoundColumn {
  const coded = columnCodes(column);
  const { kind } = declaration;
  switch (kind) {
    case "real":
    case "integer":
      return declaredNumbers(column, coded, kind, file);
    case "date":
      return declaredDates(coded, declaration.format, file);
    case "boolean":
      if (coded.texts.length > 2 && booleanWords(coded.texts) === undefined) {
        throw unfitValue(coded, 2, `a boolean (${coded.texts.slice(0, 2).join(", ")})`, file);
      }
      return textVariable(column, coded, kind);
    default:
      return textVariable(column, coded, kind);
  }
}

function declaredNumbers(
  column: Column,
  coded: ColumnCodes,
  kind: "real" | "integer",
  file: string | undefined,
): FoundColumn {
  const expected = kind === "integer" ? "an integer" : "a number";
  // Where a comma may be both, who declares fractions or integers decides.
  const numbers = findNumberFormat(coded.texts, { decimalComma: kind === "real" });
  if (numbers === undefined) {
    const code = coded.texts.findIndex((text) => !saysMissing(text));
    if (code >= 0) throw unfitValue(coded, code, expected, file);
    const values = new Float64Array(coded.texts.length).fill(Number.NaN);
    const format = { decimals: 0 };
    const none = { format, values, others: [], isAmbiguous: false, hasZerosFirst: false };
    return withKind(numericVariable(column, coded, none), kind);
  }
  const other = numbers.others.find((code) => !saysMissing(coded.texts[code] as string));
  if (other !== undefined) throw unfitValue(coded, other, expected, file);
  if (kind === "integer") {
    const fraction = numbers.values.findIndex((value) => Number.isFinite(value) && !Number.isSafeInteger(value));
    if (fraction >= 0) throw unfitValue(coded, fraction, expected, file);
  }
  return withKind(numericVariable(column, coded, { ...numbers, isAmbiguous: false }), kind);
}

function withKind({ variable, ...found }: FoundColumn, kind: "real" | "integer"): FoundColumn {
  if (kind === variable.kind) return { variable, ...found };
  const { step: _, ...rest } = variable;
  return { ...found, variable: { ...rest, kind, ...(kind === "integer" && { step: 1 }) } };
}

function declaredDates(coded: ColumnCodes, format: string | undefined, file: string | undefined): FoundColumn {
  const { name, texts } = coded;
  if (format !== undefined && compileDateFormat(dateFormatOf(format)) === undefined) {
    throw new OptionError(
      `declare: expected a format of dates like %d.%m.%Y for column "${name}", got ${JSON.stringify(format)}.`,
    );
  }
  // Named "date": whoever declares it means digits without separators, too.
  const found =
    format === undefined
      ? (findDateFormat(texts, "date") ?? readDates(texts, "%Y-%m-%d"))
      : readDates(texts, dateFormatOf(format));
  if (found === undefined) throw new OptionError(`declare: the dates of column "${name}" have no format.`);
  if (found.ambiguousWith !== undefined) {
    throw new OptionError(
      `declare: the dates of column "${name}" could be ${found.format} or ${found.ambiguousWith}. Declare ${name}:date(${found.format}) or ${name}:date(${found.ambiguousWith}).`,
    );
  }
  const other = found.others.find((code) => !saysMissing(texts[code] as string));
  if (other !== undefined) throw unfitValue(coded, other, `a date (${found.format})`, file);
  return dateVariable(coded, found);
}

const EPOCHS: ReadonlyMap<string, string> = new Map([
  ["epoch", "%s"],
  ["epoch ms", "%Q"],
]);

/** A declared format; `epoch` and `epoch ms` are seconds and milliseconds since 1970. */
function dateFormatOf(format: string): string {
  return EPOCHS.get(format) ?? format;
}

function saysMissing(text: string): boolean {
  const trimmed = text.trim();
  return isMissingMarker(trimmed) || isInfinity(trimmed);
}
