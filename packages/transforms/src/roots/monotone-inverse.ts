import { clip, stopGradient, withoutGradient } from "@pushforward/ops";
import * as tf from "@tensorflow/tfjs-core";

/** An increasing function of each element, and the log of its derivative. */
export type IncreasingMap = (x: tf.Tensor) => readonly [value: tf.Tensor, logSlope: tf.Tensor];

/** A step is the last one where it is no longer than this, relative to max(1, |x|): four units in the last place. */
const TOLERANCE = 2 ** -22;
/** Each iteration halves the bracket or the step, and float32 has 254 halvings of its range and 24 of its digits. */
const MOST = 300;
/** The farthest end of a bracket. */
const FARTHEST = 2 ** 127;
/** Bound of log-slopes by which a gradient is divided: beyond, it overflows. */
const STEEPEST = 80;

/**
 * `x` with `f(x) = y` for an increasing f of each element: Newton's method, kept in a bracket. The bracket is found, by
 * doubling; a step ends in it, and halves it where it would not be half of the one before, so that plateaus and steep
 * places do no harm. It ends when a step is below 1e-6 relative to max(1, |x|).
 *
 * Gradients for y, and for all that f is computed from, are those of the implicit function, `dx = (dy − ∂f)/f′`: the
 * iteration stays off the tape.
 *
 * Where nothing reaches y, x is beyond ±10³⁷. NaN gives NaN.
 *
 * @param f of the same shape as its argument; parameters may broadcast against it.
 * @param y any shape.
 * @see Newton's method with bisection as a safeguard: Dahlquist and Björck 2008, Numerical Methods in Scientific Computing
 */
export function monotoneInverse(f: IncreasingMap, y: tf.Tensor): tf.Tensor {
  return tf.tidy(() => {
    const x = withoutGradient(y, (target) => tf.tensor(root(f, target), target.shape));
    const [value, logSlope] = f(x);
    // 0, with the gradient of the equation.
    const residual = tf.sub(value, y);
    const zero = tf.sub(residual, stopGradient(residual));
    return tf.sub(x, tf.mul(zero, tf.exp(clip(tf.neg(stopGradient(logSlope)), -STEEPEST, STEEPEST))));
  });
}

/** Values and slopes of f at points of the host. */
type Evaluate = (x: Float32Array) => readonly [value: ArrayLike<number>, slope: ArrayLike<number>];

function root(f: IncreasingMap, y: tf.Tensor): Float32Array {
  const target = y.dataSync() as Float32Array;
  const evaluate: Evaluate = (x) => {
    let found: ReturnType<Evaluate> = [[], []];
    tf.tidy(() => {
      const [value, logSlope] = f(tf.tensor(x, y.shape));
      found = [value.dataSync(), tf.exp(logSlope).dataSync()];
    });
    return found;
  };
  const low = end(evaluate, target, -1);
  const high = end(evaluate, target, 1);
  const x = low.map((v, i) => (Number.isNaN(target[i]) ? Number.NaN : (v + (high[i] as number)) / 2));
  const last = new Float32Array(x.length).fill(Number.POSITIVE_INFINITY);
  for (let i = 0; i < MOST; i++) {
    const [value, slope] = evaluate(x);
    let isMoving = false;
    for (let j = 0; j < x.length; j++) {
      const at = x[j] as number;
      if (!((last[j] as number) > TOLERANCE * Math.max(1, Math.abs(at)))) continue;
      const error = (value[j] as number) - (target[j] as number);
      (error < 0 ? low : high)[j] = at;
      let next = at;
      if (error !== 0) {
        const [from, to] = [low[j] as number, high[j] as number];
        // To an end of the bracket, not its middle: a root there, or beyond it by a rounding, is found at once.
        next = Math.min(Math.max(at - error / (slope[j] as number), from), to);
        if (!(Math.abs(next - at) <= (last[j] as number) / 2)) next = from / 2 + to / 2;
      }
      last[j] = Math.abs(next - at);
      x[j] = next;
      isMoving = true;
    }
    if (!isMoving) break;
  }
  return x;
}

/** For each target a point on one side at which f is beyond it: ±1, ±2, ±4 and so on. */
function end(evaluate: Evaluate, target: Float32Array, start: 1 | -1): Float32Array {
  const x = new Float32Array(target.length).fill(start);
  for (;;) {
    const [value] = evaluate(x);
    let isFound = true;
    for (let j = 0; j < x.length; j++) {
      const short = start * ((target[j] as number) - (value[j] as number));
      if (!(short > 0) || Math.abs(x[j] as number) >= FARTHEST) continue;
      x[j] = 2 * (x[j] as number);
      isFound = false;
    }
    if (isFound) return x;
  }
}
