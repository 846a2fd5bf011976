import type { NumberFormat, Variable } from "../variables/variable.ts";

/** Most digits after the decimal mark that are kept; further ones are noise of float64. */
const MOST_DECIMALS = 15;

const SIGN = /^[+\-\u2212]/;

/**
 * Creates a function that reads a text in a number format, and returns NaN if the text does not fit. Groups of digits
 * may lack their separators. The sign may precede or follow the prefix.
 */
export function numberReader({ negative, ...format }: NumberFormat): (text: string) => number {
  if (negative !== undefined) {
    const read = numberReader(format);
    return (text) => {
      const inner = insideParentheses(text);
      return inner === undefined ? read(text) : -Math.abs(read(inner));
    };
  }
  const { prefix = "", suffix = "" } = format;
  const toNumber = bodyReader(format);
  return (text) => {
    let rest = text.trim();
    let isNegative = false;
    let isSigned = false;
    const takeSign = (): void => {
      if (isSigned || !SIGN.test(rest)) return;
      isSigned = true;
      isNegative = !rest.startsWith("+");
      rest = rest.slice(1);
    };
    takeSign();
    if (prefix !== "") {
      if (!rest.startsWith(prefix)) return Number.NaN;
      rest = rest.slice(prefix.length).trimStart();
      takeSign();
    }
    if (suffix !== "") {
      if (!rest.endsWith(suffix)) return Number.NaN;
      rest = rest.slice(0, -suffix.length).trimEnd();
    }
    const value = toNumber(rest);
    return isNegative ? -value : value;
  };
}

/** Returns the text inside enclosing parentheses; undefined without parentheses. */
function insideParentheses(text: string): string | undefined {
  return /^\s*\((.*)\)\s*$/.exec(text)?.[1];
}

function bodyReader({ decimal, thousands }: NumberFormat): (body: string) => number {
  const mark = decimal === "," ? "," : "\\.";
  const plain = `\\d+(?:${mark}\\d*)?|${mark}\\d+`;
  const group = thousands === undefined ? "" : escapePattern(thousands);
  const grouped = thousands === undefined ? "" : `|\\d{1,3}(?:${group}\\d{3})+(?:${mark}\\d*)?`;
  const pattern = new RegExp(`^(?:${plain}${grouped})(?:[eE][+-]?\\d+)?$`);
  return (body) => {
    if (!pattern.test(body)) return Number.NaN;
    const digits = thousands === undefined ? body : body.replaceAll(thousands, "");
    return Number(decimal === "," ? digits.replace(",", ".") : digits);
  };
}

/** A text as a pattern that matches it. */
export function escapePattern(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\/-]/g, "\\$&");
}

/** A number with the digits that its column has: digits after the decimal separator, or significant digits. */
export function roundToFormat(
  value: number,
  { decimals, significant }: Pick<NumberFormat, "decimals" | "significant">,
): number {
  if (!Number.isFinite(value)) return value;
  if (significant !== undefined) return Number(value.toPrecision(significant));
  return decimals === undefined || Math.abs(value) >= 1e21 ? value : Number(value.toFixed(decimals));
}

/**
 * The logarithm of the width of the numbers that a column writes as a number: the step of its grid, or the place of its last
 * digit. Numbers without a format have the spacing of float64.
 */
export function logPrintedWidth(
  { step = 0, numberFormat = {} }: Pick<Variable, "step" | "numberFormat">,
  value: number,
): number {
  if (step > 0) return Math.log(step);
  const { decimals, significant } = numberFormat;
  if (decimals !== undefined) return -decimals * Math.LN10;
  if (significant === undefined) return Math.log(Math.max(Math.abs(value), Number.MIN_VALUE * 2 ** 52)) - 52 * Math.LN2;
  return (magnitudeOf(value) + 1 - significant) * Math.LN10;
}

/** The exponent of the first digit of a number, 0 for 1 to 9.99. */
function magnitudeOf(value: number): number {
  return value === 0 ? 0 : Number(value.toExponential().split("e")[1]);
}

/** A number as its column writes it, rounded to the decimals of the column. */
export function writeNumber(value: number, format: NumberFormat = {}): string {
  const { decimals, padded = false, decimal = ".", thousands, prefix = "", suffix = "", digits = 0, negative } = format;
  const { significant } = format;
  const size = significant === undefined ? Math.abs(value) : roundToFormat(Math.abs(value), { significant });
  // Digits that a float64 does not have would make a number look like an identifier.
  const isLarge = size > Number.MAX_SAFE_INTEGER;
  let text = isLarge ? size.toExponential() : String(size);
  if (decimals !== undefined && !isLarge) {
    // The shortest text of a float64 has no noise in its last digits, which toFixed would show.
    const isShort = (decimalsOf(text) ?? Number.POSITIVE_INFINITY) <= decimals && !text.includes("e");
    if (padded || !isShort) text = size.toFixed(decimals);
    if (!padded && !isShort && decimals > 0) text = text.replace(/\.?0+$/, "");
  }
  const [whole = "", ...fraction] = text.split(".");
  const padding = whole.padStart(digits, "0");
  const grouped = thousands === undefined ? padding : padding.replace(/\B(?=(?:\d{3})+$)/g, thousands);
  const isZero = Number(text) === 0;
  const isNegative = isZero ? Object.is(value, -0) : value < 0;
  const amount = `${prefix}${[grouped, ...fraction].join(decimal)}${suffix}`;
  if (!isNegative) return amount;
  return negative === undefined ? `-${amount}` : `(${amount})`;
}

