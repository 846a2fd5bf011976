import { type ColumnRelation, type ComparedColumn, computedNumber, DATE_PARTS, DAY } from "./dependent-column.ts";
import { shortestIn } from "./find-affine.ts";

/** Rounding of float64, as a share of the numbers. */
const SLACK = 1e-12;
/** Rounding of float32, twice: of the source and of the result. */
const FLOAT32_SLACK = 2 ** -23;
/**
 * Tolerances of products and ratios, relative to the result, in the order of the search. The first is the rounding of float64. The
 * second allows factors in float32 or with nine digits. An amount that is rounded to its decimals passes the first search, and
 * therefore follows from its rate: the density of a rate and a total is higher than the density of two amounts.
 */
export const PRODUCT_SLACKS: readonly [number, number] = [SLACK, 2 * FLOAT32_SLACK];
/** Rounding of numbers that are written with 15 digits, or read by a fast parser. */
const WRITTEN_SLACK = 1e-14;

/** Data for checking a computed column. */
export interface ComputedCheck {
  readonly rows: Int32Array;
  /** Evidence of a row in which a code of the result is foretold. */
  readonly surprise: Float64Array;
  /** Tolerance of a product or a ratio, relative to the result. Default: the rounding of float64. */
  readonly slack?: number | undefined;
}

/** Numbers that say little as terms or factors: rows with these are no evidence, because the result is a copy. */
const NEUTRAL: Readonly<Partial<Record<ColumnRelation["type"], readonly number[]>>> = {
  product: [0, 1, -1],
  ratio: [0, 1, -1],
  datePart: [],
  years: [],
  log: [],
  square: [0, 1],
};

/**
 * Evidence in nats that a column is computed from other columns, rounded to its decimals; 0 after a contradiction. Rows
 * with a term of 0, or with a factor of 0, 1 or −1, are no evidence.
 */
export function computedEvidence(
  from: readonly ComparedColumn[],
  relation: ColumnRelation,
  to: ComparedColumn,
  { rows, surprise, slack }: ComputedCheck,
): number {
  const { values: z, codes, unit } = to;
  const sources = from.map(({ values }) => values);
  if (z === undefined || sources.includes(undefined)) return 0;
  const numbers = new Array<number>(from.length).fill(0);
  const checked = { from, relation, to, numbers, rounding: 0.5 * unit, slack };
  const holds = (row: number): boolean => holdsIn(row, checked);
  // Where most numbers are 0, most rows hold for any columns.
  for (const { telling } of [...from, to]) if (telling >= 0 && !holds(telling)) return 0;
  const neutral = NEUTRAL[relation.type] ?? [0];
  // Of a longer sum, two terms are enough. A constant is a term.
  const terms = relation.type === "linear" && relation.plus !== 0 ? from.length + 1 : from.length;
  const most = Math.max(0, terms - 2);
  let evidence = 0;
  for (let i = 0; i < rows.length; i++) {
    const row = rows[i] as number;
    if (!holds(row)) return 0;
    if (Number.isNaN(z[row])) continue;
    let idle = 0;
    for (const number of numbers) if (neutral.includes(number)) idle++;
    if (idle <= most) evidence += surprise[codes[row] as number] as number;
  }
  return evidence;
}

/** A relation, and the numbers of its sources in a row, which are written. */
interface CheckedRelation {
  readonly from: readonly ComparedColumn[];
  readonly relation: ColumnRelation;
  readonly to: ComparedColumn;
  readonly numbers: number[];
  /** Largest difference that rounding explains. */
  readonly rounding: number;
  /** As in {@link ComputedCheck}. */
  readonly slack?: number | undefined;
}

/** `true` if a row satisfies a relation, or if both sides are missing. */
function holdsIn(row: number, { from, relation, to, numbers, rounding, slack = SLACK }: CheckedRelation): boolean {
  let size = 0;
  for (let k = 0; k < from.length; k++) {
    const { values } = from[k] as ComparedColumn;
    numbers[k] = (values as Float64Array)[row] as number;
    size += Math.abs(numbers[k] as number);
  }
  const computed = computedNumber(relation, numbers);
  const result = (to.values as Float64Array)[row] as number;
  const most = rounding * (1 + 1e-9) + errorOf(relation, size, Math.abs(computed), slack);
  const isNear = Math.abs(computed - result) <= most;
  return isNear || (Number.isNaN(computed) && Number.isNaN(result));
}

