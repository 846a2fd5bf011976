/** Derivatives of functions of one step at 0, each with an estimate of its absolute error. */
export interface Slopes {
  readonly slope: Float64Array;
  readonly error: Float64Array;
}

/** The largest step. */
const LARGEST_STEP = 1 / 4;

/** How much finer each step is than the one before, and how many there are. */
const RATIO = 4;
const STEPS = 6;

/**
 * Central differences `(f(h) − f(−h)) / 2h` of many functions at once, each at the step at which it is most certain.
 *
 * The error is estimated from two steps 4h and h: half of the change of the central difference; what the difference of
 * the one-sided ones lacks to be proportional to the step, which is what a kink within it shows; and rounding. A
 * function that varies within a step as if it did not (a narrow bin of a spline) is found out by finer steps, whose
 * disagreement counts as error. Steps whose rounding alone exceeds the error of every function are not taken: they
 * could tell nothing.
 *
 * @param evaluate the values of all functions at a step of at most 1/4.
 * @param rounding absolute rounding error of each function's value.
 */
export function slopesAtZero(evaluate: (step: number) => Float64Array, rounding: Float64Array): Slopes {
  const count = rounding.length;
  const slope = new Float64Array(count);
  const error = new Float64Array(count).fill(Number.POSITIVE_INFINITY);
  const middle = evaluate(0);
  let coarse = differencesAt(LARGEST_STEP, evaluate, middle);
  for (let k = 1; k < STEPS; k++) {
    const step = LARGEST_STEP / RATIO ** k;
    const fine = differencesAt(step, evaluate, middle);
    for (let i = 0; i < count; i++) {
      const noise = (rounding[i] as number) / step;
      const found = fine.central[i] as number;
      const change = Math.abs(found - (coarse.central[i] as number)) / 2;
      const kink = Math.abs((fine.bend[i] as number) - (coarse.bend[i] as number) / RATIO);
      const own = change + kink + noise;
      // A step that leaves the domain tells nothing.
      if (!Number.isFinite(own)) continue;
      if (own < (error[i] as number)) {
        error[i] = own;
        slope[i] = found;
      } else {
        const disagreement = Math.abs(found - (slope[i] as number)) - NOISE_ALLOWED * noise;
        error[i] = Math.max(error[i] as number, disagreement);
      }
    }
    if (isNoiseOnly(step / RATIO, error, rounding)) break;
    coarse = fine;
  }
  return { slope, error };
}

/** Whether no difference at a step can be more certain than what is known. */
function isNoiseOnly(step: number, error: Float64Array, rounding: Float64Array): boolean {
  return error.every((known, i) => known <= (rounding[i] as number) / step);
}

/** A finer step contradicts a coarser one only by more than this many times its own rounding error. */
const NOISE_ALLOWED = 4;

/** Differences of all functions at one step. */
interface Differences {
  readonly central: Float64Array;
  /** Right-hand minus left-hand difference: proportional to the step where a function is smooth. */
  readonly bend: Float64Array;
}

function differencesAt(step: number, evaluate: (step: number) => Float64Array, middle: Float64Array): Differences {
  const above = evaluate(step);
  const below = evaluate(-step);
  return {
    central: above.map((value, i) => (value - (below[i] as number)) / (2 * step)),
    bend: above.map((value, i) => (value - 2 * (middle[i] as number) + (below[i] as number)) / step),
  };
}

/** √(Σ v² / n); 0 for no values. */
export function rootMeanSquare(values: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += (values[i] as number) ** 2;
  return Math.sqrt(sum / Math.max(1, values.length));
}

/** The slopes of the functions from `from` up to `to`. */
export function sliceSlopes({ slope, error }: Slopes, from: number, to: number): Slopes {
  return { slope: slope.subarray(from, to), error: error.subarray(from, to) };
}
