/** An explicit Runge–Kutta method: `Yᵢ = y + h Σⱼ aᵢⱼ kⱼ`, `kᵢ = f(t + cᵢ h, Yᵢ)`, `y ← y + h Σᵢ bᵢ kᵢ`. */
export interface RungeKutta {
  readonly a: readonly (readonly number[])[];
  readonly b: readonly number[];
  readonly c: readonly number[];
  /**
   * Weights of the stages, and of the rate at the end of the step, in the estimated error of a step of length 1; absent for
   * fixed steps.
   */
  readonly error?: readonly number[];
}

/** The classical method of order 4 (Kutta 1901). */
export const RUNGE_KUTTA_4: RungeKutta = {
  a: [[], [1 / 2], [0, 1 / 2], [0, 0, 1]],
  b: [1 / 6, 1 / 3, 1 / 3, 1 / 6],
  c: [0, 1 / 2, 1 / 2, 1],
};

/**
 * The method of order 5 of Dormand and Prince 1980, A family of embedded Runge–Kutta formulae, with an error estimate
 * of order 4. The rate at the final point of a step is the first stage of the next step.
 */
export const DORMAND_PRINCE: RungeKutta = {
  a: [
    [],
    [1 / 5],
    [3 / 40, 9 / 40],
    [44 / 45, -56 / 15, 32 / 9],
    [19372 / 6561, -25360 / 2187, 64448 / 6561, -212 / 729],
    [9017 / 3168, -355 / 33, 46732 / 5247, 49 / 176, -5103 / 18656],
  ],
  b: [35 / 384, 0, 500 / 1113, 125 / 192, -2187 / 6784, 11 / 84],
  c: [0, 1 / 5, 3 / 10, 4 / 5, 8 / 9, 1],
  error: [71 / 57600, 0, -71 / 16695, 71 / 1920, -17253 / 339200, 22 / 525, -1 / 40],
};

/** How differential equations are solved. */
export interface SolverOptions {
  /**
   * `"dormand-prince"`, of order 5, chooses its steps; `"runge-kutta-4"` takes `steps` equal ones. Default: `"dormand-prince"`.
   */
  readonly solver?: "dormand-prince" | "runge-kutta-4";
  /** Number of steps of `"runge-kutta-4"`. Default: 20. */
  readonly steps?: number;
  /**
   * The error of a step is at most `absoluteTolerance + relativeTolerance·|x|`, for each row. Default: 1e-6.
   */
  readonly relativeTolerance?: number;
  /** Default: 1e-6. */
  readonly absoluteTolerance?: number;
  /** Steps of a row, tried ones included, after which an error is thrown. Default: 1,000. */
  readonly maxSteps?: number;
}

/** Rates of change of m rows: of their d coordinates, and of their log-determinants if requested. */
export interface Rates {
  readonly velocity: ArrayLike<number>;
  readonly divergence?: ArrayLike<number> | undefined;
}

/** Points `[m·d]` at times `[m]`, and which rows of the batch they belong to. */
export interface Stage {
  readonly rows: Int32Array;
  readonly t: Float32Array;
  readonly x: Float32Array;
}

/** The rates of a stage. */
export type RatesAt = (stage: Stage) => Rates;

/** A step of some rows, each with a length of its own. */
interface Step {
  readonly rows: Int32Array;
  readonly h: Float64Array;
  /** Where the rates were evaluated. */
  readonly stages: readonly Stage[];
}

/** The values at the end, and the integral of the divergence along the way. */
export interface Trajectory {
  readonly x: Float64Array;
  readonly logDet: Float64Array;
  readonly steps: readonly Step[];
  readonly method: RungeKutta;
}

/** A differential equation that was not solved within the number of steps. */
export interface Unsolved {
  readonly row: number;
  readonly reached: number;
}

/** The first step that is tried, in units of the whole way. */
export const FIRST = 0.1;
/** How much of the step that the error allows is taken, and by how much a step may change. */
export const SAFETY = 0.9;
export const SHRINKS = 0.2;
export const GROWS = 5;

/**
 * Solves `dx/dt = v(t, x)` for n rows between two times. Each row has its own steps, so its values do not depend on the
 * batch. Sums are float64; rates are float32.
 *
 * @param start `[n·d]`.
 * @param keep `true` to keep the stages of the steps, for gradients.
 */
