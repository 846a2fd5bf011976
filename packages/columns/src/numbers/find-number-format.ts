import type { NumberFormat } from "../variables/variable.ts";
import { decimalsOf, insideParentheses, numberReader } from "./number-format.ts";

// Units that may stand at a number without a space; behind a space, any word is one. All numbers of a column have to share it.
const SMALL_UNITS = "[kcmdµn]?m[²³]?|mi|ft|in|yd|ha|[kmµ]?g|lbs?|oz|[cmd][lL]|[mµn]?s|min|hrs?|h";
const OTHER_UNITS = "[kMG]Wh?|[kMG]?Hz|[kMGT]i?B|mph|km/h|m/s|hp|cc|px|[kh]?Pa|m?bar|°[CFK]?";
const UNIT = `\\s\\p{L}[\\p{L}\\p{M}²³/°.-]{0,19}|\\s?(?:${SMALL_UNITS}|${OTHER_UNITS})`;

// A currency sign or the code of a currency, percent, per mille.
const CURRENCY = "\\p{Sc}|US\\$|(?:USD|EUR|GBP|CHF|JPY|CNY|INR|CAD|AUD|SEK|NOK|DKK|PLN|BRL)|kr\\.?|Fr\\.|Rs\\.?|R\\$";
const BODY = "\\d(?:[\\d.,'\u2019\u00a0\u202f\u2009 ]*\\d)?[.,]?|[.,]\\d+";
const NUMBER = new RegExp(
  `^[+\\-\u2212]?(?<prefix>(?:${CURRENCY})\\s?)?[+\\-\u2212]?(?<body>(?:${BODY})(?:[eE][+-]?\\d+)?)(?<suffix>\\s?(?:${CURRENCY}|%|\u2030)|${UNIT})?$`,
  "u",
);
const PLAIN = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/;
const ZERO_FIRST = /^[+-]?0\d+$/;
/** A float64 has all digits of a number of this length. */
const SHORT = 16;

/** The separators of digits that are tried, in this order. */
const SEPARATORS: readonly Pick<NumberFormat, "decimal" | "thousands">[] = [
  {},
  { thousands: "," },
  { decimal: "," },
  { decimal: ",", thousands: "." },
  ...[" ", "\u00a0", "\u202f", "\u2009", "'", "\u2019"].flatMap((thousands) => [
    { thousands },
    { decimal: "," as const, thousands },
  ]),
];

/** The texts of a column as numbers. */
export interface FoundNumbers {
  readonly format: NumberFormat;
  /** For each text its number; NaN for those that are none. */
  readonly values: Float64Array;
  /** The indices of texts that are no numbers. */
  readonly others: readonly number[];
  /** Whether commas may as well separate decimals as thousands. */
  readonly isAmbiguous: boolean;
  /** Whether there are integers with zeros before them, as codes have. */
  readonly hasZerosFirst: boolean;
}

/** What a format is found from. */
export interface NumberHints {
  /** Whether other columns of the file have decimal commas (true) or decimal points (false). */
  readonly decimalComma?: boolean | undefined;
  /** What separates the digits of a fraction, where the caller says so. */
  readonly decimal?: "." | "," | undefined;
}

/** How the numbers among some different texts are written; undefined when none are or when they differ in their form. */
export function findNumberFormat(texts: readonly string[], hints: NumberHints = {}): FoundNumbers | undefined {
  if (texts.length > 0 && texts.every((text) => PLAIN.test(text))) {
    const values = Float64Array.from(texts, Number);
    const format = withDigits(texts, values, {});
    return { format, values, others: [], isAmbiguous: false, hasZerosFirst: texts.some(startsWithZero) };
  }
  // Parentheses make a number negative only beside numbers without them.
  const inner = texts.map(insideParentheses);
  const isEnclosed = (text?: string): boolean => text !== undefined && splitNumber(text.trim()) !== undefined;
  const hasParentheses = inner.includes(undefined) && inner.some(isEnclosed);
  const parts = texts.map((text, i) => splitNumber(((hasParentheses ? inner[i] : undefined) ?? text).trim()));
  const first = parts.find((part) => part !== undefined);
  if (first === undefined) return undefined;
  const { prefix, suffix } = first;
  if (parts.some((part) => part !== undefined && (part.prefix !== prefix || part.suffix !== suffix))) return undefined;
  const bodies = parts.flatMap((part) => (part === undefined ? [] : [part.body]));
  const chosen = findSeparators(bodies, hints);
  if (chosen === undefined) return undefined;
  const affixes = { ...(prefix !== "" && { prefix }), ...(suffix !== "" && { suffix }) };
  const format = { ...chosen.separators, ...affixes, ...(hasParentheses && { negative: "parentheses" as const }) };
  const read = numberReader(format);
  const values = Float64Array.from(texts, (text, i) => (parts[i] === undefined ? Number.NaN : read(text)));
  return {
    format: withDigits(
      bodies,
      values.filter((_, i) => parts[i] !== undefined),
      format,
    ),
    values,
    others: parts.flatMap((part, i) => (part === undefined ? [i] : [])),
    isAmbiguous: chosen.isAmbiguous,
    hasZerosFirst: bodies.some(startsWithZero),
  };
}

