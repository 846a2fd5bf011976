import type { Key, Parameter, ParameterTree } from "@pushforward/core";
import * as tf from "@tensorflow/tfjs-core";
import { type Interval, REAL_LINE } from "./bijection/test-points.ts";
import { type Comparison, hostCopy, Violation } from "./law/comparison.ts";

/**
 * Returns a direction for each point: random signs, shortened near the bounds of the interval, so that a step of up to
 * 1/4 along the direction stays inside.
 */
export function directionFrom(key: Key, points: Float32Array, { low, high }: Interval = REAL_LINE): Float32Array {
  const uniform = key.uniform(points.length);
  return points.map((point, i) => {
    const room = Math.min(1, 2 * (point - low), 2 * (high - point));
    return (uniform[i] as number) < 0.5 ? -room : room;
  });
}

/** The points a step along their direction. */
export function moved(points: Float32Array, direction: Float32Array, step: number): Float32Array {
  return points.map((point, i) => point + step * (direction[i] as number));
}

/** A trainable parameter, its values, and a direction to move it along. */
interface Way {
  readonly path: string;
  readonly parameter: Parameter;
  readonly values: Float32Array;
  readonly direction: Float32Array;
}

/** Runs a function with parameters moved a step along their directions, and puts the parameters back. */
function withMoved<R>(ways: readonly Way[], step: number, run: () => R): R {
  for (const { parameter, values, direction } of ways) parameter.write(moved(values, direction, step));
  try {
    return run();
  } finally {
    for (const { parameter, values } of ways) parameter.write(values);
  }
}

/** Returns the directional derivatives of `rows` rows from a gradient for all their elements; 0 without a gradient. */
export function alongDirection(
  gradient: Float32Array | undefined,
  direction: Float32Array,
  rows: number,
): Float64Array {
  const result = new Float64Array(rows);
  const size = direction.length / rows;
  for (const [i, value] of gradient?.entries() ?? []) {
    const row = Math.floor(i / size);
    result[row] = (result[row] as number) + value * (direction[i] as number);
  }
  return result;
}

/** Derivatives at 0 of functions of a step, each with an estimate of its absolute error. */
export interface Slopes {
  readonly slope: Float64Array;
  readonly error: Float64Array;
}

/** The largest step. */
const LARGEST_STEP = 1 / 4;

/** Ratio of each step to the next finer step, and the number of steps. */
const RATIO = 4;
const STEPS = 6;

/**
 * Returns central differences `(f(h) − f(−h)) / 2h` of several functions at once, each at its most certain step.
 *
 * The error estimate uses two steps 4h and h. It is the sum of three terms: half of the change of the central
 * difference; the deviation of the gap between the one-sided differences from proportionality to the step, which
 * reveals a kink within the step; and rounding. Finer steps detect a function with hidden variation within a step (a
 * narrow bin of a spline): their disagreement counts as error. Steps with a rounding error above the error of every
 * function are skipped, because they carry no information.
 *
 * @param evaluate the values of all functions at each of some steps of at most 1/4.
 * @param rounding absolute rounding error of each function's value.
 * @param quick skips finer steps if the errors of all functions are small. Functions of one kind, `quick.rows` each,
 * have one scale.
 */
export function slopesAtZero(
  evaluate: (steps: readonly number[]) => readonly Float64Array[],
  rounding: Float64Array,
  quick?: { readonly rows: number },
): Slopes {
  const count = rounding.length;
  const slope = new Float64Array(count);
  const error = new Float64Array(count).fill(Number.POSITIVE_INFINITY);
  const stepAt = (k: number): number => LARGEST_STEP / RATIO ** k;
  // Every comparison needs the first two steps.
  const [middle, ...first] = evaluate([0, ...[0, 1].flatMap((k) => [stepAt(k), -stepAt(k)])]) as [Float64Array];
  const differencesAt = (k: number): Differences => {
    const step = stepAt(k);
    const [above, below] = k < 2 ? first.slice(2 * k) : evaluate([step, -step]);
    return differences(step, above as Float64Array, below as Float64Array, middle);
  };
  let coarse = differencesAt(0);
  for (let k = 1; k < STEPS; k++) {
    const step = stepAt(k);
    const fine = differencesAt(k);
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
    if (quick !== undefined && areCertain({ slope, error }, quick.rows)) break;
    coarse = fine;
  }
  return { slope, error };
}

/** Differences with an error below this share of the slopes' size are certain. */
const CERTAIN = 1e-3;

function areCertain(slopes: Slopes, rows: number): boolean {
  for (let from = 0; from < slopes.slope.length; from += rows) {
    const { slope, error } = sliceSlopes(slopes, from, from + rows);
    const size = rootMeanSquare(slope);
    if (error.some((own) => own > CERTAIN * size)) return false;
  }
  return true;
}

