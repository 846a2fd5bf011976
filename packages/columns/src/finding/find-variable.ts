import { OptionError } from "@pushforward/core";
import { suggestedName } from "@pushforward/core/plain";
import type { Column, Table } from "@pushforward/datasets";
import { listNames } from "@pushforward/datasets/extend";
import {
  type ColumnCodes,
  type ColumnSource,
  columnCodes,
  dropTexts,
  isInfinity,
  isMissingMarker,
  isMissingSign,
  MISSING_CODE,
  presentRows,
  quoteShort,
  quoteSome,
  refuseInfiniteTexts,
} from "../cells.ts";
import { dateVariable, type FoundDates, findDateFormat } from "../dates/find-date-format.ts";
import type { ColumnDeclarations } from "../declarations/column-types.ts";
import { withGridsOfCopies } from "../numbers/equal-columns.ts";
import { type FoundNumbers, findNumberFormat, findSuffixes, type NumberHints } from "../numbers/number-format.ts";
import { markerNotes, numericVariable } from "../numbers/numeric-variable.ts";
import { booleanWords, findLevels, textKind, textVariable } from "../texts/text-variable.ts";
import type { ColumnNote, FoundColumn, TypedTable } from "../variables/variable.ts";
import { declaredVariable } from "./declared-variable.ts";

/** Fraction of numeric values above which non-numeric values get a note. */
const MOSTLY = 0.8;
/** Maximum distinct texts of a boolean, including markers of missing values. */
const MOST_FLAGS = 16;
/** Examples in a note. */
const SHOWN = 3;

/**
 * Type of a table column, from its values.
 *
 * @throws {DataError} a number or date is infinite.
 */
function findVariable(column: Column, hints: NumberHints, source: ColumnSource): FoundColumn {
  const coded = columnCodes(column);
  const numbers = findNumberFormat(coded.texts, hints);
  const isNumeric = numbers !== undefined && isColumnOfNumbers(coded, numbers) && !mayBeCompactDates(coded);
  // "12 May 2020" has no unit.
  const hasUnit = /\p{L}/u.test(numbers?.format.suffix ?? "");
  const dates = isNumeric && !hasUnit ? undefined : findDates(coded);
  if (dates !== undefined) {
    refuseInfiniteTexts(coded, dates.values, source);
    return dateVariable(coded, dates);
  }
  if (numbers !== undefined && isColumnOfNumbers(coded, numbers)) {
    refuseInfiniteTexts(coded, numbers.values, source);
    if (countsRows(coded, numbers.values)) return rowNames(column, coded, "It counts the rows");
    if (neverRepeats(coded, numbers.values))
      return rowNames(column, coded, "It identifies the rows (its integers never repeat)");
    return numericVariable(column, coded, numbers);
  }
  const flags = booleanVariable(column, coded);
  if (flags !== undefined) return flags;
  const kind = textKind(coded);
  const levels = kind === "category" ? findLevels(coded.texts) : undefined;
  if (levels !== undefined) return textVariable(column, coded, "ordinal", levels);
  const found = textVariable(column, coded, kind);
  return { ...found, notes: textNotes(coded, numbers) };
}

/** A column of two truth words, with markers of missing values. */
function booleanVariable(column: Column, coded: ColumnCodes): FoundColumn | undefined {
  const { texts } = coded;
  if (texts.length > MOST_FLAGS) return undefined;
  const flags = dropTexts(coded, (text) => isMissingMarker(text.trim()));
  if (booleanWords(flags.texts) === undefined) return undefined;
  const codeValues = Float64Array.from(texts, (text) => (flags.texts.includes(text) ? 0 : Number.NaN));
  return { ...textVariable(column, flags, "boolean"), notes: markerNotes(coded, codeValues) };
}

/** True if all non-numeric texts mark missing values. */
function isColumnOfNumbers(coded: ColumnCodes, numbers: FoundNumbers): boolean {
  const { others, values, hasZerosFirst } = numbers;
  if (hasZerosFirst || hasTooManyDigits(coded, values)) return false;
  return saysMissing(coded, others);
}

