import type { Column } from "@pushforward/datasets";
import { type ColumnCodes, quoteShort, quoteSome, toNumbers } from "../cells.ts";
import type { ColumnNote, FoundColumn, NumberFormat, Variable } from "../variables/variable.ts";
import { stepOfDecimals } from "./equal-columns.ts";
import type { FoundNumbers } from "./number-format.ts";
import { isBeyondRounding } from "./repeated-numbers.ts";

/** Fewer different numbers than these may have a common divisor by chance. */
const LEAST_DISTINCT = 8;
/** Evidence in nats that a spacing is no chance: random numbers are on a coarser grid with a probability of e^−12. */
const LEAST_EVIDENCE = 12;
/** Most digits after the decimal mark of a grid. */
const MOST_DECIMALS = 6;
const LARGEST = 2 ** 53;
/** Maximum grid points per distinct number. On a finer grid, nearly all points never occur. */
const MOST_POINTS = 50;

/** Data for finding a grid. */
interface GridOptions {
  /** The different numbers. */
  readonly values: Iterable<number>;
  readonly distinct: number;
  /** Number of rows that have a number. */
  readonly present: number;
  /** Number of rows with a number that other rows have, too. */
  readonly repeated: number;
  /** Most digits after the decimal mark. */
  readonly decimals: number | undefined;
}

/**
 * Returns the spacing of the grid that contains the numbers, or undefined. Integers always lie on a grid. Decimals do
 * if each number occurs twice on average, which separates rounded numbers from chance and from mere decimals. The same
 * test finds multiples of an integer (100, 200, …), also with an offset (3, 8, 13, …).
 */
function numberStep(options: GridOptions): number | undefined {
  return coarseStep(options) ?? fineStep(options);
}

/**
 * Returns the spacing of the decimals of numbers that repeat more often than by rounding, such as fractions of counts
 * and amounts of money. A density has no mass at such a number, but a point of a grid has.
 */
function fineStep({ values, present, repeated, decimals }: GridOptions): number | undefined {
  const sorted = Float64Array.from(new Set(values)).sort();
  const step = stepOfDecimals(decimals, Math.max(Math.abs(sorted[0] as number), Math.abs(sorted.at(-1) as number)));
  if (step === undefined) return undefined;
  return isBeyondRounding({ sorted, repeated: repeated / present, step }) ? step : undefined;
}

function coarseStep({ values, distinct, present, decimals }: GridOptions): number | undefined {
  if (decimals === undefined || decimals > MOST_DECIMALS) return undefined;
  const scale = 10 ** decimals;
  let divisor = 0;
  let first: number | undefined;
  let isInteger = true;
  let min = Number.POSITIVE_INFINITY;
  let max = Number.NEGATIVE_INFINITY;
  for (const value of values) {
    const scaled = Math.round(value * scale);
    if (Math.abs(scaled) > LARGEST) return undefined;
    first ??= scaled;
    if (!Number.isInteger(value)) isInteger = false;
    min = Math.min(min, value);
    max = Math.max(max, value);
    divisor = greatestCommonDivisor(divisor, Math.abs(scaled - first));
  }
  const least = isInteger ? 1 : undefined;
  if (2 * distinct > present) return least;
  const isChance = distinct < LEAST_DISTINCT || (distinct - 1) * Math.log(divisor) < LEAST_EVIDENCE;
  const step = isChance ? 1 / scale : divisor / scale;
  if (isInteger) return Math.max(1, step);
  return max - min <= MOST_POINTS * distinct * step ? step : undefined;
}

function greatestCommonDivisor(a: number, b: number): number {
  let x = a;
  let y = b;
  while (y !== 0) [x, y] = [y, x % y];
  return x;
}

/** Summary of a column of numbers. */
export type NumericSummary = Pick<Variable, "rows" | "missingRows" | "distinct" | "min" | "max" | "missing">;

/**
 * Rows, distinct values, range and markers of missing values.
 *
 * @param codeValues the number of each text; NaN for a missing-value marker.
 */
export function summarizeNumbers(coded: ColumnCodes, codeValues: Float64Array): NumericSummary {
  const { texts, counts, codes } = coded;
  const markers = new Map<string, number>();
  for (const [text, count] of coded.missing) markers.set(text.trim(), (markers.get(text.trim()) ?? 0) + count);
  let min = Number.POSITIVE_INFINITY;
  let max = Number.NEGATIVE_INFINITY;
  const distinct = new Set<number>();
  for (let code = 0; code < texts.length; code++) {
    const value = codeValues[code] as number;
    if (Number.isNaN(value)) {
      const text = (texts[code] as string).trim();
      markers.set(text, (markers.get(text) ?? 0) + (counts[code] as number));
      continue;
    }
    distinct.add(value);
    if (value < min) min = value;
    if (value > max) max = value;
  }
  return {
    rows: codes.length,
    ...missingSummary(markers),
    distinct: distinct.size,
    ...(distinct.size > 0 && { min, max }),
  };
}

/** Number of rows without a value, and the missing-value markers, the most frequent first. */
export function missingSummary(markers: ReadonlyMap<string, number>): Pick<Variable, "missingRows" | "missing"> {
  const sorted = [...markers].sort(([, a], [, b]) => b - a).map(([text]) => text);
  const isDefault = sorted.length === 0 || (sorted.length === 1 && sorted[0] === "");
  return {
    missingRows: [...markers.values()].reduce((sum, count) => sum + count, 0),
    ...(!isDefault && { missing: sorted }),
  };
}

/** Column of numbers. All texts that are not numbers mark missing values. */
export function numericVariable(column: Column, coded: ColumnCodes, found: FoundNumbers): FoundColumn {
  const { name } = coded;
  const { format } = found;
  const codeValues = found.values;
  const summary = summarizeNumbers(coded, codeValues);
  const { distinct, rows, missingRows } = summary;
  const present = codeValues.filter((value) => !Number.isNaN(value));
  const step = numberStep({
    ...{ values: present, distinct, present: rows - missingRows, decimals: format.decimals },
    repeated: repeatedRows(coded, codeValues),
  });
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
    notes: [...formatNotes(coded, found), ...epochNotes(variable), ...markerNotes(coded, codeValues)],
  };
}

/** Milliseconds since 1970 at the start of 2000 and of 2100: as seconds they would be in the year 31,000 or later. */
const EPOCH = [946_684_800_000, 4_102_444_800_000] as const;

/** A note on integers that are probably times. */
function epochNotes({ name, kind, min, max }: Variable): ColumnNote[] {
  if (kind !== "integer" || min === undefined || max === undefined || min < EPOCH[0] || max > EPOCH[1]) return [];
  const [from, to] = [min, max].map((time) => new Date(time).toISOString().slice(0, 10));
  return [
    {
      column: name,
      text: `These integers look like milliseconds since 1970, ${from} to ${to}. They are learned as integers; write them as dates to learn the day of the week and the season.`,
    },
  ];
}

/** Number of rows with a number that other rows have, too. */
function repeatedRows({ counts }: ColumnCodes, codeValues: Float64Array): number {
  const rows = new Map<number, number>();
  for (const [code, value] of codeValues.entries()) {
    if (!Number.isNaN(value)) rows.set(value, (rows.get(value) ?? 0) + (counts[code] as number));
  }
  return [...rows.values()].reduce((sum, count) => sum + (count > 1 ? count : 0), 0);
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

/** Notes on texts without a number that were read as missing without a declaration. */
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