/** Returns `true` if no difference at a step can be more certain than the known ones. */
function isNoiseOnly(step: number, error: Float64Array, rounding: Float64Array): boolean {
  return error.every((known, i) => known <= (rounding[i] as number) / step);
}

/** A finer step contradicts a coarser one only above this multiple of its own rounding error. */
const NOISE_ALLOWED = 4;

/** Differences of all functions at one step. */
interface Differences {
  readonly central: Float64Array;
  /** Right-hand minus left-hand difference: proportional to the step where a function is smooth. */
  readonly bend: Float64Array;
}

function differences(step: number, above: Float64Array, below: Float64Array, middle: Float64Array): Differences {
  return {
    central: above.map((value, i) => (value - (below[i] as number)) / (2 * step)),
    bend: above.map((value, i) => (value - 2 * (middle[i] as number) + (below[i] as number)) / step),
  };
}

/** √(Σ v² / n); 0 for no values. */
function rootMeanSquare(values: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += (values[i] as number) ** 2;
  return Math.sqrt(sum / Math.max(1, values.length));
}

/** The slopes of the functions from `from` up to `to`. */
export function sliceSlopes({ slope, error }: Slopes, from: number, to: number): Slopes {
  return { slope: slope.subarray(from, to), error: error.subarray(from, to) };
}

/** Differences count as informative where their error is below this share of the slopes' size. */
const INFORMATIVE = 0.05;

/** Number of estimated errors by which a difference may be off before the gradient counts as wrong. */
const ERRORS_ALLOWED = 4;

/**
 * Compares the derivatives of rows by automatic differentiation with finite differences, relative to their size over
 * all rows. A kink within the steps of a row (a ReLU, a knot) shows in the error of its difference, which is excused.
 */
export function compareRowSlopes(
  comparison: Comparison,
  got: Float64Array,
  { slope, error }: Slopes,
  what: string,
  describeRow: (row: number) => string,
): void {
  const size = Math.max(rootMeanSquare(slope), rootMeanSquare(got));
  requireInformative(size, error, what);
  if (size === 0) return;
  for (const [row, expected] of slope.entries()) {
    const allowed = { slack: (ERRORS_ALLOWED * (error[row] as number)) / size };
    comparison.add((got[row] as number) / size, expected / size, () => `${describeRow(row)} (${what})`, allowed);
  }
}

/**
 * Compares the derivative of a sum over rows with the sum of their finite differences, relative to the root of the sum
 * of squares: rows that cancel do not make the comparison stricter.
 *
 * @param gradientOf derivative of the sum of the rows with weight 1.
 */
export function compareSummedSlopes(
  comparison: Comparison,
  gradientOf: (weights: Float64Array) => number,
  { slope, error }: Slopes,
  what: string,
): void {
  const rows = slope.length;
  const size = rootMeanSquare(slope);
  const weights = new Float64Array(rows).fill(1);
  if (rootMeanSquare(error) > INFORMATIVE * size) {
    // Rows with a kink within their steps are left out of the sum.
    for (let row = 0; row < rows; row++) weights[row] = (error[row] as number) <= INFORMATIVE * size ? 1 : 0;
    if (!weights.includes(1)) weights.fill(1);
  }
  const got = gradientOf(weights);
  const kept = (values: Float64Array): Float64Array => values.filter((_, row) => weights[row] === 1);
  const count = kept(weights).length;
  const norm = Math.max(rootMeanSquare(kept(slope)), Math.abs(got) / count);
  requireInformative(norm, error, what);
  if (norm === 0) return;
  const scale = norm * Math.sqrt(count);
  const expected = kept(slope).reduce((sum, value) => sum + value, 0);
  const slack = (ERRORS_ALLOWED * rootMeanSquare(kept(error)) * Math.sqrt(count)) / scale;
  comparison.add(got / scale, expected / scale, () => what, { slack });
}

/** A comparison in which every difference is as uncertain as it is large could not fail. */
function requireInformative(size: number, error: Float64Array, what: string): void {
  const sorted = [...error].sort((a, b) => a - b);
  const quartile = sorted[Math.floor(sorted.length / 4)] as number;
  if (quartile <= INFORMATIVE * size || quartile <= NEGLIGIBLE) return;
  throw new Violation(
    `finite differences of ${what} that float32 can resolve in a quarter of the rows`,
    `an error of ${quartile.toPrecision(3)} beside slopes of ${size.toPrecision(3)}`,
  );
}

/** Slopes and errors below this value are rounding errors of functions that do not depend on the moved values. */
const NEGLIGIBLE = 2e-3;

/** Gradients on the host; `undefined` where the loss does not depend on the source. */
export interface Gradients {
  readonly x: Float32Array | undefined;
  readonly context: Float32Array | undefined;
  readonly parameters: ReadonlyMap<string, Float32Array | undefined>;
}