/** What stands behind the numbers of texts that are all numbers, each once; undefined when some are none. */
export function findSuffixes(texts: readonly string[]): readonly string[] | undefined {
  const parts = texts.map((text) => splitNumber(text.trim()));
  return parts.includes(undefined) ? undefined : [...new Set(parts.map((part) => (part?.suffix ?? "").trim()))];
}

/** Whether an integer has zeros before it. */
function startsWithZero(body: string): boolean {
  return ZERO_FIRST.test(body);
}

/** Separators, and whether those of thousands could be decimal marks. */
interface Separators {
  readonly separators: Pick<NumberFormat, "decimal" | "thousands">;
  readonly isAmbiguous: boolean;
}

function findSeparators(bodies: readonly string[], hints: NumberHints): Separators | undefined {
  const fits = (format: NumberFormat): boolean => {
    const read = numberReader(format);
    return bodies.every((body) => !Number.isNaN(read(body)));
  };
  const separators = SEPARATORS.find(fits);
  if (separators?.thousands === "," && fits({ decimal: "," })) return commaMeaning(bodies, hints);
  return separators && { separators, isAmbiguous: false };
}

interface NumberParts {
  readonly prefix: string;
  readonly body: string;
  readonly suffix: string;
}

function splitNumber(text: string): NumberParts | undefined {
  if (PLAIN.test(text)) return { prefix: "", body: text.replace(/^[+-]/, ""), suffix: "" };
  const groups = NUMBER.exec(text)?.groups;
  if (groups === undefined) return undefined;
  return { prefix: groups["prefix"] ?? "", body: groups["body"] as string, suffix: groups["suffix"] ?? "" };
}

/** What a comma before three digits means, where both readings fit all numbers. */
function commaMeaning(bodies: readonly string[], { decimalComma, decimal }: NumberHints): Separators {
  // With separators of thousands, a number of more than three digits has them.
  const isDecimal = bodies.some((body) => /^0\d*,/.test(body) || /^\d{4,}$/.test(body));
  if (isDecimal) return { separators: { decimal: "," }, isAmbiguous: false };
  if (decimal !== undefined) {
    return { separators: decimal === "," ? { decimal } : { thousands: "," }, isAmbiguous: false };
  }
  if (decimalComma === true) return { separators: { decimal: "," }, isAmbiguous: true };
  return { separators: { thousands: "," }, isAmbiguous: true };
}

/** The format with the digits that the numbers have. */
function withDigits(bodies: readonly string[], values: Float64Array, format: NumberFormat): NumberFormat {
  let most: number | undefined = 0;
  for (let i = 0; i < bodies.length && most !== undefined; i++) {
    const decimals = ownDecimals(bodies[i] as string, values[i] as number, format.decimal);
    most = decimals === undefined ? undefined : Math.max(most, decimals);
  }
  const written = decimalsOf(bodies[0] as string, format.decimal);
  const isPadded =
    bodies.some((body) => body.endsWith("0")) &&
    bodies.every((body) => !/[eE]/.test(body) && decimalsOf(body, format.decimal) === written);
  const width = (bodies[0] as string).length;
  const isCode = bodies.some(startsWithZero) && bodies.every((body) => body.length === width);
  return {
    ...(isPadded && written !== undefined && written > 0
      ? { decimals: written, padded: true }
      : most !== undefined && { decimals: most }),
    ...format,
    ...(isCode && { digits: width }),
  };
}

/** Digits after the decimal mark without zeros at the end and without those beyond a float64, which are noise. */
function ownDecimals(body: string, value: number, decimal: "," | undefined): number | undefined {
  const isShort = body.length <= SHORT && !body.endsWith("0");
  return isShort ? decimalsOf(body, decimal) : decimalsOf(String(value));
}
