import { disposeParameters, parameter, parameterTree } from "@pushforward/core/extend";
import * as ops from "@pushforward/ops";
import * as tf from "@tensorflow/tfjs-core";
import type { Bijection, Module, Parameter, ParameterTree, Shape, ValueAndLogDet } from "pushforward";

/**
 * The layer of a user, in plain operations of TensorFlow.js, which no fused kernel and no plan knows:
 * `y = sinh(eᵗ (asinh x + s))` for each feature (Jones and Pewsey 2009).
 */
export class SinhArcsinh implements Bijection, Module {
  readonly eventRankIn = 1;
  readonly eventRankOut = 1;
  readonly inverseKind = "analytic";
  private readonly skew: Parameter;
  private readonly logTail: Parameter;

  constructor(features: number) {
    this.skew = parameter([features]);
    this.logTail = parameter([features]);
  }

  forwardShape(eventShape: Shape): Shape {
    return eventShape;
  }

  inverseShape(eventShape: Shape): Shape {
    return eventShape;
  }

  forward(x: tf.Tensor): tf.Tensor {
    return tf.tidy(() => tf.sinh(this.inner(x)));
  }

  inverse(y: tf.Tensor): tf.Tensor {
    return tf.tidy(() => this.solve(y));
  }

  forwardAndLogDet(x: tf.Tensor): ValueAndLogDet {
    return tf.tidy(() => {
      const z = this.inner(x);
      return [tf.sinh(z), this.logSlope(x, z)];
    });
  }

  inverseAndLogDet(y: tf.Tensor): ValueAndLogDet {
    return tf.tidy(() => {
      const x = this.solve(y);
      return [x, tf.neg(this.logSlope(x, tf.asinh(y)))];
    });
  }

  parameters(): ParameterTree {
    return parameterTree({ skew: this.skew, logTail: this.logTail });
  }

  dispose(): void {
    disposeParameters(this.parameters());
  }

  [Symbol.dispose](): void {
    this.dispose();
  }

  private inner(x: tf.Tensor): tf.Tensor {
    return tf.mul(tf.exp(this.logTail.variable), tf.add(tf.asinh(x), this.skew.variable));
  }

  private solve(y: tf.Tensor): tf.Tensor {
    return tf.sinh(tf.sub(tf.mul(tf.asinh(y), tf.exp(tf.neg(this.logTail.variable))), this.skew.variable));
  }

  private logSlope(x: tf.Tensor, z: tf.Tensor): tf.Tensor {
    // cosh overflows in float32 where its logarithm does not.
    const logCosh = tf.sub(tf.sub(ops.softplus(tf.mul(z, 2)), z), Math.LN2);
    const slope = tf.sub(logCosh, tf.mul(tf.log(tf.add(tf.square(x), 1)), 0.5));
    return tf.sum(tf.add(slope, this.logTail.variable), -1);
  }
}
