import type { Distribution, Key, Parameter, ParameterTree, Shape, TensorLike } from "@pushforward/core";
import { AbstractModule, asTensor, parameter, parameterTree, sizeOf } from "@pushforward/core/extend";
import * as tf from "@tensorflow/tfjs-core";
import { normalLogProb } from "./normal-log-prob.ts";

/** A learnable normal with independent columns: the smallest model with a known optimum. */
export class Gaussian extends AbstractModule implements Distribution {
  readonly batchShape: Shape = [];
  readonly eventShape: Shape;
  readonly mean: Parameter;
  readonly logScale: Parameter;
  /** Never used: a parameter without a gradient. */
  readonly idle: Parameter = parameter([2], [1, 2]);
  readonly buffer: Parameter = parameter([1], [7], { trainable: false });

  constructor(features: number, mean?: readonly number[], logScale?: readonly number[]) {
    super();
    this.eventShape = [features];
    this.mean = parameter([features], mean);
    this.logScale = parameter([features], logScale);
  }

  logProb(x: TensorLike): tf.Tensor {
    return tf.tidy(() =>
      tf.sum(normalLogProb(asTensor(x, "Gaussian.logProb"), this.mean.variable, this.logScale.variable), -1),
    );
  }

  sample(key: Key, sampleShape: Shape = []): tf.Tensor {
    const shape = [...sampleShape, ...this.eventShape];
    return tf.tidy(() => {
      const noise = tf.tensor(key.normal(sizeOf(shape)), shape);
      return tf.add(tf.mul(noise, tf.exp(this.logScale.variable)), this.mean.variable);
    });
  }

  sampleAndLogProb(key: Key, sampleShape: Shape = []): [tf.Tensor, tf.Tensor] {
    const sample = this.sample(key, sampleShape);
    return [sample, this.logProb(sample)];
  }

  override parameters(): ParameterTree {
    return parameterTree({ mean: this.mean, logScale: this.logScale, idle: this.idle, buffer: this.buffer });
  }
}