/** The error of a computed number. @param size the sum of the sources. @param slack tolerance of a product or a ratio. */
function errorOf(relation: ColumnRelation, size: number, computed: number, slack: number): number {
  switch (relation.type) {
    case "product":
    case "ratio":
      return slack * computed;
    case "log":
    case "square":
      // The logarithm of a rounded number has an absolute error.
      return (
        (relation.isFloat32 === true ? FLOAT32_SLACK : SLACK) * (relation.type === "log" ? computed + 1 : computed)
      );
    default:
      return SLACK * size;
  }
}

/** Scales that are tried first: 1, and the scales of percentages and thousands. */
const USUAL_SCALES = [1, 0.01, 100, 0.001, 1000];
/** Maximum number of digits of a scale, or of its inverse. */
const SCALE_DIGITS = 3;

/** A product or a ratio, without its scale. */
export type ProductForm = Extract<ColumnRelation, { readonly type: "product" | "ratio" }>;

/**
 * A product or a ratio with the scale that fits the row with the largest result. Undefined if neither a number with few digits
 * fits nor its inverse, and for a product with a rate and a scale.
 *
 * @param slack tolerance relative to the result.
 */
export function scaledRelation(
  form: ProductForm,
  from: readonly [ComparedColumn, ComparedColumn],
  to: ComparedColumn,
  slack: number,
): ColumnRelation | undefined {
  const [x = 0, y = 0, z = 0] = [...from, to].map(({ values }) => values?.[to.telling]);
  const unscaled = computedNumber(form, [x, y]);
  const size = Math.abs(unscaled);
  if (!(size > 0 && Number.isFinite(size))) return undefined;
  const [low, high] = [-1, 1].map((side) => (Math.abs(z) + side * (0.5 * to.unit + slack * Math.abs(z))) / size) as [
    number,
    number,
  ];
  const found = USUAL_SCALES.find((one) => low <= one && one <= high) ?? shortScale(low, high);
  const scale = Math.sign(unscaled * z) * (found ?? 0);
  if (scale === 0 || (scale !== 1 && form.type === "product" && form.rate !== undefined)) return undefined;
  return { ...form, ...(scale !== 1 && { scale }) };
}

/** A positive number with few digits in a range, or the inverse of such a number. */
function shortScale(low: number, high: number): number | undefined {
  if (low <= 0) return undefined;
  const isShort = (one: number): boolean => Number(one.toPrecision(SCALE_DIGITS)) === one;
  const direct = shortestIn(low, high);
  if (isShort(direct)) return direct;
  const inverse = shortestIn(1 / high, 1 / low);
  return isShort(inverse) ? 1 / inverse : undefined;
}

/** A relation that three columns may have. */
type TriedProduct = readonly [from: readonly [ComparedColumn, ComparedColumn], form: ProductForm, to: ComparedColumn];

/** The products and ratios that three columns may be: the plain ones first, then with a square, then with a rate. */
export function productsOf(i: ComparedColumn, j: ComparedColumn, k: ComparedColumn): readonly TriedProduct[] {
  const plain: TriedProduct[] = [];
  const squares: TriedProduct[] = [];
  const rates: TriedProduct[] = [];
  for (const [x, y, to] of [
    [i, j, k],
    [i, k, j],
    [j, k, i],
  ] as const) {
    plain.push([[x, y], { type: "product" }, to], [[x, y], { type: "ratio" }, to], [[y, x], { type: "ratio" }, to]);
    for (const from of [
      [x, y],
      [y, x],
    ] as const) {
      squares.push([from, { type: "ratio", isBySquare: true }, to]);
      rates.push(...from[1].rates.map((rate): TriedProduct => [from, { type: "product", rate }, to]));
    }
  }
  return [...plain, ...squares, ...rates];
}

/** The functions of a single number that a column may be. */
export function transformsTo({ values, unit }: ComparedColumn): readonly ColumnRelation[] {
  const isNear = (value: number): boolean =>
    Number.isNaN(value) || Math.abs(Math.fround(value) - value) <= WRITTEN_SLACK * Math.abs(value);
  const isFloat32 = unit < FLOAT32_SLACK && (values?.every(isNear) ?? false);
  return (["log", "square"] as const).map((type) => ({ type, ...(isFloat32 && { isFloat32 }) }));
}

