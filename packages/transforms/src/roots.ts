import { currentTrace, type LoopBody } from "@pushforward/core/extend";
import { clip, iterate, stopGradient, withoutGradient } from "@pushforward/ops";
import * as tf from "@tensorflow/tfjs-core";

const MOST_STEPS = 200;

/**
 * Returns the root of a rising function in a bracket, in float64, by Newton's method. If a step would leave the
 * bracket, it takes the middle of the bracket.
 *
 * @param value returns the value of the function and its slope.
 */
export function bracketedRoot(
  value: (x: number) => readonly [value: number, slope: number],
  from: number,
  to: number,
): number {
  let [low, high] = [from, to];
  let x = (low + high) / 2;
  for (let step = 0; step < MOST_STEPS && high > low; step++) {
    const [rest, slope] = value(x);
    if (rest === 0) return x;
    if (rest > 0) high = x;
    else low = x;
    const newton = x - rest / slope;
    const next = newton > low && newton < high ? newton : (low + high) / 2;
    if (next === x) return x;
    x = next;
  }
  return x;
}

/** An increasing function of each element, and the log of its derivative. */
export type IncreasingMap = (x: tf.Tensor) => readonly [value: tf.Tensor, logSlope: tf.Tensor];

/** Maximum size of the last step, relative to max(1, |x|): four units in the last place. */
const TOLERANCE = 2 ** -22;
/** Each iteration halves the bracket or the step, and float32 has 254 halvings of its range and 24 of its digits. */
const MOST = 300;
/** The farthest end of a bracket. */
const FARTHEST = 2 ** 127;
/** Bound of log-slopes by which a gradient is divided: beyond, it overflows. */
const STEEPEST = 80;

/**
 * Returns `x` with `f(x) = y` for an increasing f of each element: Newton's method in a bracket. Doubling finds the
 * bracket; a step stays in it, and bisects it if the step is more than half of the previous one, so plateaus and steep
 * regions are safe. It stops when a step is at most 2⁻²² relative to max(1, |x|).
 *
 * Gradients for y, and for all inputs of f, follow the implicit function theorem, `dx = (dy − ∂f)/f′`: the iteration is
 * not on the tape.
 *
 * If no x reaches y, x is beyond ±10³⁷. NaN in, NaN out.
 *
 * @param f of the same shape as its argument; parameters may broadcast against it.
 * @param y any shape.
 * @example
 * // x + x³ = 2
 * const f = (x: tf.Tensor) => [tf.add(x, tf.pow(x, 3)), tf.log1p(tf.mul(3, tf.square(x)))] as const;
 * monotoneInverse(f, tf.tensor1d([2])); // [1]
 * @see Newton's method with bisection as a safeguard: Dahlquist and Björck 2008, Numerical Methods in Scientific
 * Computing
 */
export function monotoneInverse(f: IncreasingMap, y: tf.Tensor): tf.Tensor {
  return tf.tidy(() => {
    const x = withoutGradient(y, (target) => root(f, target));
    // Nothing but a gradient follows.
    if (currentTrace() !== undefined) return x;
    const [value, logSlope] = f(x);
    // 0, with the gradient of the equation.
    const residual = tf.sub(value, y);
    const zero = tf.sub(residual, stopGradient(residual));
    return tf.sub(x, tf.mul(zero, tf.exp(clip(tf.neg(stopGradient(logSlope)), -STEEPEST, STEEPEST))));
  });
}

function root(f: IncreasingMap, target: tf.Tensor): tf.Tensor {
  const start = tf.onesLike(target);
  const low = end(f, target, tf.neg(start));
  const high = end(f, target, start);
  const middle = tf.div(tf.add(low, high), 2);
  const x = tf.where(tf.isNaN(target), target, middle);
  const last = tf.fill(target.shape, Number.POSITIVE_INFINITY);
  const isMoving = (at: tf.Tensor, step: tf.Tensor): tf.Tensor =>
    tf.greater(step, tf.mul(tf.maximum(tf.abs(at), 1), TOLERANCE));
  const pass: LoopBody = (state) => {
    const [at, from, to, before] = state as [tf.Tensor, tf.Tensor, tf.Tensor, tf.Tensor];
    const moves = isMoving(at, before);
    const [value, logSlope] = f(at);
    const error = tf.sub(value, target);
    const isBelow = tf.less(error, 0);
    const nextLow = tf.where(tf.logicalAnd(moves, isBelow), at, from);
    const nextHigh = tf.where(tf.logicalAnd(moves, tf.logicalNot(isBelow)), at, to);
    // To an end of the bracket, not its middle: a root there, or beyond it by a rounding, is found at once.
    const newton = tf.minimum(tf.maximum(tf.sub(at, tf.div(error, tf.exp(logSlope))), nextLow), nextHigh);
    const isShort = tf.lessEqual(tf.abs(tf.sub(newton, at)), tf.div(before, 2));
    const next = tf.where(isShort, newton, tf.add(tf.div(nextLow, 2), tf.div(nextHigh, 2)));
    const isFound = tf.logicalOr(tf.equal(error, 0), tf.logicalNot(moves));
    const x = tf.where(isFound, at, next);
    const step = tf.where(moves, tf.abs(tf.sub(x, at)), before);
    return { state: [x, nextLow, nextHigh, step], goesOn: isMoving(x, step) };
  };
  return iterate([x, low, high, last], pass, MOST)[0] as tf.Tensor;
}

/** For each target a point on one side at which f is beyond it: ±1, ±2, ±4 and so on. */
function end(f: IncreasingMap, target: tf.Tensor, start: tf.Tensor): tf.Tensor {
  const pass: LoopBody = (state) => {
    const [x] = state as [tf.Tensor];
    const isShort = tf.greater(tf.mul(start, tf.sub(target, f(x)[0])), 0);
    const doubles = tf.logicalAnd(isShort, tf.less(tf.abs(x), FARTHEST));
    return { state: [tf.where(doubles, tf.mul(x, 2), x)], goesOn: doubles };
  };
  return iterate([start], pass, MOST)[0] as tf.Tensor;
}

/**
 * The root of a map that is solved in float64 on the host elsewhere, by tensor operations, for where these are written down.
 * A goal that is not finite is its own root.
 */
export function tracedRoot(f: IncreasingMap, goal: tf.Tensor): tf.Tensor {
  return tf.where(tf.isFinite(goal), monotoneInverse(f, goal), goal);
}
