import type { Shape } from "@pushforward/core";
import * as tf from "@tensorflow/tfjs-core";

const STEPS = 2200;

/**
 * The x with `cdf(x) = u` for 0 < u < 1, by bisection to the last bit of float64. It takes at most one step per bit at
 * any scale, because it bisects the exponent first. Without bounds it searches for a bracket.
 *
 * @param start a number inside of the support, near the mass.
 * @param scale width of the mass, for the first guess of a bracket.
 */
export function invertCdf(
  cdf: (x: number) => number,
  u: number,
  { ends: [low, high], start, scale }: { ends: readonly [number, number]; start: number; scale: number },
): number {
  let [below, above] = [low, high];
  for (let step = scale; below === Number.NEGATIVE_INFINITY; step *= 4) {
    if (!(cdf(start - step) > u)) below = start - step;
  }
  for (let step = scale; above === Number.POSITIVE_INFINITY; step *= 4) {
    if (cdf(start + step) >= u) above = start + step;
  }
  for (let i = 0; i < STEPS; i++) {
    const middle = between(below, above);
    if (!(middle > below && middle < above)) break;
    if (cdf(middle) >= u) above = middle;
    else below = middle;
  }
  return above;
}

/** The geometric mean of distant numbers of equal sign, otherwise the arithmetic mean. */
function between(below: number, above: number): number {
  const [near, far] = below >= 0 ? [below, above] : above <= 0 ? [above, below] : [0, 0];
  const middle = (below + above) / 2;
  if (Math.abs(far) <= 4 * Math.abs(near) || far === 0) return middle;
  const smallest = Math.max(Math.abs(near), 1e-308);
  return Math.sign(far) * Math.sqrt(smallest) * Math.sqrt(Math.abs(far));
}

/**
 * Attaches a gradient with respect to a tensor, known on the host, to log-densities. The values do not change.
 *
 * @param tensor a parameter, which broadcasts to `shape`.
 * @param shape shape of the log-densities, optionally followed by the axes of the numbers in each log-density.
 * @param slopes returns the derivatives, `shape`; called only if a gradient is requested.
 */
export function withSlopes(logProb: tf.Tensor, tensor: tf.Tensor, shape: Shape, slopes: () => Float32Array): tf.Tensor {
  const inner = shape.slice(logProb.rank).map(() => 1);
  const zeros = tf.customGrad((parameter) => ({
    value: tf.zerosLike(logProb),
    gradFunc: (upstream: tf.Tensor) => {
      const wide = tf.reshape(upstream, [...logProb.shape, ...inner]);
      return tf.mul(tf.tensor(slopes(), (parameter as tf.Tensor).shape), wide);
    },
  }));
  return tf.add(logProb, zeros(tf.add(tensor, tf.zeros([...shape]))));
}
