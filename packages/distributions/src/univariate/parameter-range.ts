/** The numbers that a parameter may have: all finite ones, unless an end is given. */
export interface ParameterRange {
  readonly above?: number;
  readonly atLeast?: number;
  readonly atMost?: number;
  /** What is taken where the option is absent; without it the option is required. */
  readonly default?: number;
}

/** Any finite number. */
export function real(fallback?: number): ParameterRange {
  return fallback === undefined ? {} : { default: fallback };
}

/** A number above 0. */
export function positive(fallback?: number): ParameterRange {
  return { above: 0, ...real(fallback) };
}

/** Whether a number is in a range. */
export function isInRange(value: number, { above, atLeast, atMost }: ParameterRange): boolean {
  return !(value <= (above ?? Number.NaN) || value < (atLeast ?? Number.NaN) || value > (atMost ?? Number.NaN));
}

/** A range in words. */
export function describeRange({ above, atLeast, atMost }: ParameterRange): string {
  const low = above === undefined ? (atLeast === undefined ? "" : `of at least ${atLeast}`) : `above ${above}`;
  const high = atMost === undefined ? "" : `of at most ${atMost}`;
  return ["numbers", [low, high].filter(Boolean).join(" and ")].filter(Boolean).join(" ");
}
