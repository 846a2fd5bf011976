import { OptionError } from "@pushforward/core";
import type { Column } from "@pushforward/datasets";
import {
  type ColumnCodes,
  type ColumnSource,
  columnCodes,
  isMissingMarker,
  refuseInfiniteTexts,
  toNumbers,
  unfitValue,
} from "../cells.ts";
import { compileDateFormat } from "../dates/date-format.ts";
import { dateVariable, findDateFormat, readDates } from "../dates/find-date-format.ts";
import type { ColumnDeclaration } from "../declarations/column-types.ts";
import { domainWords, isInDomain, type NumberDomain, wrapNumber } from "../numbers/number-domain.ts";
import { type FoundNumbers, findNumberFormat } from "../numbers/number-format.ts";
import { numericVariable } from "../numbers/numeric-variable.ts";
import { booleanWords, findLevels, textVariable } from "../texts/text-variable.ts";
import { type FoundColumn, variableDomain } from "../variables/variable.ts";

/**
 * Reads a column as the caller declares it.
 *
 * @throws {DataError} a value does not fit; the message names its row.
 * @throws {OptionError} the declaration lacks increasing bounds or distinct levels.
 */
export function declaredVariable(column: Column, declaration: ColumnDeclaration, source: ColumnSource): FoundColumn {
  const coded = columnCodes(column);
  const { kind } = declaration;
  checkDeclaration(column.name, declaration);
  switch (kind) {
    case "real":
    case "integer":
    case "positive":
    case "interval":
    case "circular":
      return declaredNumbers(column, coded, declaration, source);
    case "ordinal":
      return declaredLevels(column, coded, declaration.levels, source);
    case "date":
      return declaredDates(coded, declaration.format, source);
    case "boolean":
      if (coded.texts.length > 2 && booleanWords(coded.texts) === undefined) {
        throw unfitValue(coded, 2, `a boolean (${coded.texts.slice(0, 2).join(", ")})`, source);
      }
      return textVariable(column, coded, kind);
    default:
      return textVariable(column, coded, kind);
  }
}

/**
 * Refuses a declaration that was not made by `interval`, `circular` or `ordinal` and would fail the checks of these
 * functions.
 */
function checkDeclaration(name: string, { kind, bounds, levels }: ColumnDeclaration): void {
  const [low = Number.NaN, high = Number.NaN] = bounds ?? [];
  if ((kind === "interval" || kind === "circular") && !(high > low && Number.isFinite(high - low))) {
    throw new OptionError(
      `declare: expected finite bounds that rise for column "${name}" (${kind}), got [${low}, ${high}].`,
    );
  }
  if (kind === "ordinal" && levels !== undefined && (levels.length < 2 || new Set(levels).size < levels.length)) {
    throw new OptionError(`declare: expected at least two different levels for column "${name}", got [${levels}].`);
  }
}

function declaredNumbers(
  column: Column,
  coded: ColumnCodes,
  declaration: ColumnDeclaration,
  source: ColumnSource,
): FoundColumn {
  const { kind } = declaration;
  const domain = variableDomain(declaration);
  const expected = kind === "integer" ? "an integer" : domain === undefined ? "a number" : domainWords(domain);
  // Where a comma may be both, who declares integers decides.
  const numbers = findNumberFormat(coded.texts, { decimalComma: kind !== "integer" });
  if (numbers === undefined) {
    const code = coded.texts.findIndex((text) => !saysMissing(text));
    if (code >= 0) throw unfitValue(coded, code, expected, source);
    const values = new Float64Array(coded.texts.length).fill(Number.NaN);
    const format = { decimals: 0 };
    const none = { format, values, others: [], isAmbiguous: false, hasZerosFirst: false };
    return withKind(numericVariable(column, coded, none), declaration);
  }
  const other = numbers.others.find((code) => !saysMissing(coded.texts[code] as string));
  if (other !== undefined) throw unfitValue(coded, other, expected, source);
  const unfit = (value: number): boolean =>
    !Number.isNaN(value) && (kind === "integer" ? !Number.isSafeInteger(value) : isOutside(value, domain));
  refuseInfiniteTexts(coded, numbers.values, source);
  const code = numbers.values.findIndex(unfit);
  if (code >= 0) throw unfitValue(coded, code, expected, source);
  const found = { ...numbers, isAmbiguous: false };
  return withKind(
    domain?.isCircular ? circularVariable(column, coded, found, domain) : numericVariable(column, coded, found),
    declaration,
  );
}

/** Column of numbers on a circle. Numbers in other periods are reduced to the first period and counted. */
function circularVariable(column: Column, coded: ColumnCodes, found: FoundNumbers, domain: NumberDomain): FoundColumn {
  const { decimals } = found.format;
  const values = found.values.map((value) => wrapNumber(value, domain, decimals));
  const isWrapped = values.map((value, code) => (value === found.values[code] || Number.isNaN(value) ? 0 : 1));
  const rows = coded.counts.reduce((sum, count, code) => sum + count * (isWrapped[code] as number), 0);
  if (rows === 0) return numericVariable(column, coded, found);
  const { variable, notes } = numericVariable(column, coded, { ...found, values });
  const { low, high = low } = domain;
  const [number, have] = rows === 1 ? ["1 value lies", "is"] : [`${rows.toLocaleString("en")} values lie`, "are"];
  const text = `${number} outside of [${low}, ${high}) and ${have} read modulo ${high - low}.`;
  return { variable, column: toNumbers(coded, values), notes: [...notes, { column: coded.name, text }] };
}

/** True if a number is outside the domain. On a circle, every number is allowed. */
function isOutside(value: number, domain: NumberDomain | undefined): boolean {
  return domain?.isCircular !== true && !isInDomain(value, domain);
}

function withKind({ variable, ...found }: FoundColumn, { kind, bounds }: ColumnDeclaration): FoundColumn {
  if (kind === variable.kind) return { variable, ...found };
  const { step, ...rest } = variable;
  if (kind === "integer") return { ...found, variable: { ...rest, kind, step: 1 } };
  // Integers that are declared as real numbers get a density; within bounds they stay integers.
  if (kind === "real") return { ...found, variable: { ...rest, kind } };
  return { ...found, variable: { ...rest, kind, ...(step !== undefined && { step }), ...(bounds && { bounds }) } };
}

/** Column of ordered categories. The order is declared or follows from the values. */
function declaredLevels(
  column: Column,
  coded: ColumnCodes,
  declared: readonly string[] | undefined,
  source: ColumnSource,
): FoundColumn {
  const { name, texts } = coded;
  const levels = declared ?? findLevels(texts);
  if (levels === undefined) {
    const example = [...texts]
      .sort()
      .slice(0, 5)
      .map((text) => (/[<)"]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text))
      .join("<");
    throw new OptionError(
      `declare: the values of column "${name}" do not say their order. Declare ${name}:ordinal(${example}) with all values, the lowest first.`,
    );
  }
  const other = texts.findIndex((text) => !levels.includes(text));
  if (other >= 0) throw unfitValue(coded, other, `one of ${levels.join(" < ")}`, source);
  return textVariable(column, coded, "ordinal", levels);
}

function declaredDates(coded: ColumnCodes, format: string | undefined, source: ColumnSource): FoundColumn {
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
  if (other !== undefined) throw unfitValue(coded, other, `a date (${found.format})`, source);
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
  return isMissingMarker(text.trim());
}