function saysMissing({ texts }: ColumnCodes, others: readonly number[]): boolean {
  return others.every((code) => {
    const text = (texts[code] as string).trim();
    return isMissingMarker(text) || isInfinity(text);
  });
}

/** True if some integers exceed float64 precision, such as identifiers. */
function hasTooManyDigits({ texts }: ColumnCodes, values: Float64Array): boolean {
  return texts.some(
    (text, code) => Math.abs(values[code] as number) > Number.MAX_SAFE_INTEGER && /^[+-]?\d+$/.test(text.trim()),
  );
}

function mayBeCompactDates({ texts }: ColumnCodes): boolean {
  return texts.length > 0 && texts.every((text) => /^\d{8}$/.test(text) || isMissingMarker(text));
}

function findDates(coded: ColumnCodes): FoundDates | undefined {
  const found = findDateFormat(coded.texts, coded.name);
  if (found === undefined || found.ambiguousWith !== undefined || !saysMissing(coded, found.others)) return undefined;
  return found;
}

const TIME_NAME = /year|month|week|day|hour|minute|date|time|period|quarter|season|age|dose|^t$|^x$/i;
const ID_NAME =
  /^(?:row_?(?:names?|num(?:ber)?|id|no)?|index|unnamed:? ?\d*|uuid|guid|key|id|.*[a-z]I[dD]|.*[_. ]id|id[_. ].*)$/i;

/** Minimum number of rows for consecutive integers to count these. */
const LEAST_COUNTED = 5;

/** True if integers only identify rows: consecutive numbers, or unique values in a column with a typical name. */
function countsRows(coded: ColumnCodes, values: Float64Array): boolean {
  const { name, codes, texts } = coded;
  const rows = codes.length;
  if (rows < 2 || texts.length !== rows || !values.every(Number.isInteger)) return false;
  if (isIdName(name)) return true;
  if (rows < LEAST_COUNTED) return false;
  const first = values[codes[0] as number] as number;
  if (TIME_NAME.test(name) || (first !== 0 && first !== 1)) return false;
  return codes.every((code, row) => code !== MISSING_CODE && values[code] === first + row);
}

/** Minimum expected number of pairs of equal integers. The probability of no such pair is then below e⁻¹⁰. */
const LEAST_EXPECTED = 10;
/** Minimum number of rows. A smaller table may have each number once by design. */
const LEAST_UNIQUE = 100;
/** Numbers that are years. */
const [FIRST_YEAR, LAST_YEAR] = [1500, 2100];
const RANK_NAME = /rank/i;
/** Largest distance from one half of the share of rises in numbers in random order. */
const SHUFFLED = 0.15;

/**
 * True if integers would repeat by chance, but do not. Of n numbers in a range of w integers, at least n (n − 1) / (2 w) pairs
 * would be equal. Times and ranks have no such repetitions. Consecutive integers identify rows only in random order.
 */
function neverRepeats({ name, codes, texts }: ColumnCodes, values: Float64Array): boolean {
  const rows = codes.length;
  if (rows < LEAST_UNIQUE || texts.length !== rows || TIME_NAME.test(name) || RANK_NAME.test(name)) return false;
  if (!values.every(Number.isInteger)) return false;
  const [low, high] = [values.reduce((a, b) => Math.min(a, b)), values.reduce((a, b) => Math.max(a, b))];
  if (low >= FIRST_YEAR && high <= LAST_YEAR) return false;
  if (high - low === rows - 1 && !isShuffled(codes, values)) return false;
  return (rows * (rows - 1)) / (2 * (high - low + 1)) >= LEAST_EXPECTED;
}

