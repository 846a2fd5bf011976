import { stopGradient } from "@pushforward/ops";
import * as tf from "@tensorflow/tfjs-core";

const MOST_STEPS = 100;

/**
 * The a with `a + s tanh a = t`, elementwise, for s ≥ −1, where the left side rises. It lies in `[t − |s|, t + |s|]`; Newton's
 * method keeps within the bracket. The gradient is that of the implicit function: a step of Newton's method from the root has
 * it, `da = (dt − tanh(a) ds) / (1 + s (1 − tanh² a))`.
 *
 * @param t any shape. @param s broadcasts with t.
 */
export function tanhRoot(t: tf.Tensor, s: tf.Tensor): tf.Tensor {
  const scale = tf.add(tf.zerosLike(t), s);
  const [goals, scales] = [t.dataSync(), scale.dataSync()];
  const roots = Float32Array.from(goals, (goal, i) => rootOf(goal, scales[i] as number));
  const root = tf.tensor(roots, t.shape);
  const rise = stopGradient(tf.add(1, tf.mul(scale, tanhSlope(root))));
  const rest = tf.sub(tf.add(root, tf.mul(scale, tf.tanh(root))), t);
  // At s = −1 and a = 0 the left side is flat: there is no step to make.
  return tf.sub(root, tf.div(rest, tf.maximum(rise, FLAT)));
}

const FLAT = 1e-6;

/** `1 − tanh² a = 4 e^(−2|a|) / (1 + e^(−2|a|))²`, which keeps its digits far out. */
export function tanhSlope(a: tf.Tensor): tf.Tensor {
  const e = tf.exp(tf.mul(tf.abs(a), -2));
  return tf.div(tf.mul(e, 4), tf.square(tf.add(e, 1)));
}

/** In float64. */
function rootOf(goal: number, scale: number): number {
  if (!Number.isFinite(goal) || !Number.isFinite(scale)) return goal + scale;
  let [low, high] = [goal - Math.abs(scale), goal + Math.abs(scale)];
  let a = goal;
  for (let step = 0; step < MOST_STEPS && high > low; step++) {
    const tanh = Math.tanh(a);
    const rest = a + scale * tanh - goal;
    if (rest === 0) return a;
    if (rest > 0) high = a;
    else low = a;
    const newton = a - rest / (1 + scale * (1 - tanh * tanh));
    const next = newton > low && newton < high ? newton : (low + high) / 2;
    if (next === a) return a;
    a = next;
  }
  return a;
}
