import type { NdArray } from "@pushforward/core";
import { columnOf, evenRows } from "./repeated-values.ts";

/** Columns that are tied together exactly. */
export interface DependentColumns {
  readonly kind: "duplicate-column" | "dependent-columns";
  /** The column to leave out, then its source columns. */
  readonly columns: readonly number[];
  /** True if it depends on columns of the context, too. */
  readonly isContextInvolved: boolean;
}

/** Rows that are looked at, or three for each column. */
const MOST_ROWS = 1000;
/** Share of the spread of a column that may remain unexplained: rounding, in float64 or in a file. */
const TOLERANCE = 1e-5;
/** Coefficients of standardized columns below this share of the largest are rounding. */
const LEAST_COEFFICIENT = 1e-4;
/** Rows per column that an exact relation needs. Random numbers do not satisfy a relation in this number of rows. */
const ROWS_PER_COLUMN = 2;

/** A column in the course of orthogonalization. */
interface Column {
  /** Index in x, or −1 for a context column. */
  readonly index: number;
  readonly values: Float64Array;
  /** Remainder that the chosen columns do not explain, and its sum of squares. */
  readonly rest: Float64Array;
  square: number;
  /** Of the chosen columns, in their order: `values = Σ parts[k] · direction k + rest`. */
  readonly parts: number[];
}

/**
 * Finds columns that are linear functions of other columns and of the context, by a QR decomposition with column
 * pivoting of the standardized columns, on some of the rows. Context columns are taken first: other columns may depend
 * on the context, while relations among context columns do not matter.
 *
 * A single extreme row makes all columns that share it look equal. So a relation must also be true in the median row.
 */
export function dependentColumns(
  { x, context }: { readonly x: NdArray; readonly context?: NdArray | undefined },
  ignored: ReadonlySet<number>,
): readonly DependentColumns[] {
  const [width, given] = [x.shape[1] as number, context?.shape[1] ?? 0];
  const rows = evenRows(x, Math.max(MOST_ROWS, (ROWS_PER_COLUMN + 1) * (width + given)));
  const most = Math.floor(rows.length / ROWS_PER_COLUMN) - 1;
  const chosen: Column[] = [];
  const directions: Float64Array[] = [];
  const choose = (column: Column): Float64Array => {
    const size = norm(column.rest);
    const direction = column.rest.map((value) => value / size);
    column.parts.push(size);
    chosen.push(column);
    directions.push(direction);
    return direction;
  };
  for (let j = 0; j < given && chosen.length < most; j++) {
    const column = standardColumn(columnOf(context as NdArray, j, rows), -1);
    for (const direction of directions) project(column, direction);
    if (norm(column.rest) > TOLERANCE) choose(column);
  }
  let open = Array.from({ length: width }, (_, j) => j)
    .filter((j) => !ignored.has(j))
    .map((j) => standardColumn(columnOf(x, j, rows), j));
  for (const column of open) for (const direction of directions) project(column, direction);
  while (open.length > 0 && chosen.length < most) {
    const next = open.reduce((a, b) => (b.square > a.square ? b : a));
    if (norm(next.rest) <= TOLERANCE) break;
    const direction = choose(next);
    open = open.filter((column) => column !== next);
    for (const column of open) project(column, direction);
  }
  return chosen.length >= most ? [] : open.filter(isExact).map((column) => relationOf(column, chosen, x));
}

/** Scales a column to mean 0 and a sum of squares of 1. Columns that are constant in these rows become zeros. */
function standardColumn(raw: Float64Array, index: number): Column {
  const origin = raw[0] as number;
  const shifted = raw.map((value) => value / 2 - origin / 2);
  const reach = shifted.reduce((a, b) => Math.max(a, Math.abs(b)), 0);
  const scaled = shifted.map((value) => (reach === 0 ? 0 : value / reach));
  const mean = scaled.reduce((a, b) => a + b, 0) / raw.length;
  const centered = scaled.map((value) => value - mean);
  const size = norm(centered);
  const values = size === 0 ? centered : centered.map((value) => value / size);
  return { index, values, rest: values.slice(), square: size === 0 ? 0 : 1, parts: [] };
}

function project(column: Column, direction: Float64Array): void {
  const { rest } = column;
  let part = 0;
  for (let i = 0; i < rest.length; i++) part += (rest[i] as number) * (direction[i] as number);
  for (let i = 0; i < rest.length; i++) rest[i] = (rest[i] as number) - part * (direction[i] as number);
  column.parts.push(part);
  column.square -= part * part;
}

/**
 * True if a relation that fits the sum of squares also fits the typical row. Only rows in which the column varies
 * count.
 */
function isExact({ values, rest, parts }: Column): boolean {
  const center = median(values);
  const moving = Array.from(values.keys()).filter((i) => values[i] !== center);
  if (moving.length < ROWS_PER_COLUMN * (parts.length + 1)) return false;
  const spread = median(Float64Array.from(moving, (i) => Math.abs((values[i] as number) - center)));
  return median(Float64Array.from(moving, (i) => Math.abs(rest[i] as number))) <= TOLERANCE * spread;
}

/** The chosen columns that a dependent one is made of, by back substitution in the triangle of their parts. */
function relationOf(column: Column, chosen: readonly Column[], x: NdArray): DependentColumns {
  const left = column.parts.slice();
  const coefficients = new Float64Array(chosen.length);
  for (let k = chosen.length - 1; k >= 0; k--) {
    const { parts } = chosen[k] as Column;
    const coefficient = (left[k] as number) / (parts[k] as number);
    coefficients[k] = coefficient;
    for (let i = 0; i < k; i++) left[i] = (left[i] as number) - coefficient * (parts[i] as number);
  }
  const limit = LEAST_COEFFICIENT * coefficients.reduce((a, b) => Math.max(a, Math.abs(b)), 0);
  const involved = chosen.filter((_, k) => Math.abs(coefficients[k] as number) > limit);
  const others = involved.map(({ index }) => index).filter((index) => index >= 0);
  const isDuplicate = involved.length === 1 && others.length === 1 && areEqual(x, column.index, others[0] as number);
  return {
    kind: isDuplicate ? "duplicate-column" : "dependent-columns",
    columns: [column.index, ...others.sort((a, b) => a - b)],
    isContextInvolved: others.length < involved.length,
  };
}

function areEqual({ shape, data }: NdArray, a: number, b: number): boolean {
  const [rows, columns] = shape as unknown as readonly [number, number];
  for (let i = 0; i < rows; i++) if (data[i * columns + a] !== data[i * columns + b]) return false;
  return true;
}

function norm(values: Float64Array): number {
  let sum = 0;
  for (const value of values) sum += value * value;
  return Math.sqrt(sum);
}

function median(values: Float64Array): number {
  return values.slice().sort()[values.length >> 1] as number;
}
