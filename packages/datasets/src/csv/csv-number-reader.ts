import { OptionError } from "@pushforward/core";
import { type ColumnKind, listNames } from "../tables.ts";
import { INCOMPLETE } from "./csv-fields.ts";
import { DECIMAL } from "./csv-numbers.ts";
import type { CsvOptions } from "./csv-options.ts";
import type { CsvProblems } from "./csv-problems.ts";
import type { MissingMarkers } from "./missing-markers.ts";

const PLUS = 43;
const COMMA = 44;
const MINUS = 45;
const POINT = 46;
const LF = 10;
const CR = 13;
const LOWER_E = 101;
const UPPER_E = 69;

// Powers of ten that float64 holds exactly: a product or quotient of two exact numbers is rounded once, so correctly.
const POWERS_OF_TEN: Float64Array = Float64Array.from({ length: 23 }, (_, i) => Number(`1e${i}`));

/** Reads numbers with a decimal point or comma. */
export class CsvNumberReader {
  /** False if a number (−99, say) can mark a missing value. Each field is then compared as text. */
  readonly digitsAreNumbers: boolean;
  private readonly point: number;
  private exponent = 0;

  constructor(decimal: "." | "," | undefined, missing: MissingMarkers) {
    this.point = decimal === "," ? COMMA : POINT;
    this.digitsAreNumbers = !missing.hasNumbers;
  }

  /** The number that a text writes; NaN when it writes none. */
  numberOf(text: string): number {
    const plain = this.point === POINT ? text : text.replaceAll(".", "x").replace(",", ".");
    return DECIMAL.test(plain) ? Number(plain) : Number.NaN;
  }

  /**
   * Reads a number in its common form from its digits into an array. Returns the index of the end mark of the field, or
   * `INCOMPLETE` for any field that the general reader must handle.
   */
  read(text: string, at: number, delimiter: number, final: boolean, into: Float64Array, row: number): number {
    const end = text.length;
    let p = at;
    let c = p < end ? text.charCodeAt(p) : LF;
    const isNegative = c === MINUS;
    if (isNegative || c === PLUS) c = ++p < end ? text.charCodeAt(p) : LF;
    const digitsFrom = p;
    let mantissa = 0;
    let exponent = 0;
    while (c >= 48 && c <= 57) {
      mantissa = mantissa * 10 + (c - 48);
      c = ++p < end ? text.charCodeAt(p) : LF;
    }
    let digits = p - digitsFrom;
    if (c === this.point) {
      c = ++p < end ? text.charCodeAt(p) : LF;
      const fractionFrom = p;
      while (c >= 48 && c <= 57) {
        mantissa = mantissa * 10 + (c - 48);
        c = ++p < end ? text.charCodeAt(p) : LF;
      }
      exponent = fractionFrom - p;
      digits -= exponent;
    }
    if ((c === LOWER_E || c === UPPER_E) && p + 1 < end) {
      const q = this.readExponent(text, p + 1);
      if (q !== INCOMPLETE) {
        exponent += this.exponent;
        p = q;
        c = p < end ? text.charCodeAt(p) : LF;
      }
    }
    if (digits === 0 || (c !== delimiter && c !== LF && c !== CR) || (p >= end && !final)) return INCOMPLETE;
    let value: number;
    if (digits <= 15 && exponent >= -22 && exponent <= 22) {
      const power = POWERS_OF_TEN[exponent < 0 ? -exponent : exponent] as number;
      value = exponent < 0 ? mantissa / power : mantissa * power;
      if (isNegative) value = -value;
    } else {
      value = Number(text.slice(at, p));
    }
    if (value - value !== 0) return INCOMPLETE;
    into[row] = value;
    return p;
  }

  /** Reads up to three digits of an exponent; returns where they end. */
  private readExponent(text: string, from: number): number {
    const end = text.length;
    let q = from;
    let e = text.charCodeAt(q);
    const isNegative = e === MINUS;
    if (isNegative || e === PLUS) e = ++q < end ? text.charCodeAt(q) : LF;
    const digitsFrom = q;
    let size = 0;
    while (e >= 48 && e <= 57) {
      size = size * 10 + (e - 48);
      e = ++q < end ? text.charCodeAt(q) : LF;
    }
    if (q === digitsFrom || q - digitsFrom > 3) return INCOMPLETE;
    this.exponent = isNegative ? -size : size;
    return q;
  }
}

/** A field that is not read. */
export const SKIP = -1;

/** The columns that are read of a file. */
export interface CsvColumns {
  readonly names: readonly string[];
  readonly kinds: readonly ColumnKind[];
  /** For each field of a record its place in `names`, or `SKIP`. */
  readonly slots: Int32Array;
  /** 1 for columns that were not requested and are kept unchanged. */
  readonly kept: Uint8Array;
}

/**
 * Chooses the columns according to the options.
 *
 * @param names of all columns of the file.
 * @param inferred kinds of these columns, judged by the first rows.
 */
export function chooseCsvColumns(
  names: readonly string[],
  inferred: readonly ColumnKind[],
  { columns = names, kinds = {}, others = "leave" }: CsvOptions,
  problems: CsvProblems,
): CsvColumns {
  const places = new Map(names.map((name, i) => [name, i]));
  for (const name of [...columns, ...(kinds === "text" ? [] : Object.keys(kinds))]) {
    if (!places.has(name)) problems.fail(`expected a column "${name}", got the columns ${listNames(names)}.`, {});
  }
  const twice = firstRepeated(columns);
  if (twice !== undefined) throw new OptionError(`csv: expected different columns, got "${twice}" twice.`);
  const chosen = new Set(columns);
  const read = others === "keep" ? [...names] : [...columns];
  const slots = new Map(read.map((name, slot) => [name, slot]));
  return {
    names: read,
    kinds: read.map((name): ColumnKind => {
      if (kinds === "text" || !chosen.has(name)) return "text";
      // A plain object inherits "constructor" and others, which may be the names of columns.
      return (Object.hasOwn(kinds, name) ? kinds[name] : inferred[places.get(name) as number]) as ColumnKind;
    }),
    slots: Int32Array.from(names, (name) => slots.get(name) ?? SKIP),
    kept: Uint8Array.from(read, (name) => (chosen.has(name) ? 0 : 1)),
  };
}

/** Returns the first text that repeats an earlier one. */
export function firstRepeated(texts: readonly string[]): string | undefined {
  const seen = new Set<string>();
  return texts.find((text) => seen.size === seen.add(text).size);
}
