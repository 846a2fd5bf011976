import type { Distribution, Shape } from "@pushforward/core";
import * as tf from "@tensorflow/tfjs-core";

/**
 * What turns the outputs of a network into the parameters of a distribution: one of `UnivariateHead`, `CategoricalHead`, or an
 * object of one's own with these members. To be saved, a head of one's own needs a codec.
 *
 * @example
 * const head: DistributionHead<TruncatedNormal> = {
 *   eventShape: [1],
 *   parameterCount: 2,
 *   bind(raw) {
 *     const [location, logScale] = tf.split(raw, 2, -1) as [tf.Tensor, tf.Tensor];
 *     return new TruncatedNormal({ location, scale: tf.exp(logScale), low: [0] });
 *   },
 * };
 */
export interface DistributionHead<D extends Distribution = Distribution> {
  /** Shape of the events. */
  readonly eventShape: Shape;
  /** Number of outputs of the network. */
  readonly parameterCount: number;
  /**
   * The distribution with batch shape `[...batch]` for outputs `[...batch, parameterCount]`, which may be any finite numbers; zeros should
   * give a standard distribution. Gradients of its log-density flow into the outputs. Called within `tf.tidy`.
   */
  bind(raw: tf.Tensor): D;
}

/** True for a value with the members of a {@link DistributionHead}; a family of bijections has others. */
export function isDistributionHead(value: unknown): value is DistributionHead {
  return typeof value === "object" && value !== null && "bind" in value && "eventShape" in value;
}

/** The parts of the last axis, of these widths. TensorFlow.js has no gradient of a split into one part. */
export function splitOutputs(raw: tf.Tensor, widths: readonly number[]): tf.Tensor[] {
  return widths.length === 1 ? [raw] : tf.split(raw, [...widths], -1);
}