/** The parts of a date that a column may be. */
export const dateParts: readonly ColumnRelation[] = DATE_PARTS.map((part) => ({ type: "datePart", part }));

/** The completed years that a column may be. */
export const yearsRelations: readonly ColumnRelation[] = [
  { type: "years" },
  ...[365.25, 365, 365.2425].map((daysPerYear): ColumnRelation => ({ type: "years", daysPerYear })),
];

/** Rows per column in the search, and minimum number of rows in which a column differs from its most common number. */
const ROWS_PER_COLUMN = 4;
/** Share of the size of a column that a sum may leave unexplained, by rounding. */
const EXACT = 1e-9;
/** Distance of a coefficient from 0, 1 and −1. */
const NEAR = 1e-4;
/** Maximum number of rows that are added to a search. */
const MOST_ADDED = 20;
/** Maximum share of missing numbers in a column of the search. */
const MOST_MISSING = 0.1;

function isOftenMissing({ codes, counts, missingCode }: ComparedColumn): boolean {
  return (counts[missingCode] ?? 0) > MOST_MISSING * codes.length;
}

/** A column that may be a linear function of different columns. */
export interface LinearSum {
  readonly from: readonly ComparedColumn[];
  readonly weights: readonly number[];
  readonly plus: number;
  readonly to: ComparedColumn;
}

/**
 * Columns that are linear functions of two earlier columns or more on some rows: by orthogonalization in the order of the
 * columns, after a column of ones. A row that contradicts a function of these rows is added to them, and the search starts
 * again. Columns with a large share of missing numbers and rows with a missing number do not count.
 */
export function possibleSums(columns: readonly ComparedColumn[], rows: Int32Array): LinearSum[] {
  const numbers = columns.filter((column) => column.values !== undefined && !isOftenMissing(column));
  const complete = tellingRows(numbers, rows);
  if (numbers.length < 3 || complete.length < 2 * numbers.length) return [];
  let sums = linearSums(numbers, complete);
  for (let more = 0; more < MOST_ADDED; more++) {
    const against = sums.map((one) => contradiction(one, numbers, rows)).find((row) => row !== undefined);
    if (against === undefined) break;
    complete.push(against);
    sums = linearSums(numbers, complete);
  }
  return sums.filter(({ from }) => from.length >= 2);
}

/** A complete row in which a sum is not its column. The terms of a sum may have more decimals than the column. */
function contradiction(
  { from, weights, plus, to }: LinearSum,
  all: readonly ComparedColumn[],
  rows: Int32Array,
): number | undefined {
  const rounding = from.reduce((most, { noise }) => Math.max(most, noise), 0.5 * to.unit);
  const checked: CheckedRelation = { from, relation: { type: "linear", weights, plus }, to, numbers: [], rounding };
  return rows.find((row) => isComplete(all, row) && !holdsIn(row, checked));
}

function isComplete(numbers: readonly ComparedColumn[], row: number): boolean {
  return !numbers.some(({ values }) => Number.isNaN((values as Float64Array)[row] as number));
}

/** A column of the orthonormal basis: its normalized residual after the earlier columns, and its coefficients. */
interface Direction {
  /** Undefined for the column of ones. */
  readonly column: ComparedColumn | undefined;
  readonly direction: Float64Array;
  readonly parts: readonly number[];
}

/** Columns that are linear functions of earlier columns on some rows. */
function linearSums(numbers: readonly ComparedColumn[], rows: readonly number[]): LinearSum[] {
  // Some numbers may have more decimals than their column.
  const noise = Math.max(...numbers.map((column) => column.noise)) * Math.sqrt(rows.length);
  const ones = new Float64Array(rows.length).fill(1 / Math.sqrt(rows.length));
  const basis: Direction[] = [{ column: undefined, direction: ones, parts: [Math.sqrt(rows.length)] }];
  const sums: LinearSum[] = [];
  for (const column of numbers) {
    const rest = Float64Array.from(rows, (row) => ((column.values as Float64Array)[row] as number) / scaleOf(column));
    const size = norm(rest);
    const parts: number[] = [];
    for (const { direction } of basis) {
      let part = 0;
      for (let i = 0; i < rest.length; i++) part += (rest[i] as number) * (direction[i] as number);
      for (let i = 0; i < rest.length; i++) rest[i] = (rest[i] as number) - part * (direction[i] as number);
      parts.push(part);
    }
    const left = norm(rest);
    if (left > EXACT * size + noise) {
      basis.push({ column, direction: rest.map((value) => value / left), parts: [...parts, left] });
      continue;
    }
    const sum = sumOf(basis, parts, { noise, column, row: rows[0] as number });
    if (sum !== undefined) sums.push(sum);
  }
  return sums;
}

