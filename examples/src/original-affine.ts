import * as tf from "@tensorflow/tfjs-core";
import {
  type Bijection,
  DomainError,
  type Module,
  type Parameter,
  type ParameterTree,
  type Shape,
  type ValueAndLogDet,
} from "pushforward";
import { disposeParameters, parameter, parameterTree } from "pushforward/extend";

/**
 * The `AffineElementwiseTransform` of the original project, written as a user would: `x = scale · u + loc`, both starting
 * at 1. The scale is a free number, and the density fails as soon as a step takes it to 0 or below; `AffineElementwise`
 * of this library can't get there.
 */
export class OriginalAffine implements Bijection, Module {
  readonly eventRankIn = 1;
  readonly eventRankOut = 1;
  readonly inverseKind = "analytic";
  private readonly loc: Parameter;
  private readonly scale: Parameter;

  constructor(features: number) {
    this.loc = parameter([features], new Float32Array(features).fill(1));
    this.scale = parameter([features], new Float32Array(features).fill(1));
  }

  forwardShape(eventShape: Shape): Shape {
    return eventShape;
  }

  inverseShape(eventShape: Shape): Shape {
    return eventShape;
  }

  forward(x: tf.Tensor): tf.Tensor {
    return tf.tidy(() => tf.add(tf.mul(x, this.scale.variable), this.loc.variable));
  }

  inverse(y: tf.Tensor): tf.Tensor {
    return tf.tidy(() => tf.div(tf.sub(y, this.loc.variable), this.scale.variable));
  }

  forwardAndLogDet(x: tf.Tensor): ValueAndLogDet {
    return tf.tidy(() => [this.forward(x), tf.add(tf.zeros(x.shape.slice(0, -1)), this.logDet())]);
  }

  inverseAndLogDet(y: tf.Tensor): ValueAndLogDet {
    return tf.tidy(() => [this.inverse(y), tf.sub(tf.zeros(y.shape.slice(0, -1)), this.logDet())]);
  }

  parameters(): ParameterTree {
    return parameterTree({ loc: this.loc, scale: this.scale });
  }

  dispose(): void {
    disposeParameters(this.parameters());
  }

  [Symbol.dispose](): void {
    this.dispose();
  }

  private logDet(): tf.Tensor {
    if (this.scale.read().some((scale) => scale <= 0)) {
      throw new DomainError("OriginalAffine: expected a positive scale, got another. Lower the learning rate.");
    }
    return tf.sum(tf.log(this.scale.variable));
  }
}
