/** The range of a column, checked; undefined takes all values. */
export function checkedLimits(
  where: string,
  column: number,
  limits: readonly [number, number] | undefined,
): readonly [number, number] | undefined {
  if (limits !== undefined && !(limits[0] < limits[1] && Number.isFinite(limits[1] - limits[0]))) {
    throw new RangeError(`${where}: expected limits[${column}] as finite low < high, got [${limits.join(", ")}].`);
  }
  return limits;
}

/** Numbers in a row: `number[]`, `Float32Array`, `Float64Array`, … */
export type Numbers = ArrayLike<number>;

/** Returns a plain float64 copy of an array-like, and refuses all other values. */
export function toNumbers(where: string, name: string, values: Numbers): Float64Array {
  if (values === null || typeof values !== "object" || typeof values.length !== "number") {
    throw new TypeError(`${where}: expected ${name} as an array of numbers, got ${describe(values)}.`);
  }
  const copy = new Float64Array(values.length);
  for (let i = 0; i < copy.length; i++) {
    const value = values[i];
    if (typeof value !== "number") {
      throw new TypeError(`${where}: expected a number at ${name}[${i}], got ${describe(value)}.`);
    }
    copy[i] = value;
  }
  return copy;
}

/** Like `toNumbers`, and refuses a length other than `length`. */
export function toNumbersOfLength(where: string, name: string, values: Numbers, length: number): Float64Array {
  const copy = toNumbers(where, name, values);
  if (copy.length !== length) {
    throw new RangeError(`${where}: expected ${name} with ${length} values, got ${copy.length}.`);
  }
  return copy;
}

/** Coordinates of a grid: at least two finite numbers, each larger than the one before. */
export function toGridAxis(where: string, name: string, values: Numbers): Float64Array {
  const copy = toNumbers(where, name, values);
  if (copy.length < 2) {
    throw new RangeError(`${where}: expected at least 2 values in ${name}, got ${copy.length}.`);
  }
  for (const [i, value] of copy.entries()) {
    const before = i === 0 ? -Infinity : (copy[i - 1] as number);
    if (!Number.isFinite(value) || value <= before) {
      throw new RangeError(`${where}: expected ${name} finite and increasing, got ${value} at ${name}[${i}].`);
    }
  }
  const span = (copy[copy.length - 1] as number) - (copy[0] as number);
  if (!Number.isFinite(span)) throw new RangeError(`${where}: expected ${name} over a finite span, got ${span}.`);
  return copy;
}

/** A positive finite number, or the default. */
export function positiveOr(where: string, name: string, value: number | undefined, fallback: number): number {
  if (value === undefined) return fallback;
  if (typeof value !== "number" || !Number.isFinite(value) || value <= 0) {
    throw new RangeError(`${where}: expected ${name} as a positive number, got ${describe(value)}.`);
  }
  return value;
}

/** An integer of at least `least`, or the default. */
export function countOr(
  where: string,
  name: string,
  value: number | undefined,
  least: number,
  fallback: number,
): number {
  if (value === undefined) return fallback;
  if (!Number.isInteger(value) || value < least) {
    throw new RangeError(`${where}: expected ${name} as an integer of at least ${least}, got ${describe(value)}.`);
  }
  return value;
}

/** A short name of a value for an error message. */
export function describe(value: unknown): string {
  if (typeof value === "string") return value.length > 40 ? `"${value.slice(0, 40)}…"` : `"${value}"`;
  if (typeof value === "object" && value !== null) return Array.isArray(value) ? "an array" : "an object";
  return String(value);
}

/** One group of rows: a species, the data, the samples of a model. */
export interface SampleSet {
  readonly name: string;
  /** One array per column, all of the same length. */
  readonly values: readonly Numbers[];
  readonly color?: string;
}

/** Returns the columns of a set. The set must have `count` columns of the same length. */
export function checkedColumns(where: string, set: SampleSet, count: number): readonly Float64Array[] {
  if (set.values.length !== count) {
    throw new RangeError(`${where}: expected ${count} columns in set "${set.name}", got ${set.values.length}.`);
  }
  const columns = set.values.map((values, c) => toNumbers(where, `values[${c}] of set "${set.name}"`, values));
  const length = (columns[0] as Float64Array).length;
  const other = columns.findIndex((column) => column.length !== length);
  if (other >= 0) {
    const got = (columns[other] as Float64Array).length;
    throw new RangeError(
      `${where}: expected ${length} rows in every column of set "${set.name}", got ${got} in column ${other}.`,
    );
  }
  return columns;
}

/** Indices of at most `most` of `count` rows, evenly spread over their order: row ⌊i·count/most⌋ for i = 0, 1, …. */
export function thinIndices(count: number, most: number): Int32Array {
  const kept = Math.min(count, most);
  const indices = new Int32Array(kept);
  for (let i = 0; i < kept; i++) indices[i] = Math.floor((i * count) / kept);
  return indices;
}