/** Dates are compared in days. */
function scaleOf({ isDate }: ComparedColumn): number {
  return isDate ? DAY : 1;
}

/** Expresses a column as a linear function of the basis columns; undefined if a weight has too many digits. */
function sumOf(
  basis: readonly Direction[],
  parts: readonly number[],
  { noise, column, row }: { readonly noise: number; readonly column: ComparedColumn; readonly row: number },
): LinearSum | undefined {
  // Back substitution gives the coefficients of the columns.
  const coefficients = parts.slice();
  for (let k = basis.length - 1; k >= 0; k--) {
    const own = (basis[k] as Direction).parts;
    coefficients[k] = (coefficients[k] as number) / (own[k] as number);
    for (let m = 0; m < k; m++) {
      coefficients[m] = (coefficients[m] as number) - (coefficients[k] as number) * (own[m] as number);
    }
  }
  const from: ComparedColumn[] = [];
  const weights: number[] = [];
  for (const [k, { column: source, parts: own }] of basis.entries()) {
    if (source === undefined) continue;
    const weight = shortWeight(coefficients[k] as number, NEAR + noise / (own[k] as number));
    if (weight === undefined) return undefined;
    if (weight === 0) continue;
    from.push(source);
    weights.push(weight * (scaleOf(column) / scaleOf(source)));
  }
  const numbers = [...from, column].map(({ values }) => (values as Float64Array)[row] as number);
  const size = numbers.reduce((sum, value, k) => sum + Math.abs(value * (weights[k] ?? 1)), 0);
  const rest = (numbers.pop() as number) - computedNumber({ type: "linear", weights, plus: 0 }, numbers);
  const slack = SLACK * size + [...from, column].reduce((most, one) => Math.max(most, one.noise), 0.5 * column.unit);
  return { from, weights, plus: shortestIn(rest - slack, rest + slack), to: column };
}

/** The weight near a coefficient: an integer, or a number of few digits or its inverse; otherwise undefined. */
function shortWeight(coefficient: number, distance: number): number | undefined {
  const whole = Math.round(coefficient);
  if (Math.abs(coefficient - whole) < distance) return whole;
  const size = Math.abs(coefficient);
  const short = shortScale(size - NEAR * Math.min(1, size), size + NEAR * Math.min(1, size));
  return short === undefined ? undefined : Math.sign(coefficient) * short;
}

/**
 * The first complete rows, and further rows in which a nearly constant column has a different number. Without these, a
 * term that is 0 in nearly all rows would be missing from a sum.
 */
function tellingRows(numbers: readonly ComparedColumn[], rows: Int32Array): number[] {
  const most = ROWS_PER_COLUMN * (numbers.length + 2);
  let open = numbers.map(({ codes, counts }) => {
    const largest = counts.reduce((a, b) => Math.max(a, b));
    return { codes, common: counts.indexOf(largest), rows: 0 };
  });
  const complete: number[] = [];
  for (const row of rows) {
    if (complete.length >= most && open.length === 0) break;
    const telling = open.filter(({ codes, common }) => codes[row] !== common);
    if (complete.length >= most && telling.length === 0) continue;
    if (!isComplete(numbers, row)) continue;
    complete.push(row);
    for (const column of telling) column.rows++;
    if (telling.length > 0) open = open.filter((column) => column.rows < ROWS_PER_COLUMN);
  }
  return complete;
}

/** The same relation, solved for a source. */
export function solvedSum({ from, weights, plus, to }: LinearSum, place: number): LinearSum {
  const weight = weights[place] as number;
  const without = <T>(list: readonly T[]): T[] => [...list.slice(0, place), ...list.slice(place + 1)];
  return {
    from: [...without(from), to],
    weights: [...without(weights).map((other) => -other / weight), 1 / weight],
    plus: plus === 0 ? 0 : -plus / weight,
    to: from[place] as ComparedColumn,
  };
}

function norm(values: Float64Array): number {
  let sum = 0;
  for (const value of values) sum += value * value;
  return Math.sqrt(sum);
}
