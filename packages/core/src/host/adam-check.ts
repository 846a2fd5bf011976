import type { AdamArithmetic, AdamSettings } from "./adam-arithmetic.ts";

/** Settings of one Adam update. */
export interface AdamUpdateOptions {
  /** Decay of the mean of the gradients, and of their squares. */
  readonly beta1: number;
  readonly beta2: number;
  /** Added to the root of the mean square. */
  readonly epsilon: number;
  /** Values are first multiplied by `1 − learningRate · weightDecay`. */
  readonly weightDecay: number;
  readonly learningRate: number;
  /** The number of this update, from 1. */
  readonly step: number;
  /** Gradients are scaled down to this Euclidean norm over all tensors together; `Infinity`: they are not. */
  readonly clipNorm: number;
  /** Factor of the learning rate per target; absent: 1. */
  readonly learningRateMultipliers?: readonly number[];
}

/** Observations of an update. */
export interface AdamReport {
  /** Euclidean norm of all gradients together, before clipping. */
  readonly gradientNorm: number;
  /** First target with a gradient or a new value that is not finite. In that case the update changed no target. */
  readonly nonFinite?: { readonly index: number; readonly what: "gradient" | "value" };
}

/** Arrays of a target. */
export interface AdamArrays {
  readonly value: Float32Array;
  readonly gradient: Float32Array;
  readonly first: Float32Array;
  readonly second: Float32Array;
}

/** Result of the check. A successful update has a step for each target. */
interface CheckedAdam {
  readonly report: AdamReport;
  readonly steps?: readonly AdamSettings[];
}

// Moments are kept in float32, where an infinite mean square would silently end all movement.
const LARGEST_SQUARE = 2 ** 127;
const LARGEST_MEAN = 2 ** 64;
// The means of a unit that is dead fade for thousands of steps. Long before they are so small that processors compute with
// them a hundred times slower they are nothing beside the usual epsilon.
const FLOOR_1 = 2 ** -100;
const FLOOR_2 = 2 ** -112;
const LEAST_EPSILON = 1e-12;
// Added to the largest float32 number it still rounds down to it.
const SAFE_MOVE = 2 ** 100;

/**
 * Checks all targets before it changes any target. The update is then complete or has no effect, and still works in
 * place.
 *
 * @param scratch {@link adamScratchSize} numbers.
 * @param isKnownFinite returns `true` if the values of a target are known to be finite.
 */
export function checkAdam(
  arithmetic: AdamArithmetic,
  targets: readonly AdamArrays[],
  options: AdamUpdateOptions,
  scratch: Float32Array,
  isKnownFinite: (index: number) => boolean = () => false,
): CheckedAdam {
  const squares: number[] = [];
  let sumOfSquares = 0;
  for (let index = 0; index < targets.length; index++) {
    const square = arithmetic.squaredNorm((targets[index] as AdamArrays).gradient);
    if (!Number.isFinite(square)) {
      return { report: { gradientNorm: Number.NaN, nonFinite: { index, what: "gradient" } } };
    }
    squares.push(square);
    sumOfSquares += square;
  }
  const gradientNorm = Math.sqrt(sumOfSquares);
  const scale = gradientNorm > options.clipNorm ? Math.fround(options.clipNorm / gradientNorm) : 1;
  const steps = stepsOf(options, targets.length, scale);
  const isLittle = movesLittle(options);
  for (let index = 0; index < targets.length; index++) {
    const target = targets[index] as AdamArrays;
    const isSmall = (squares[index] as number) * scale * scale < LARGEST_SQUARE;
    const wasFinite = isKnownFinite(index) || Number.isFinite(arithmetic.squaredNorm(target.value));
    const staysFinite = isLittle || tryStep(arithmetic, target, steps[index] as AdamSettings, scratch);
    if (!isSmall || !wasFinite || !staysFinite) {
      return { report: { gradientNorm, nonFinite: { index, what: "value" } } };
    }
  }
  return { report: { gradientNorm }, steps };
}

/** Input of `checkAdam`, if it has to try the step. */
export function adamScratchSize(options: AdamUpdateOptions, sizes: () => readonly number[]): number {
  return movesLittle(options) ? 0 : 3 * Math.max(0, ...sizes());
}

/** Returns `true` for moments that updates can produce; `checkAdam` relies on this. */
export function areAdamMoments(first: Float32Array, second: Float32Array): boolean {
  return first.every((m) => Math.abs(m) <= LARGEST_MEAN) && second.every((v) => v >= 0 && v < Number.POSITIVE_INFINITY);
}

/** The step of each target; the same object for all that have the same rate. */
function stepsOf(options: AdamUpdateOptions, count: number, scale: number): readonly AdamSettings[] {
  const { learningRateMultipliers } = options;
  if (learningRateMultipliers === undefined) return new Array(count).fill(stepOf(options, 1, scale));
  const byRate = new Map<number, AdamSettings>();
  for (const rate of learningRateMultipliers) if (!byRate.has(rate)) byRate.set(rate, stepOf(options, rate, scale));
  return learningRateMultipliers.map((rate) => byRate.get(rate) as AdamSettings);
}

function stepOf(options: AdamUpdateOptions, rate: number, scale: number): AdamSettings {
  const { beta1, beta2, epsilon, weightDecay, step } = options;
  const learningRate = options.learningRate * rate;
  return {
    beta1,
    beta2,
    epsilon: Math.fround(epsilon),
    keep: Math.fround(1 - learningRate * weightDecay),
    // β^t anew in each step: a running product would not survive a restart bit for bit.
    stepSize: Math.fround(learningRate / (1 - beta1 ** step)),
    rootScale: Math.fround(1 / Math.sqrt(1 - beta2 ** step)),
    scale,
    floor1: epsilon < LEAST_EPSILON ? 0 : FLOOR_1,
    floor2: epsilon < LEAST_EPSILON ? 0 : FLOOR_2,
  };
}

// Whether no step can carry a finite number out of float32, whatever the moments: 1 − βᵗ is at least 1 − β.
function movesLittle({
  beta1,
  epsilon,
  weightDecay,
  learningRate,
  learningRateMultipliers,
}: AdamUpdateOptions): boolean {
  let largest = learningRate;
  if (learningRateMultipliers !== undefined)
    for (const rate of learningRateMultipliers) largest = Math.max(largest, learningRate * rate);
  const stepSize = largest / (1 - beta1);
  return Math.abs(1 - largest * weightDecay) <= 1 && (stepSize * LARGEST_MEAN) / Math.fround(epsilon) < SAFE_MOVE;
}

/** True if a step stays finite, computed on copies of the moments. */
function tryStep(arithmetic: AdamArithmetic, target: AdamArrays, step: AdamSettings, scratch: Float32Array): boolean {
  const { value, gradient } = target;
  const [next, first, second] = [0, 1, 2].map((i) => scratch.subarray(i * value.length, (i + 1) * value.length)) as [
    Float32Array,
    Float32Array,
    Float32Array,
  ];
  first.set(target.first);
  second.set(target.second);
  return arithmetic.adamStep(value, gradient, first, second, next, step);
}