export function integrate(
  rates: RatesAt,
  start: ArrayLike<number>,
  n: number,
  [from, to]: readonly [from: number, to: number],
  options: Required<SolverOptions>,
  keep: boolean,
): Trajectory | Unsolved {
  const method = options.solver === "dormand-prince" ? DORMAND_PRINCE : RUNGE_KUTTA_4;
  const x = Float64Array.from(start);
  const logDet = new Float64Array(n);
  const t = new Float64Array(n).fill(from);
  const share = new Float64Array(n).fill(method.error === undefined ? 1 / options.steps : FIRST);
  const steps: Step[] = [];
  let known: Rates | undefined;
  let active = Int32Array.from({ length: n }, (_, row) => row);
  for (let tried = 0; active.length > 0; tried++) {
    if (method.error !== undefined && tried === options.maxSteps) {
      return { row: active[0] as number, reached: t[active[0] as number] as number };
    }
    // The last of equal steps ends at the end, whatever the roundings before it.
    const isLast = Uint8Array.from(active, (row) =>
      Math.abs(to - (t[row] as number)) <= Math.abs(to - from) * (share[row] as number) * (1 + 1e-9) ? 1 : 0,
    );
    const h = Float64Array.from(active, (row, i) =>
      isLast[i] ? to - (t[row] as number) : (to - from) * (share[row] as number),
    );
    const times = Float64Array.from(active, (row) => t[row] as number);
    const step = takeStep(method, rates, active, times, h, x, logDet, known);
    const ratios = method.error === undefined ? undefined : errorsOf(method.error, step, h, options);
    const isTaken = Uint8Array.from(active, (_, i) => ((ratios?.[i] ?? 0) <= 1 ? 1 : 0));
    for (const [i, row] of active.entries()) {
      const ratio = ratios?.[i];
      if (ratio !== undefined) {
        share[row] =
          Math.abs((h[i] as number) / (to - from)) * Math.min(GROWS, Math.max(SHRINKS, SAFETY * ratio ** -0.2));
      }
      if (!isTaken[i]) continue;
      t[row] = isLast[i] ? to : (t[row] as number) + (h[i] as number);
      const width = x.length / n;
      x.set(step.x.subarray(i * width, (i + 1) * width), row * width);
      logDet[row] = step.logDet[i] as number;
    }
    if (keep) steps.push(takenRows(step, active, h, isTaken));
    const goesOn = Uint8Array.from(active, (row) => (t[row] === to ? 0 : 1));
    known = method.error === undefined ? undefined : nextRates(step, isTaken, goesOn);
    active = active.filter((_, i) => goesOn[i] === 1);
  }
  return { x, logDet, steps, method };
}

interface TriedStep {
  readonly start: Float64Array;
  readonly x: Float64Array;
  readonly logDet: Float64Array;
  readonly stages: readonly Stage[];
  /** Rates of the stages, and of the end of the step if the method estimates an error. */
  readonly rates: readonly Rates[];
}

function takeStep(
  { a, b, c, error }: RungeKutta,
  rates: RatesAt,
  rows: Int32Array,
  t: Float64Array,
  h: Float64Array,
  all: Float64Array,
  logDets: Float64Array,
  known: Rates | undefined,
): TriedStep {
  const width = all.length / logDets.length;
  const x = new Float64Array(rows.length * width);
  for (const [i, row] of rows.entries()) x.set(all.subarray(row * width, (row + 1) * width), i * width);
  const logDet = Float64Array.from(rows, (row) => logDets[row] as number);
  const found: Rates[] = [];
  const stages: Stage[] = [];
  const stageAt = (at: number, value: Float64Array): Stage => ({
    rows,
    t: Float32Array.from(t, (time, i) => time + at * (h[i] as number)),
    x: new Float32Array(value),
  });
  for (const [i, weights] of a.entries()) {
    const stage = stageAt(c[i] as number, added(x, h, weights, found, velocityOf));
    stages.push(stage);
    found.push(i === 0 && known !== undefined ? known : rates(stage));
  }
  const end = added(x, h, b, found, velocityOf);
  const hasLogDet = found[0]?.divergence !== undefined;
  const endLogDet = hasLogDet ? added(logDet, h, b, found, divergenceOf) : logDet;
  if (error !== undefined) found.push(rates(stageAt(1, end)));
  return { start: x, x: end, logDet: endLogDet, stages, rates: found };
}

const velocityOf = ({ velocity }: Rates): ArrayLike<number> => velocity;
const divergenceOf = ({ divergence }: Rates): ArrayLike<number> => divergence ?? [];

/** `x + h Σ weights·rates` for rows of one width. */
function added(
  x: Float64Array,
  h: Float64Array,
  weights: readonly number[],
  rates: readonly Rates[],
  of: (rates: Rates) => ArrayLike<number>,
): Float64Array {
  const sum = Float64Array.from(x);
  const width = sum.length / h.length;
  for (const [i, weight] of weights.entries()) {
    if (weight === 0) continue;
    const values = of(rates[i] as Rates);
    for (let row = 0, j = 0; row < h.length; row++) {
      const factor = weight * (h[row] as number);
      for (let k = 0; k < width; k++, j++) sum[j] = (sum[j] as number) + factor * (values[j] as number);
    }
  }
  return sum;
}

/**
 * The error of each row, in units of the tolerance: the root mean square over its coordinates, or the error of its
 * log-determinant. It is 0 for a row with non-finite initial values, and infinite for a row that becomes non-finite.
 */
