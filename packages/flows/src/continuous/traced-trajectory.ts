import type { LoopBody } from "@pushforward/core/extend";
import { clip, iterate, nestedGradients } from "@pushforward/ops";
import * as tf from "@tensorflow/tfjs-core";
import {
  DORMAND_PRINCE,
  FIRST,
  GROWS,
  integrateBackward,
  type Rates,
  RUNGE_KUTTA_4,
  type RungeKutta,
  SAFETY,
  SHRINKS,
  type SolverOptions,
  type Stage,
  type Trajectory,
} from "./integrate.ts";
import type { VelocityField } from "./velocity-network.ts";

/** Rates `[rows, d]` and, if log-determinants are requested, `[rows, 1]`, at times `[rows, 1]`. */
export type TracedRates = (t: tf.Tensor, x: tf.Tensor) => readonly tf.Tensor[];

/** Tolerance in float32 for treating a step as the last step. */
const ROUNDING = 1e-6;

/**
 * The solution of `integrate` by tensor operations alone, in float32, for where these are written down: `[rows, d]` and, with
 * log-determinants, `[rows, 1]`. A row that is not solved within the number of steps is NaN.
 *
 * @param start x `[rows, d]` and, with log-determinants, zeros `[rows, 1]`.
 */
export function tracedTrajectory(
  rates: TracedRates,
  start: readonly tf.Tensor[],
  [from, to]: readonly [from: number, to: number],
  options: Required<SolverOptions>,
): readonly tf.Tensor[] {
  const rows = start[0]?.shape[0] as number;
  const first = tf.fill([rows, 1], from);
  if (options.solver === "runge-kutta-4") return equalSteps(rates, start, first, (to - from) / options.steps, options);
  const total = to - from;
  const body: LoopBody = (state) => {
    const [t, share, ...values] = state as [tf.Tensor, tf.Tensor, ...tf.Tensor[]];
    const rest = tf.sub(to, t);
    const isOpen = tf.notEqual(t, to);
    const isLast = tf.lessEqual(tf.abs(rest), tf.mul(share, Math.abs(total) * (1 + ROUNDING)));
    const h = tf.where(isLast, rest, tf.mul(share, total));
    const step = takeStep(DORMAND_PRINCE, rates, t, values, h);
    const ratio = errorRatio(step, values, h, options);
    const isTaken = tf.logicalAnd(isOpen, tf.lessEqual(ratio, 1));
    const grown = tf.mul(tf.abs(tf.div(h, total)), clip(tf.mul(tf.pow(ratio, -0.2), SAFETY), SHRINKS, GROWS));
    const reached = tf.where(isTaken, tf.where(isLast, tf.fill(t.shape, to), tf.add(t, h)), t);
    const next = values.map((value, i) => tf.where(broadcast(isTaken, value), step.end[i] as tf.Tensor, value));
    return { state: [reached, tf.where(isOpen, grown, share), ...next], goesOn: tf.notEqual(reached, to) };
  };
  const state = [first, tf.fill([rows, 1], FIRST), ...start];
  const [t, , ...values] = iterate(state, body, options.maxSteps) as [tf.Tensor, tf.Tensor, ...tf.Tensor[]];
  return values.map((value) => tf.where(broadcast(tf.equal(t, to), value), value, Number.NaN));
}

function equalSteps(
  rates: TracedRates,
  start: readonly tf.Tensor[],
  first: tf.Tensor,
  length: number,
  { steps }: Required<SolverOptions>,
): readonly tf.Tensor[] {
  const h = tf.fill(first.shape, length);
  const body: LoopBody = ([t, ...values]) => {
    const { end } = takeStep(RUNGE_KUTTA_4, rates, t as tf.Tensor, values, h);
    return { state: [tf.add(t as tf.Tensor, h), ...end], goesOn: tf.scalar(true, "bool") };
  };
  return iterate([first, ...start], body, steps).slice(1);
}

interface TracedStep {
  readonly end: readonly tf.Tensor[];
  /** By stage, and at the end where the method estimates an error, the rates of all values. */
  readonly rates: readonly (readonly tf.Tensor[])[];
}

