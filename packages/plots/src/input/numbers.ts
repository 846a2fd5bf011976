/** Numbers in a row: `number[]`, `Float32Array`, `Float64Array`, … */
export type Numbers = ArrayLike<number>;

/** Refuses anything that is not array-like; gives back a plain float64 copy. */
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