function errorsOf(
  weights: readonly number[],
  step: TriedStep,
  h: Float64Array,
  { relativeTolerance, absoluteTolerance }: Required<SolverOptions>,
): Float64Array {
  const { start, x, logDet, rates } = step;
  const first = rates[0] as Rates;
  const errors = added(new Float64Array(x.length), h, weights, rates, velocityOf);
  const ofLogDet = first.divergence && added(new Float64Array(h.length), h, weights, rates, divergenceOf);
  const width = x.length / h.length;
  return Float64Array.from(h, (_, row) => {
    let sum = 0;
    let wasFinite = Number.isFinite(first.divergence?.[row] ?? 0);
    for (let j = row * width; j < (row + 1) * width; j++) {
      const size = Math.max(Math.abs(start[j] as number), Math.abs(x[j] as number));
      sum += ((errors[j] as number) / (absoluteTolerance + relativeTolerance * size)) ** 2;
      wasFinite &&= Number.isFinite(start[j]) && Number.isFinite(first.velocity[j]);
    }
    if (!wasFinite) return 0;
    const scale = absoluteTolerance + relativeTolerance * Math.max(1, Math.abs(logDet[row] as number));
    const error = Math.max(Math.sqrt(sum / width), Math.abs(ofLogDet?.[row] ?? 0) / scale);
    return Number.isNaN(error) ? Number.POSITIVE_INFINITY : error;
  });
}

/** The step of the rows that have taken it. */
function takenRows({ stages }: TriedStep, rows: Int32Array, h: Float64Array, isTaken: Uint8Array): Step {
  if (isTaken.every((taken) => taken === 1)) return { rows, h, stages };
  const taken = rows.filter((_, i) => isTaken[i] === 1);
  return {
    rows: taken,
    h: h.filter((_, i) => isTaken[i] === 1),
    stages: stages.map(({ t, x }) => ({
      rows: taken,
      t: t.filter((_, i) => isTaken[i] === 1),
      x: x.filter((_, j) => isTaken[Math.floor((j * rows.length) / x.length)] === 1),
    })),
  };
}

/** The first rates of the next step: from the end of this step, or from its start if it is repeated. */
function nextRates({ rates }: TriedStep, isTaken: Uint8Array, goesOn: Uint8Array): Rates {
  const [first, last] = [rates[0] as Rates, rates[rates.length - 1] as Rates];
  const choose = (of: (rates: Rates) => ArrayLike<number>): Float32Array => {
    const [before, after] = [of(first), of(last)];
    const width = before.length / isTaken.length;
    const chosen = new Float32Array(width * goesOn.filter((on) => on === 1).length);
    let at = 0;
    for (const [i, taken] of isTaken.entries()) {
      if (!goesOn[i]) continue;
      for (let j = i * width; j < (i + 1) * width; j++) chosen[at++] = (taken ? after[j] : before[j]) as number;
    }
    return chosen;
  };
  return { velocity: choose(velocityOf), ...(first.divergence && { divergence: choose(divergenceOf) }) };
}

/** Gradient at one stage: from its velocities and divergences to its points `[m·d]`. */
export type StageGradient = (stage: Stage, ofVelocity: Float32Array, ofDivergence: Float32Array) => ArrayLike<number>;

/**
 * Returns the gradient with respect to the start of a trajectory from the gradient with respect to its final state. It
 * differentiates the steps that were taken, so it is exact for these steps. Only the stages are in memory.
 *
 * @param ofX `[n·d]`.
 * @param ofLogDet `[n]`.
 * @param stage called for each stage, the last one first; it accumulates further gradients itself.
 * @see Zhuang et al. 2020, Adaptive checkpoint adjoint method for gradient estimation in neural ODE, arXiv:2006.02493
 */
export function integrateBackward(
  { steps, method: { a, b } }: Trajectory,
  ofX: Float64Array,
  ofLogDet: Float64Array,
  stage: StageGradient,
): Float64Array {
  const gradient = Float64Array.from(ofX);
  const width = ofLogDet.length === 0 ? 0 : ofX.length / ofLogDet.length;
  for (let at = steps.length - 1; at >= 0; at--) {
    const { rows, h, stages } = steps[at] as Trajectory["steps"][number];
    if (rows.length === 0) continue;
    const ofStages: ArrayLike<number>[] = [];
    for (let i = b.length - 1; i >= 0; i--) {
      const ofVelocity = new Float32Array(rows.length * width);
      for (const [m, row] of rows.entries()) {
        for (let k = 0; k < width; k++) {
          let sum = (b[i] as number) * (gradient[row * width + k] as number);
          for (let j = i + 1; j < b.length; j++) {
            sum += (a[j]?.[i] ?? 0) * (ofStages[j]?.[m * width + k] as number);
          }
          ofVelocity[m * width + k] = (h[m] as number) * sum;
        }
      }
      const ofDivergence = Float32Array.from(
        rows,
        (row, m) => (h[m] as number) * (b[i] as number) * (ofLogDet[row] as number),
      );
      ofStages[i] = stage(stages[i] as Stage, ofVelocity, ofDivergence);
    }
    for (const ofStage of ofStages) {
      for (const [m, row] of rows.entries()) {
        for (let k = 0; k < width; k++) {
          gradient[row * width + k] = (gradient[row * width + k] as number) + (ofStage[m * width + k] as number);
        }
      }
    }
  }
  return gradient;
}