function takeStep(
  { a, b, c, error }: RungeKutta,
  rates: TracedRates,
  t: tf.Tensor,
  values: readonly tf.Tensor[],
  h: tf.Tensor,
): TracedStep {
  const found: (readonly tf.Tensor[])[] = [];
  const ratesAt = (at: number, x: tf.Tensor): readonly tf.Tensor[] => rates(tf.add(t, tf.mul(h, at)), x);
  for (const [i, weights] of a.entries()) {
    found.push(ratesAt(c[i] as number, moved(values[0] as tf.Tensor, weights, found, 0, h)));
  }
  const end = values.map((value, i) => moved(value, b, found, i, h));
  if (error !== undefined) found.push(ratesAt(1, end[0] as tf.Tensor));
  return { end, rates: found };
}

/** `value + h Σ weights·rates`. */
function moved(
  value: tf.Tensor,
  weights: readonly number[],
  rates: readonly (readonly tf.Tensor[])[],
  place: number,
  h: tf.Tensor,
): tf.Tensor {
  const terms = weights.flatMap((weight, i) =>
    weight === 0 ? [] : [tf.mul((rates[i] as readonly tf.Tensor[])[place] as tf.Tensor, weight)],
  );
  return terms.length === 0 ? value : tf.add(value, tf.mul(tf.addN(terms), h));
}

/** The error of each row `[rows, 1]`, in units of the tolerance, as `integrate` measures it. */
function errorRatio(
  { end, rates }: TracedStep,
  values: readonly tf.Tensor[],
  h: tf.Tensor,
  { relativeTolerance, absoluteTolerance }: Required<SolverOptions>,
): tf.Tensor {
  const weights = DORMAND_PRINCE.error as readonly number[];
  const [start, x] = [values[0] as tf.Tensor, end[0] as tf.Tensor];
  const size = tf.maximum(tf.abs(start), tf.abs(x));
  const scale = tf.add(tf.mul(size, relativeTolerance), absoluteTolerance);
  const error = tf.div(moved(tf.zerosLike(x), weights, rates, 0, h), scale);
  let ratio = tf.sqrt(tf.mean(tf.square(error), 1, true));
  const first = rates[0] as readonly tf.Tensor[];
  let isKnown = tf.all(tf.logicalAnd(tf.isFinite(start), tf.isFinite(first[0] as tf.Tensor)), 1, true);
  const logDet = values[1];
  if (logDet !== undefined) {
    const ofLogDet = moved(tf.zerosLike(logDet), weights, rates, 1, h);
    const unit = tf.add(tf.mul(tf.maximum(tf.abs(logDet), 1), relativeTolerance), absoluteTolerance);
    ratio = tf.maximum(ratio, tf.div(tf.abs(ofLogDet), unit));
    isKnown = tf.logicalAnd(isKnown, tf.isFinite(first[1] as tf.Tensor));
  }
  const known = tf.where(tf.isNaN(ratio), Number.POSITIVE_INFINITY, ratio);
  return tf.where(isKnown, known, 0);
}

function broadcast(condition: tf.Tensor, value: tf.Tensor): tf.Tensor {
  return tf.broadcastTo(condition, value.shape);
}

/** Numbers of each row of a batch. A tensor would not live until the backward pass. */
interface Rows {
  readonly values: Float32Array;
  readonly count: number;
  readonly width: number;
}

/** A velocity field at rows of a batch, each with its context and its probe. */
export class Points {
  private readonly field: VelocityField;
  private readonly context: Rows | undefined;
  private readonly probe: Rows | undefined;
  private readonly withLogDet: boolean;

  constructor(field: VelocityField, context: tf.Tensor | undefined, probe: tf.Tensor | undefined, withLogDet: boolean) {
    this.field = field;
    this.context = context && hostRows(context);
    this.probe = probe && hostRows(probe);
    this.withLogDet = withLogDet;
  }

  rates(stage: Stage): Rates {
    let found: Rates = { velocity: [] };
    tf.tidy(() => {
      const [velocity, divergence] = this.evaluate(stage, this.pointsOf(stage), rowsOf(this.context, stage.rows));
      found = { velocity: (velocity as tf.Tensor).dataSync(), divergence: divergence?.dataSync() };
    });
    return found;
  }

