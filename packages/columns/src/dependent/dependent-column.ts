import type { Column } from "@pushforward/datasets";
import type { Variable } from "../variables/variable.ts";

/**
 * Formula of a dependent column. Values are rounded to the decimals of the column, or to float32 where the file has float32
 * numbers. Missing cells follow the sources as well.
 */
export type ColumnRelation =
  /** The same value in all rows. */
  | { readonly type: "constant" }
  /** The value of the other column in each row. */
  | { readonly type: "duplicate" }
  /** Each value of the other column has one value of this one. */
  | { readonly type: "function" }
  /** Each bin of the other column, a number, has one value of this one. */
  | { readonly type: "bins" }
  /** `weights[0]` times the first column plus `weights[1]` times the second …, plus a constant. Dates are in seconds. */
  | { readonly type: "linear"; readonly weights: readonly number[]; readonly plus: number }
  /**
   * `scale` times the first column times the second, or times `1 + rate ×` the second, such as an amount after a discount.
   * Default of scale: 1.
   */
  | { readonly type: "product"; readonly scale?: number; readonly rate?: number }
  /**
   * `scale` times the first column divided by the second, or by its square, such as a weight by the square of a height; missing
   * where the second is 0. Default of scale: 1.
   */
  | { readonly type: "ratio"; readonly scale?: number; readonly isBySquare?: boolean }
  /** The natural logarithm of the other column; missing where it is not positive. */
  | { readonly type: "log"; readonly isFloat32?: boolean }
  /** The square of the other column. */
  | { readonly type: "square"; readonly isFloat32?: boolean }
  /** A part of a date, in UTC. */
  | { readonly type: "datePart"; readonly part: DatePart }
  /**
   * The completed years from the first date to the second, in UTC: by the calendar, or the days divided by `daysPerYear` and
   * rounded down.
   */
  | { readonly type: "years"; readonly daysPerYear?: number };

/** Parts of a date: `weekday` counts from 0 for Sunday, `isoWeekday` from 1 for Monday. */
export const DATE_PARTS = ["year", "quarter", "month", "day", "hour", "weekday", "isoWeekday"] as const;

/** A part of a date. */
export type DatePart = (typeof DATE_PARTS)[number];

/** Seconds of a day: dates are in seconds. */
export const DAY = 86_400;

/** A part of a date in seconds since 1970. */
function datePart(part: DatePart, seconds: number): number {
  const date = new Date(1000 * seconds);
  switch (part) {
    case "year":
      return date.getUTCFullYear();
    case "quarter":
      return Math.floor(date.getUTCMonth() / 3) + 1;
    case "month":
      return date.getUTCMonth() + 1;
    case "day":
      return date.getUTCDate();
    case "hour":
      return date.getUTCHours();
    case "weekday":
      return date.getUTCDay();
    case "isoWeekday":
      return ((date.getUTCDay() + 6) % 7) + 1;
  }
}

/** Completed years between two dates in seconds since 1970. */
function yearsBetween(from: number, to: number, daysPerYear: number | undefined): number {
  if (Number.isNaN(from) || Number.isNaN(to)) return Number.NaN;
  if (daysPerYear !== undefined) return Math.floor((to - from) / (daysPerYear * DAY));
  const [start, end] = [new Date(1000 * from), new Date(1000 * to)];
  const years = end.getUTCFullYear() - start.getUTCFullYear();
  // The anniversary in the year of the second date. The anniversary of 29 February is 1 March in other years.
  start.setUTCFullYear(end.getUTCFullYear());
  return start > end ? years - 1 : years;
}

/**
 * The number that follows from the numbers of the sources, before it is rounded; NaN if one is missing, or if the relation
 * computes no number.
 *
 * @example
 * computedNumber({ type: "linear", weights: [1, -1], plus: 0 }, [5, 3]); // → 2
 */
