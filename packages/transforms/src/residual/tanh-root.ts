import { currentTrace } from "@pushforward/core/extend";
import { stopGradient } from "@pushforward/ops";
import * as tf from "@tensorflow/tfjs-core";
import { bracketedRoot, type IncreasingMap, tracedRoot } from "../roots.ts";

/**
 * Solves `a + s tanh a = t` for a, elementwise, for s ≥ −1, where the left side increases. The solution is in `[t −
 * |s|, t + |s|]`, and Newton's method stays within this bracket. The gradient is the gradient of the implicit function,
 * obtained by one Newton step from the root: `da = (dt − tanh(a) ds) / (1 + s (1 − tanh² a))`.
 *
 * @param t any shape. @param s broadcasts with t.
 */
export function tanhRoot(t: tf.Tensor, s: tf.Tensor): tf.Tensor {
  const scale = tf.add(tf.zerosLike(t), s);
  const root = currentTrace() === undefined ? byHost(t, scale) : tracedRoot(riseOf(scale), t);
  const rise = stopGradient(tf.add(1, tf.mul(scale, tanhSlope(root))));
  const rest = tf.sub(tf.add(root, tf.mul(scale, tf.tanh(root))), t);
  // At s = −1 and a = 0 the left side is flat: there is no step to make.
  return tf.sub(root, tf.div(rest, tf.maximum(rise, FLAT)));
}

const FLAT = 1e-6;

function byHost(t: tf.Tensor, scale: tf.Tensor): tf.Tensor {
  const [goals, scales] = [t.dataSync(), scale.dataSync()];
  return tf.tensor(
    Float32Array.from(goals, (goal, i) => rootOf(goal, scales[i] as number)),
    t.shape,
  );
}

function riseOf(scale: tf.Tensor): IncreasingMap {
  return (a) => [tf.add(a, tf.mul(scale, tf.tanh(a))), tf.log(tf.add(1, tf.mul(scale, tanhSlope(a))))];
}

/** `1 − tanh² a = 4 e^(−2|a|) / (1 + e^(−2|a|))²`, which keeps its digits for large |a|. */
export function tanhSlope(a: tf.Tensor): tf.Tensor {
  const e = tf.exp(tf.mul(tf.abs(a), -2));
  return tf.div(tf.mul(e, 4), tf.square(tf.add(e, 1)));
}

/** In float64. */
function rootOf(goal: number, scale: number): number {
  if (!Number.isFinite(goal) || !Number.isFinite(scale)) return goal + scale;
  return bracketedRoot(
    (a) => {
      const tanh = Math.tanh(a);
      return [a + scale * tanh - goal, 1 + scale * (1 - tanh * tanh)];
    },
    goal - Math.abs(scale),
    goal + Math.abs(scale),
  );
}