/** True if about half of the numbers are larger than the number before. */
function isShuffled(codes: ColumnCodes["codes"], values: Float64Array): boolean {
  let rising = 0;
  for (let row = 1; row < codes.length; row++) {
    if ((values[codes[row] as number] as number) > (values[codes[row - 1] as number] as number)) rising++;
  }
  return Math.abs(rising / (codes.length - 1) - 0.5) < SHUFFLED;
}

function isIdName(name: string): boolean {
  return ID_NAME.test(name.trim());
}

function rowNames(column: Column, coded: ColumnCodes, reason: string): FoundColumn {
  const { name } = coded;
  const note = { column: name, text: `${reason}, and is not learned. Declare it as integer to learn it.` };
  return { ...textVariable(column, coded, "id"), notes: isIdName(name) ? [] : [note] };
}

function textNotes(coded: ColumnCodes, numbers: FoundNumbers | undefined): ColumnNote[] {
  const { name, texts } = coded;
  if (numbers?.hasZerosFirst && numbers.others.length === 0) {
    return [{ column: name, text: "Numbers have zeros before them, as codes do. The column is read as text." }];
  }
  if (numbers !== undefined && hasTooManyDigits(coded, numbers.values)) {
    return [{ column: name, text: "Integers have more digits than a float64 holds. The column is read as text." }];
  }
  const limits = numbers === undefined ? [] : limitsNote(coded, numbers.others);
  if (limits.length > 0) return limits;
  const units = numbers === undefined ? unitsNote(coded) : [];
  if (units.length > 0) return units;
  const numeric = numbers === undefined ? [] : mostlyNote(coded, numbers.others, "numbers");
  if (numeric.length > 0) return numeric;
  const dates = findDateFormat(texts, name);
  if (dates === undefined) return signNotes(coded);
  const { format, ambiguousWith } = dates;
  if (ambiguousWith === undefined) return mostlyNote(coded, dates.others, `dates (${format})`);
  const text = `The dates could be ${format} or ${ambiguousWith}. The column is read as text; declare date(${format}) or date(${ambiguousWith}) instead.`;
  return [{ column: name, text }];
}

const LIMIT = /^(?:[<>\u2264\u2265]|[<>]=)\s*[\d.,]*\d/;

/** A note on measurement limits, such as `<0.05`, which prevent a numeric column. */
function limitsNote({ name, texts, counts }: ColumnCodes, others: readonly number[]): ColumnNote[] {
  const limits = others.filter((code) => LIMIT.test((texts[code] as string).trim()));
  const isElse = (code: number): boolean => !limits.includes(code) && !isMissingMarker((texts[code] as string).trim());
  if (limits.length === 0 || others.some(isElse)) return [];
  const rows = limits.reduce((sum, code) => sum + (counts[code] as number), 0);
  const where = rows === 1 ? "1 row" : `${rows.toLocaleString("en")} rows`;
  const shown = quoteSome(limits.map((code) => texts[code] as string));
  const [is, them] = limits.length === 1 ? ["is a limit, not a number", "it"] : ["are limits, not numbers", "them"];
  const text = `${shown} (${where}) ${is}. The column is read as text; to learn its numbers, declare ${them} missing, or write a number for ${them}.`;
  return [{ column: name, text }];
}

/** A note on numbers with several units, which have no common scale. */
function unitsNote({ name, texts }: ColumnCodes): ColumnNote[] {
  const present = texts.filter((text) => !isMissingMarker(text.trim()));
  const units = findSuffixes(present);
  if (units === undefined || units.length < 2) return [];
  const shown = quoteSome(units.filter((unit) => unit !== ""));
  const none = units.includes("") ? " or none" : "";
  return [
    {
      column: name,
      text: `Numbers have different units (${shown}${none}). The column is read as text; write them in one unit to learn numbers.`,
    },
  ];
}

/** A note on signs among words, which may mark missing values. */
function signNotes({ name, texts, counts }: ColumnCodes): ColumnNote[] {
  const code = texts.findIndex((text) => isMissingSign(text.trim()));
  if (code < 0 || texts.length === 1) return [];
  const rows = counts[code] as number;
  const where = rows === 1 ? "1 row" : `${rows.toLocaleString("en")} rows`;
  const text = `${quoteShort(texts[code] as string)} (${where}) is read as an ordinary value. Declare it if it marks missing values.`;
  return [{ column: name, text }];
}