  /** The gradients by the start, the context and the parameters, from that by the end `[n, d]` or, with log-dets, `[n, d + 1]`. */
  gradients(trajectory: Trajectory, dy: tf.Tensor, [start, ...inputs]: readonly tf.Tensor[]): tf.Tensor[] {
    const { context } = this;
    const [count, width] = (start as tf.Tensor).shape as [number, number];
    const [ofX, ofLogDet] = split(dy.dataSync(), count, width);
    const parameters = context === undefined ? inputs : inputs.slice(1);
    const ofContext = new Float64Array(context?.values.length ?? 0);
    let sums: tf.Tensor[] = [];
    const ofStart = integrateBackward(trajectory, ofX, ofLogDet, (stage, ofVelocity, ofDivergence) => {
      let ofPoints: ArrayLike<number> = [];
      const next = tf.tidy(() => {
        const x = this.pointsOf(stage);
        const given = rowsOf(context, stage.rows);
        const seeds = [tf.tensor2d(ofVelocity, [stage.rows.length, width]), tf.tensor1d(ofDivergence)];
        const sources = [x, ...(given ? [given] : []), ...parameters];
        const found = nestedGradients(() => this.evaluate(stage, x, given), sources, seeds);
        ofPoints = (found[0] as tf.Tensor).dataSync();
        if (given !== undefined) addRows(ofContext, (found[1] as tf.Tensor).dataSync(), stage.rows);
        const ofParameters = found.slice(sources.length - parameters.length);
        return sums.length === 0 ? ofParameters : ofParameters.map((one, i) => tf.add(one, sums[i] as tf.Tensor));
      });
      tf.dispose(sums);
      sums = next;
      return ofPoints;
    });
    const whole = (values: Float64Array, shape: number[]): tf.Tensor => tf.tensor(new Float32Array(values), shape);
    return [
      whole(ofStart, [count, width]),
      ...(context ? [whole(ofContext, [context.count, context.width])] : []),
      ...(sums.length > 0 ? sums : parameters.map((parameter) => tf.zerosLike(parameter))),
    ];
  }

  private pointsOf({ rows, x }: Stage): tf.Tensor {
    return tf.tensor2d(x, [rows.length, this.field.features]);
  }

  private evaluate({ rows, t }: Stage, x: tf.Tensor, context: tf.Tensor | undefined): readonly tf.Tensor[] {
    const times = tf.tensor2d(t, [rows.length, 1]);
    if (!this.withLogDet) return [this.field.velocity(times, x, context)];
    return this.field.velocityAndDivergence(times, x, context, rowsOf(this.probe, rows));
  }
}

function hostRows(tensor: tf.Tensor): Rows {
  const [count, width] = tensor.shape as [number, number];
  return { values: tensor.dataSync().slice() as Float32Array, count, width };
}

function rowsOf(all: Rows | undefined, rows: Int32Array): tf.Tensor | undefined {
  if (all === undefined) return undefined;
  const { values, count, width } = all;
  // Rows keep their order, so that as many are all of them.
  if (rows.length === count) return tf.tensor2d(values, [count, width]);
  const some = new Float32Array(rows.length * width);
  for (const [i, row] of rows.entries()) some.set(values.subarray(row * width, (row + 1) * width), i * width);
  return tf.tensor2d(some, [rows.length, width]);
}

function addRows(sums: Float64Array, values: ArrayLike<number>, rows: Int32Array): void {
  const width = values.length / rows.length;
  for (const [i, row] of rows.entries()) {
    for (let k = 0; k < width; k++) {
      sums[row * width + k] = (sums[row * width + k] as number) + (values[i * width + k] as number);
    }
  }
}

/** The columns of the coordinates, and of the log-determinants (0 without). */
function split(
  values: ArrayLike<number>,
  count: number,
  width: number,
): readonly [ofX: Float64Array, ofLogDet: Float64Array] {
  const columns = values.length / count;
  const ofX = new Float64Array(count * width);
  const ofLogDet = new Float64Array(count);
  for (let row = 0; row < count; row++) {
    for (let k = 0; k < width; k++) ofX[row * width + k] = values[row * columns + k] as number;
    if (columns > width) ofLogDet[row] = values[row * columns + width] as number;
  }
  return [ofX, ofLogDet];
}
