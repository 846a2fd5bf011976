import type { NumberColumn } from "../tables.ts";

/** A number as CSV files write it, with a decimal point. */
export const DECIMAL: RegExp = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/;

/** A number with a decimal comma. */
const DECIMAL_WITH_COMMA = /^[+-]?(?:\d+,\d+|,\d+)(?:[eE][+-]?\d+)?$/;

/** Infinity in words. */
export const INFINITE: RegExp = /^[+-]?inf(?:inity)?$/i;

/** Returns `true` if most of these texts are numbers, some with decimal commas. */
export function holdsDecimalCommas(values: readonly string[]): boolean {
  let commas = 0;
  let numbers = 0;
  let present = 0;
  for (const value of values) {
    const text = value.trim();
    if (text === "") continue;
    present++;
    if (DECIMAL_WITH_COMMA.test(text)) commas++;
    if (DECIMAL.test(text)) numbers++;
  }
  return commas > 0 && 2 * (commas + numbers) > present;
}

/** Returns `true` if a text has the form of a number with a decimal comma. */
export function hasDecimalComma(text: string): boolean {
  return DECIMAL_WITH_COMMA.test(text);
}

/**
 * Returns `true` if a first line is a row of data rather than names. In that case the columns of numbers contain
 * numbers in the first line too, and these numbers do not count up evenly, unlike the names of years, pixels and
 * numbered columns.
 *
 * @param fields of the first line, without the spaces around each field.
 * @param isNumeric of each column, judged by the lines below.
 * @param numberOf the number that a field writes, or NaN.
 */
export function looksLikeData(
  fields: readonly string[],
  isNumeric: readonly boolean[],
  numberOf: (field: string) => number,
  missing: { has(text: string): boolean },
): boolean {
  const isNumber = (field: string): boolean => !Number.isNaN(numberOf(field));
  const numbers = fields.filter(isNumber);
  const numeric = fields.filter((_, j) => isNumeric[j]);
  if (numbers.length === 0 || numeric.length === 0) return false;
  return numeric.every((field) => isNumber(field) || missing.has(field)) && !countsUp(numbers);
}

function countsUp(texts: readonly string[]): boolean {
  if (!texts.every((text) => /^\d+$/.test(text))) return false;
  const values = texts.map(Number);
  const step = (values[1] ?? 1) - (values[0] ?? 0);
  const even = values.every((value, i) => i === 0 || value - (values[i - 1] as number) === step) && step > 0;
  return even && (values.length > 2 || values.every((value) => value >= FIRST_YEAR && value <= LAST_YEAR));
}

const FIRST_YEAR = 1500;
const LAST_YEAR = 2200;

/** Builds columns from row-major numbers. */
export function numberColumns(names: readonly string[], data: ArrayLike<number>): NumberColumn[] {
  const rows = data.length / names.length;
  return names.map((name, j) => ({
    name,
    kind: "number",
    values: Float64Array.from({ length: rows }, (_, i) => data[i * names.length + j] as number),
  }));
}