/** A note on the few values that prevent a column of numbers or dates. */
function mostlyNote(coded: ColumnCodes, others: readonly number[], what: string): ColumnNote[] {
  const { name, texts, firstRows, counts } = coded;
  const rows = others.reduce((sum, code) => sum + (counts[code] as number), 0);
  const share = 1 - rows / Math.max(1, presentRows(coded));
  if (share < MOSTLY || others.length === 0) return [];
  const shown = others
    .slice(0, SHOWN)
    .map((code) => `${quoteShort(texts[code] as string)} in row ${(firstRows[code] as number) + 1}`);
  const more = others.length > SHOWN ? ` and ${others.length - SHOWN} more` : "";
  const percent = `${Number((100 * share).toFixed(1))} %`;
  return [
    {
      column: name,
      text: `${percent} of the values are ${what}, but not ${shown.join(", ")}${more}. The column is read as text.`,
    },
  ];
}

/** Options of {@link findVariables}. */
export interface FindVariablesOptions {
  /** Column types; see {@link parseDeclarations}. Default: detected from the values. */
  readonly declared?: ColumnDeclarations | undefined;
  /** Decimal separator of all columns. Default: detected from the values. */
  readonly decimal?: "." | "," | undefined;
  /** Name of the file, for messages. */
  readonly file?: string | undefined;
}

/** A table with its column types, and notes about decisions. */
export interface FoundVariables extends TypedTable {
  /** Notes on missing values, number formats, and ambiguities. */
  readonly notes: readonly ColumnNote[];
}

/**
 * Detects the column types of a table from the values and, if ambiguous, from the names. All decisions are explicit: `notes`
 * has a sentence for each column with reinterpreted cells.
 *
 * @param table text columns, as from `parseCsv(text, { kinds: "text", missing: "keep" })`; numeric columns are used as they
 * are.
 * @throws {DataError} a value contradicts the declaration of its column, or is infinite; the message names its row.
 * @throws {OptionError} a column that does not exist is declared.
 * @example
 * const table = parseCsv("when,mass\n2020-01-31,1.5\n2020-02-29,2.0\n", { kinds: "text", missing: "keep" });
 * findVariables(table).variables.map(({ kind }) => kind); // → ["date", "real"]
 */
export function findVariables(table: Table, { declared, decimal, file }: FindVariablesOptions = {}): FoundVariables {
  const names = new Set(table.columns.map(({ name }) => name));
  for (const name of declared?.keys() ?? []) {
    if (names.has(name)) continue;
    throw new OptionError(
      `declare: expected a column "${name}", got the columns ${listNames([...names])}.${suggestedName(name, names)}`,
    );
  }
  const find = (column: Table["columns"][number], decimalComma?: boolean): FoundColumn => {
    const declaration = declared?.get(column.name);
    if (declaration === undefined) return findVariable(column, { decimalComma, decimal }, { table, file });
    return declaredVariable(column, declaration, { table, file });
  };
  const first = table.columns.map((column) => find(column));
  // Where one column has decimal commas for sure, those that could have them do.
  const decimalComma = decimal === undefined && first.some(({ variable }) => variable.numberFormat?.decimal === ",");
  const found = !decimalComma
    ? first
    : first.map((one, j) => {
        const isOpen = one.variable.numberFormat?.thousands === ",";
        return isOpen ? find(table.columns[j] as Table["columns"][number], true) : one;
      });
  const typed = { rows: table.rows, columns: found.map(({ column }) => column) };
  return {
    variables: withGridsOfCopies(
      found.map(({ variable }) => variable),
      typed,
    ),
    table: typed,
    notes: found.flatMap(({ notes }) => notes),
  };
}