export function computedNumber(relation: ColumnRelation, numbers: readonly number[]): number {
  const [x = Number.NaN, y = Number.NaN] = numbers;
  switch (relation.type) {
    case "linear":
      return relation.weights.reduce((sum, weight, k) => sum + weight * (numbers[k] ?? Number.NaN), 0) + relation.plus;
    case "product":
      return (relation.scale ?? 1) * (x * factorOf(relation, y));
    case "ratio":
      return y === 0 ? Number.NaN : (relation.scale ?? 1) * (x / (relation.isBySquare === true ? y * y : y));
    case "log":
      return x > 0 ? asFloat32(Math.log(x), relation) : Number.NaN;
    case "square":
      return asFloat32(x * x, relation);
    case "datePart":
      return datePart(relation.part, x);
    case "years":
      return yearsBetween(x, y, relation.daysPerYear);
    default:
      return Number.NaN;
  }
}

function factorOf({ rate }: { readonly rate?: number }, y: number): number {
  return rate === undefined ? y : 1 + rate * y;
}

function asFloat32(value: number, { isFloat32 = false }: { readonly isFloat32?: boolean }): number {
  return isFloat32 ? Math.fround(value) : value;
}

/** A column that other columns determine. */
export interface DependentColumn {
  readonly column: string;
  /** The columns that determine it, in the order of the relation; none for a constant. */
  readonly from: readonly string[];
  readonly relation: ColumnRelation;
}

/**
 * Sources of a dependent column, in a few words.
 *
 * @example
 * describeDependent({ column: "rest", from: ["a"], relation: { type: "linear", weights: [-1], plus: 100 } }); // → "100 − a"
 */
export function describeDependent({ from, relation }: DependentColumn): string {
  const [first = "", second = ""] = from;
  switch (relation.type) {
    case "constant":
      return "constant";
    case "duplicate":
      return `the same as ${first}`;
    case "function":
      return `of ${first}`;
    case "bins":
      return `bins of ${first}`;
    case "linear":
      return describeSum(from, relation);
    case "product":
      return `${scaleText(relation)}${first} × ${factorText(relation, second)}`;
    case "ratio":
      return `${scaleText(relation)}${first} / ${second}${relation.isBySquare === true ? "²" : ""}`;
    case "log":
      return `log ${first}`;
    case "square":
      return `${first}²`;
    case "datePart":
      return `${relation.part === "isoWeekday" ? "weekday" : relation.part} of ${first}`;
    case "years":
      return `years from ${first} to ${second}`;
  }
}

function factorText({ rate }: { readonly rate?: number }, name: string): string {
  return rate === undefined ? name : `(1 ${signed(rate, weighted(Math.abs(rate), name)).join(" ")})`;
}

function describeSum(
  from: readonly string[],
  { weights, plus }: { readonly weights: readonly number[]; readonly plus: number },
): string {
  const terms = from.map((name, k) => signed(weights[k] as number, weighted(Math.abs(weights[k] as number), name)));
  const constant = plus === 0 ? [] : [signed(plus, short(Math.abs(plus)))];
  // A positive term is first.
  const ordered = plus > 0 && weights.every((weight) => weight < 0) ? [...constant, ...terms] : [...terms, ...constant];
  const [[sign, head] = ["", ""], ...rest] = ordered;
  return `${sign === "−" ? sign : ""}${head}${rest.map(([own, text]) => ` ${own} ${text}`).join("")}`;
}

function signed(value: number, text: string): readonly [sign: string, text: string] {
  return [value < 0 ? "−" : "+", text];
}

function weighted(weight: number, name: string): string {
  if (weight === 1) return name;
  // Dates are in seconds.
  if (weight === DAY) return `${name} days`;
  const divisor = Math.round(1 / weight);
  return divisor > 1 && weight === 1 / divisor ? `${name} / ${divisor}` : `${short(weight)} × ${name}`;
}

function scaleText({ scale = 1 }: { readonly scale?: number }): string {
  return scale === 1 ? "" : `${short(scale)} × `;
}

function short(value: number): string {
  return String(Number(value.toPrecision(6)));
}

