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

/** What a law measured: its largest error, and where that was. */
export interface Measurement {
  readonly worst: number;
  readonly tolerance: number;
  readonly expected: string;
  readonly got: string;
  readonly input: string | undefined;
}

/** What one comparison may add to the plain `|got − expected| ≤ tolerance · max(1, |expected|)`. */
export interface Allowance {
  /** Size that the error is relative to, where it is larger than 1. Default: `|expected|`. */
  readonly scale?: number;
  /** Absolute error that is excused before, for instance what the rounding of the input makes unavoidable. */
  readonly slack?: number;
}

/** Keeps the largest error of many comparisons. NaN is an infinite error, unless NaN is expected. */
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

/** The first values of an array as messages print them. */
export function formatValues(values: ArrayLike<number>): string {
  const shown = Array.from(values).slice(0, 8).map(formatNumber).join(", ");
  return values.length > 8 ? `[${shown}, … ${values.length} values]` : `[${shown}]`;
}
