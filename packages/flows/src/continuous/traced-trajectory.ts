import type { LoopBody } from "@pushforward/core/extend";
import { clip, iterate } from "@pushforward/ops";
import * as tf from "@tensorflow/tfjs-core";
import { FIRST, GROWS, SAFETY, SHRINKS, type SolverOptions } from "./integrate.ts";
import { DORMAND_PRINCE, RUNGE_KUTTA_4, type RungeKutta } from "./runge-kutta.ts";

/** Rates `[rows, d]` and, where log-determinants are asked for, `[rows, 1]`, at times `[rows, 1]`. */
export type TracedRates = (t: tf.Tensor, x: tf.Tensor) => readonly tf.Tensor[];

/** How far before the end a step is taken to be the last one, in float32. */
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
