import type { Parameter, ParameterTree } from "@pushforward/core";
import { AbstractModule, parameter, parameterTree } from "@pushforward/core/extend";
import * as tf from "@tensorflow/tfjs-core";

const EPSILON = 1e-5;

/** Numbers of mean 0 and variance 1 along the last axis, times a gain plus a bias (Ba et al. 2016, arXiv:1607.06450). */
export class LayerNorm extends AbstractModule {
  private readonly gain: Parameter;
  private readonly bias: Parameter;

  constructor(width: number) {
    super();
    this.gain = parameter([width], () => new Float32Array(width).fill(1));
    this.bias = parameter([width]);
  }

  apply(x: tf.Tensor): tf.Tensor {
    const centered = tf.sub(x, tf.mean(x, -1, true));
    const sd = tf.sqrt(tf.add(tf.mean(tf.square(centered), -1, true), EPSILON));
    return tf.add(tf.mul(tf.div(centered, sd), this.gain.variable), this.bias.variable);
  }

  override parameters(): ParameterTree {
    return parameterTree({ gain: this.gain, bias: this.bias });
  }
}