/** A column prepared for comparison with other columns. */
export interface ComparedColumn {
  readonly name: string;
  /** Place in the table. */
  readonly index: number;
  /** A code per row, including missing. */
  readonly codes: Int32Array;
  /** The code of missing cells; −1 without any. */
  readonly missingCode: number;
  /** Share of the rows with a value that have it alone. */
  readonly singles: number;
  /** Number of rows of each code. */
  readonly counts: Int32Array;
  /** real, integer, date: the numbers; NaN: missing. */
  readonly values: Float64Array | undefined;
  /** Row with the number farthest from 0, which distinguishes sums from copies; −1 if no number is different from 0. */
  readonly telling: number;
  /** True if the numbers are seconds. */
  readonly isDate: boolean;
  /** ±1 for a column of shares, ±0.01 for percentages: the rates of a discount or a tax. */
  readonly rates: readonly number[];
  /** Distance between neighbors of the decimals that most numbers are written with; 0 for a float64 as it is. */
  readonly unit: number;
  /** Largest distance of the other numbers from these decimals. They were not rounded. */
  readonly noise: number;
  /** The cell of each code; undefined: missing. */
  readonly cells: readonly (number | string | undefined)[];
  /** Hash of the codes. Columns with equal cells in the same rows have the same hash. */
  readonly pattern: number;
}

/** A column with its codes, which count from 0 in order of appearance. */
export function compareColumn(column: Column, variable: Variable, index: number): ComparedColumn {
  const rows = column.values.length;
  const codes = new Int32Array(rows);
  const places = new Map<number | string | undefined, number>();
  const counts: number[] = [];
  let pattern = 0;
  for (let row = 0; row < rows; row++) {
    const value = cellOf(column, row);
    let code = places.get(value);
    if (code === undefined) {
      code = counts.length;
      places.set(value, code);
      counts.push(0);
    }
    counts[code] = (counts[code] as number) + 1;
    codes[row] = code;
    pattern = (Math.imul(pattern, 31) + code) | 0;
  }
  const missingCode = places.get(undefined) ?? -1;
  const present = rows - (counts[missingCode] ?? 0);
  const singles = counts.reduce((sum, count, code) => sum + (count === 1 && code !== missingCode ? 1 : 0), 0);
  return {
    ...{ name: variable.name, index, codes, counts: Int32Array.from(counts), pattern, missingCode },
    singles: singles / Math.max(1, present),
    cells: [...places.keys()],
    values: column.kind === "number" ? column.values : undefined,
    telling: column.kind === "number" ? largestRow(column.values) : -1,
    isDate: variable.kind === "date",
    rates: ratesOf(variable),
    ...decimalsUnit(variable, column),
  };
}

function ratesOf({ kind, min = -1, max = 0 }: Variable): readonly number[] {
  if (kind === "date" || min < 0 || min === max || max > 100) return [];
  return max <= 1 ? [-1, 1] : [-0.01, 0.01];
}

function largestRow(values: Float64Array): number {
  let [largest, size] = [-1, 0];
  for (let row = 0; row < values.length; row++) {
    const own = Math.abs(values[row] as number);
    if (own > size) [largest, size] = [row, own];
  }
  return largest;
}

function cellOf(column: Column, row: number): number | string | undefined {
  if (column.kind === "text") return column.missing?.has(row) ? undefined : column.values[row];
  const value = column.values[row] as number;
  return Number.isNaN(value) ? undefined : value;
}

/** Minimum number of decimals of numbers that were not rounded, and decimals that the other numbers may have. */
const UNROUNDED_DECIMALS = 6;
const USUAL_DECIMALS = [1, 2, 3, 4];
/** Minimum share of the numbers with the usual decimals. */
const USUAL_SHARE = 0.9;

function decimalsUnit(
  { kind, step = 0, numberFormat }: Variable,
  column: Column,
): Pick<ComparedColumn, "unit" | "noise"> {
  if (kind === "date") return { unit: step < 1 ? step : 1, noise: 0 };
  const decimals = numberFormat?.decimals;
  if (decimals === undefined || column.kind !== "number") return { unit: 0, noise: 0 };
  const usual = decimals < UNROUNDED_DECIMALS ? undefined : usualDecimals(column.values);
  return usual === undefined ? { unit: 10 ** -decimals, noise: 0 } : { unit: 10 ** -usual, noise: 0.5 * 10 ** -usual };
}

/** The decimals of nearly all numbers; undefined if there are many. */
function usualDecimals(values: Float64Array): number | undefined {
  // Zero has no decimals.
  const present = values.filter((value) => !Number.isNaN(value) && value !== 0);
  return USUAL_DECIMALS.find((decimals) => {
    const scale = 10 ** decimals;
    const rounded = present.filter((value) => value === Math.round(value * scale) / scale).length;
    return rounded >= USUAL_SHARE * present.length;
  });
}
