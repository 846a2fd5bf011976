import * as tf from "@tensorflow/tfjs-core";
import { LawError } from "./law-error.ts";

/** A rule without a size is broken. Caught by the law it happens in, which adds the names. */
export class Violation extends Error {
  readonly expected: string;
  readonly got: string;
  readonly input: string | undefined;

  constructor(expected: string, got: string, input?: string) {
    super(`expected ${expected}, got ${got}`);
    this.expected = expected;
    this.got = got;
    this.input = input;
  }
}

/** Result of a law: its largest error, and the place of this error. */
export interface Measurement {
  readonly worst: number;
  readonly tolerance: number;
  readonly expected: string;
  readonly got: string;
  readonly input: string | undefined;
}

/** Relaxation of the plain `|got − expected| ≤ tolerance · max(1, |expected|)` for one comparison. */
export interface Allowance {
  /** Size for the relative error, if larger than 1. Default: `|expected|`. */
  readonly scale?: number;
  /** Absolute error that is excused first, for instance the unavoidable effect of input rounding. */
  readonly slack?: number;
}

/** Keeps the largest error of several comparisons. NaN is an infinite error, unless NaN is expected. */
export class Comparison {
  private readonly tolerance: number;
  private worst = 0;
  private expected = "";
  private got = "";
  private input: (() => string) | undefined;

  constructor(tolerance: number) {
    this.tolerance = tolerance;
  }

  add(got: number, expected: number, input: () => string, allowance: Allowance = {}): void {
    const error = relativeError(got, expected, allowance);
    if (error <= this.worst) return;
    this.worst = error;
    this.expected = formatNumber(expected);
    this.got = formatNumber(got);
    this.input = input;
  }

  result(): Measurement {
    const { worst, tolerance, expected, got } = this;
    return { worst, tolerance, expected, got, input: this.input?.() };
  }
}

function relativeError(got: number, expected: number, { scale, slack = 0 }: Allowance): number {
  if (Object.is(got, expected) || got === expected) return 0;
  const error = Math.max(0, Math.abs(got - expected) - slack) / Math.max(1, scale ?? Math.abs(expected));
  return Number.isNaN(error) ? Number.POSITIVE_INFINITY : error;
}

/** A measurement of a law that is only kept or broken. */
export const KEPT: Measurement = { worst: 0, tolerance: 0, expected: "", got: "", input: undefined };

/** A number as messages print it. */
export function formatNumber(value: number): string {
  return Object.is(value, -0) ? "-0" : String(Number(value.toPrecision(7)));
}

/** Formats the first values of an array for messages. */
export function formatValues(values: ArrayLike<number>): string {
  const shown = Array.from(values).slice(0, 8).map(formatNumber).join(", ");
  return values.length > 8 ? `[${shown}, … ${values.length} values]` : `[${shown}]`;
}

/** Compares two arrays value by value; `where` describes the input of the value at an index. */
export function compareArrays(
  comparison: Comparison,
  got: Float32Array,
  expected: Float32Array,
  what: string,
  where: (index: number) => string = (index) => `value ${index}`,
): void {
  if (got.length !== expected.length) throw new Violation(`${expected.length} values of ${what}`, String(got.length));
  for (const [i, value] of expected.entries()) comparison.add(got[i] as number, value, () => `${where(i)} (${what})`);
}

/** The values of a tensor, copied: the cpu backend hands out its own array. */
export function hostCopy(tensor: tf.Tensor): Float32Array {
  return Float32Array.from(tensor.dataSync());
}

/**
 * The largest mixed error `|got − expected| / max(1, |expected|)` of two arrays or tensors of the same size. NaN against
 * a number is `Infinity`; equal infinities and NaN against NaN are 0.
 *
 * @throws {LawError} the sizes differ.
 * @example
 * const logProb = new StandardNormal({ features: 2 }).logProb([[0, 0]]);
 * expect(maxError(logProb, [-Math.log(2 * Math.PI)])).toBeLessThan(1e-6);
 */
export function maxError(got: tf.Tensor | ArrayLike<number>, expected: tf.Tensor | ArrayLike<number>): number {
  const a = valuesOf(got);
  const b = valuesOf(expected);
  if (a.length !== b.length) {
    throw new LawError(`maxError: expected ${b.length} values, got ${a.length}.`, {
      law: "same size",
      caseName: "maxError",
      worst: Number.POSITIVE_INFINITY,
      tolerance: 0,
    });
  }
  let worst = 0;
  for (let i = 0; i < a.length; i++) worst = Math.max(worst, mixedError(a[i] as number, b[i] as number));
  return worst;
}

function mixedError(got: number, expected: number): number {
  if (got === expected || (Number.isNaN(got) && Number.isNaN(expected))) return 0;
  const error = Math.abs(got - expected) / Math.max(1, Math.abs(expected));
  return Number.isNaN(error) ? Number.POSITIVE_INFINITY : error;
}

function valuesOf(value: tf.Tensor | ArrayLike<number>): ArrayLike<number> {
  return value instanceof tf.Tensor ? (value.dataSync() as ArrayLike<number>) : value;
}