/** Gradients of a loss for `x`, the context and the trainable parameters, in the caller's tidy. */
export function hostGradients(
  loss: () => tf.Scalar,
  { x, context }: { readonly x: tf.Tensor; readonly context?: tf.Tensor | undefined },
  parameters: ParameterTree,
): Gradients {
  const trainable = [...parameters].filter(([, parameter]) => parameter.trainable);
  const inputs = [x, ...(context === undefined ? [] : [context])];
  const sources = [...inputs, ...trainable.map(([, { variable }]) => variable)];
  // Not tf.grads: it throws where a gradient is missing, which is what has to be found out here.
  const { grads } = tf.engine().gradients(loss, sources, undefined, true);
  const found = (grads as (tf.Tensor | null | undefined)[]).map((g) => (g ? hostCopy(g) : undefined));
  return {
    x: found[0],
    context: context && found[1],
    parameters: new Map(trainable.map(([path], i) => [path, found[inputs.length + i]])),
  };
}

/** Scalar functions of the parameters of a model, one per row, in one or several kinds. */
export interface RowFunctions<Part extends string> {
  readonly parts: readonly Part[];
  readonly rows: number;
  /** Absolute rounding error of each value of {@link evaluate}. */
  readonly rounding: Float64Array;
  /** The values at the parameters as they are: all rows of the first kind, then of the next. */
  evaluate(): Float64Array;
  /** Gradients of the sum of some rows of a kind, each times its weight. */
  gradients(part: Part, rows: Float64Array): { readonly parameters: ReadonlyMap<string, Float32Array | undefined> };
  /** Returns the name in messages for a comparison of a kind along a source. */
  name(part: Part, source: string): string;
}

/**
 * Compares the gradient for each trainable parameter with finite differences along a random direction.
 *
 * @param quick one direction for all parameters of similar slopes: a wrong gradient of one of them changes the sum.
 */
export function compareParameterGradients<Part extends string>(
  comparison: Comparison,
  functions: RowFunctions<Part>,
  parameters: ParameterTree,
  { key, quick }: { readonly key: Key; readonly quick: boolean },
): void {
  const { rows } = functions;
  const still = functions.evaluate();
  // One gradient has all parameters in it, and is that of all rows unless some have a kink within a step.
  const ofAllRows = new Map<Part, ReadonlyMap<string, Float32Array | undefined>>();
  const gradientsOf = (part: Part, weights: Float64Array): ReadonlyMap<string, Float32Array | undefined> => {
    const isAll = weights.every((weight) => weight === 1);
    const found = (isAll ? ofAllRows.get(part) : undefined) ?? functions.gradients(part, weights).parameters;
    if (isAll) ofAllRows.set(part, found);
    return found;
  };
  const slopeAlong = (ways: readonly Way[], part: Part, weights: Float64Array): number =>
    ways.reduce(
      (sum, { path, direction }) =>
        sum + (alongDirection(gradientsOf(part, weights).get(path), direction, 1)[0] as number),
      0,
    );
  const groups = new Map<string, Way[]>();
  for (const [path, parameter] of parameters) {
    if (!parameter.trainable) continue;
    const values = Float32Array.from(parameter.read());
    // Shorter in larger tensors: what a unit of a network sees grows with the number of its inputs.
    const direction = directionFrom(key.fold(path), values).map((sign) => sign / values.length ** 0.25);
    const way = { path, parameter, values, direction };
    const sizes = functions.parts.map((part) => magnitude(slopeAlong([way], part, new Float64Array(rows).fill(1))));
    const group = quick ? sizes.join() : path;
    groups.set(group, [...(groups.get(group) ?? []), way]);
  }
  for (const ways of groups.values()) {
    const slopes = slopesAtZero(
      (steps) => steps.map((step) => (step === 0 ? still : withMoved(ways, step, () => functions.evaluate()))),
      functions.rounding,
      quick ? functions : undefined,
    );
    const source = `${ways.length === 1 ? "parameter" : "parameters"} ${ways.map(({ path }) => `"${path}"`).join(", ")}`;
    for (const [p, part] of functions.parts.entries()) {
      const own = sliceSlopes(slopes, p * rows, (p + 1) * rows);
      const gradientOf = (weights: Float64Array): number => slopeAlong(ways, part, weights);
      compareSummedSlopes(comparison, gradientOf, own, functions.name(part, source));
    }
  }
}

/** Slopes of one magnitude differ by less than this factor. */
const SIMILAR = 8;

/** The magnitude of a slope: a whole number, -Infinity for 0. */
function magnitude(slope: number): number {
  return Math.floor(Math.log(Math.abs(slope)) / Math.log(SIMILAR));
}
