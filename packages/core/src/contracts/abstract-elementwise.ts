import * as tf from "@tensorflow/tfjs-core";
import { AbstractBijection } from "./abstract-bijection.ts";

/**
 * Base class of elementwise bijections: `forwardMap` and `inverseMap` return the value with the log-derivative per element,
 * which the base class sums over an event. A number is a constant log-derivative.
 *
 * @example
 * class Exp extends AbstractElementwise {
 *   constructor() {
 *     super("Exp");
 *   }
 *   protected forwardMap(x: tf.Tensor): MapResult {
 *     return [tf.exp(x), x];
 *   }
 *   protected inverseMap(y: tf.Tensor): MapResult {
 *     const x = tf.log(y);
 *     return [x, tf.neg(x)];
 *   }
 * }
 * new Exp().inverse(tf.tensor1d([1, Math.E])); // → [0, 1]
 */
export abstract class AbstractElementwise extends AbstractBijection {
  protected override logDetOf(logDerivative: tf.Tensor | number, x: tf.Tensor): tf.Tensor {
    const rank = this.eventRankIn;
    if (typeof logDerivative === "number") {
      const size = x.shape.slice(x.rank - rank).reduce((a, b) => a * b, 1);
      return super.logDetOf(size * logDerivative, x);
    }
    if (rank === 0) return super.logDetOf(logDerivative, x);
    // Parameters of an event without batch axes give one log-derivative for each of its elements.
    const axes = Array.from({ length: rank }, (_, i) => logDerivative.rank - rank + i);
    return super.logDetOf(tf.sum(logDerivative, axes), x);
  }
}