/** Counts the digits after the decimal mark of a number as text. Returns undefined for more than 15 digits. */
export function decimalsOf(text: string, decimal: "." | "," = "."): number | undefined {
  const exponentAt = text.search(/[eE]/);
  const end = exponentAt < 0 ? text.length : exponentAt;
  const exponent = exponentAt < 0 ? 0 : Number(text.slice(exponentAt + 1));
  const at = text.lastIndexOf(decimal, end);
  const decimals = Math.max(0, (at < 0 ? 0 : end - at - 1) - exponent);
  return decimals <= MOST_DECIMALS ? decimals : undefined;
}

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
  /** Number of each text; NaN for texts that are not numbers. */
  readonly values: Float64Array;
  /** The indices of texts that are no numbers. */
  readonly others: readonly number[];
  /** True if commas can be decimal marks as well as thousands separators. */
  readonly isAmbiguous: boolean;
  /** True if some integers have leading zeros, as codes do. */
  readonly hasZerosFirst: boolean;
}

/** Hints for finding a number format. */
export interface NumberHints {
  /** True if other columns of the file have decimal commas, false if they have decimal points. */
  readonly decimalComma?: boolean | undefined;
  /** Decimal mark, if the caller sets it. */
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

/** Returns the distinct suffixes of texts that are all numbers; undefined if some texts are not numbers. */
export function findSuffixes(texts: readonly string[]): readonly string[] | undefined {
  const parts = texts.map((text) => splitNumber(text.trim()));
  return parts.includes(undefined) ? undefined : [...new Set(parts.map((part) => (part?.suffix ?? "").trim()))];
}

/** True if an integer has leading zeros. */
function startsWithZero(body: string): boolean {
  return ZERO_FIRST.test(body);
}

/** Separators, with a flag that is true if the thousands separators could be decimal marks. */
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

/** Decides the meaning of a comma before three digits, if both readings fit all numbers. */
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
  const significant = isPadded ? undefined : significantDigits(bodies, values, format.decimal);
  const width = (bodies[0] as string).length;
  const isCode = bodies.some(startsWithZero) && bodies.every((body) => body.length === width);
  return {
    ...(isPadded && written !== undefined && written > 0
      ? { decimals: written, padded: true }
      : significant !== undefined
        ? { significant }
        : most !== undefined && { decimals: most }),
    ...format,
    ...(isCode && { digits: width }),
  };
}

/** Significant digits that a format may have, and the numbers that need all of them in each of two magnitudes. */
const [LEAST_SIGNIFICANT, MOST_SIGNIFICANT] = [2, 10];
const LEAST_FULL = 8;

/**
 * The number of significant digits, if the number of digits after the decimal mark decreases with the size of the numbers;
 * undefined if it does not.
 */
function significantDigits(
  bodies: readonly string[],
  values: Float64Array,
  decimal: "," | undefined,
): number | undefined {
  const digits = new Map<number, Map<number, number>>();
  let most = 0;
  for (const [i, body] of bodies.entries()) {
    const value = values[i] as number;
    const decimals = ownDecimals(body, value, decimal);
    if (decimals === undefined || decimals > MOST_SIGNIFICANT) return undefined;
    if (value === 0) continue;
    const magnitude = magnitudeOf(value);
    // Zeros at the end of an integer may be digits or not.
    const significant = decimals === 0 ? 0 : magnitude + 1 + decimals;
    most = Math.max(most, significant);
    const counts = digits.get(magnitude) ?? new Map<number, number>();
    counts.set(significant, (counts.get(significant) ?? 0) + 1);
    digits.set(magnitude, counts);
  }
  const full = [...digits].filter(([, counts]) => (counts.get(most) ?? 0) >= LEAST_FULL);
  const isLong = [...digits.keys()].some((magnitude) => magnitude + 1 > most);
  return full.length >= 2 && !isLong && most >= LEAST_SIGNIFICANT && most <= MOST_SIGNIFICANT ? most : undefined;
}

/**
 * Counts the digits after the decimal mark. Trailing zeros and digits beyond float64 precision, which are noise, do not
 * count.
 */
function ownDecimals(body: string, value: number, decimal: "," | undefined): number | undefined {
  const isShort = body.length <= SHORT && !body.endsWith("0");
  return isShort ? decimalsOf(body, decimal) : decimalsOf(String(value));
}
