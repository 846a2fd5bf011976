import { Tensor } from "@tensorflow/tfjs-core";

/**
 * Compares a value of an example with the one its comment names. Tensors and typed arrays count as arrays, numbers are
 * equal to the digits that `text` shows.
 *
 * @throws {Error} they differ.
 */
export function checkValue(got: unknown, expected: unknown, text: string): void {
  const plain = toPlain(got);
  if (!agree(plain, expected, lastDigit(text))) throw new Error(`expected ${text}, got ${JSON.stringify(plain)}.`);
}

function toPlain(value: unknown): unknown {
  if (value instanceof Tensor) return value.arraySync();
  if (value instanceof Float32Array || value instanceof Float64Array || value instanceof Int32Array) {
    return Array.from(value);
  }
  return Array.isArray(value) ? value.map(toPlain) : value;
}

function agree(got: unknown, expected: unknown, digit: number): boolean {
  if (Array.isArray(expected)) {
    return Array.isArray(got) && got.length === expected.length && expected.every((e, i) => agree(got[i], e, digit));
  }
  if (typeof got !== "number" || typeof expected !== "number" || !Number.isFinite(expected)) {
    return Object.is(got, expected);
  }
  // Half of the last digit, and float32 behind it.
  return Math.abs(got - expected) <= 0.5 * digit + (expected === 0 ? 1e-6 : 1e-5 * Math.abs(expected));
}

/** Value of a unit in the last decimal place, 0 if all numbers are integers or written with an exponent. */
function lastDigit(text: string): number {
  const places = [...text.matchAll(/\.(\d+)(?!\d|e)/g)].map((match) => match[1]?.length ?? 0);
  return places.length === 0 ? 0 : 10 ** -Math.max(...places);
}
