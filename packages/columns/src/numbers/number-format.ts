import type { NumberFormat } from "../variables/variable.ts";

/** Most digits after the decimal mark that are kept; further ones are noise of float64. */
const MOST_DECIMALS = 15;

const SIGN = /^[+\-\u2212]/;

/**
 * What reads a number in a format: the number that a text writes, or NaN. Groups of digits may lack their separators, the
 * sign may stand before or after the prefix.
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

/** What stands in the parentheses around a text; undefined without them. */
export function insideParentheses(text: string): string | undefined {
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

/** A number as its column writes it, rounded to the decimals of the column. */
export function writeNumber(value: number, format: NumberFormat = {}): string {
  const { decimals, padded = false, decimal = ".", thousands, prefix = "", suffix = "", digits = 0, negative } = format;
  const size = Math.abs(value);
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

/** Digits after the decimal mark of a number as text, or undefined for more than 15 of them. */
export function decimalsOf(text: string, decimal: "." | "," = "."): number | undefined {
  const exponentAt = text.search(/[eE]/);
  const end = exponentAt < 0 ? text.length : exponentAt;
  const exponent = exponentAt < 0 ? 0 : Number(text.slice(exponentAt + 1));
  const at = text.lastIndexOf(decimal, end);
  const decimals = Math.max(0, (at < 0 ? 0 : end - at - 1) - exponent);
  return decimals <= MOST_DECIMALS ? decimals : undefined;
}
