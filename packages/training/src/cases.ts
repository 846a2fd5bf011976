import {
  AbstractModule,
  asTensor,
  type ConditionalDistribution,
  type Distribution,
  disposeParameters,
  type Key,
  type Module,
  type Parameter,
  type ParameterTree,
  parameter,
  parameterTree,
  type Shape,
  sizeOf,
  type TensorLike,
} from "@pushforward/core";
import * as tf from "@tensorflow/tfjs-core";

const HALF_LOG_TWO_PI = 0.5 * Math.log(2 * Math.PI);

/** log N(x; mean, e^(2 logScale)), elementwise. */
function normalLogProb(x: tf.Tensor, mean: tf.Tensor, logScale: tf.Tensor): tf.Tensor {
  const z = tf.mul(tf.sub(x, mean), tf.exp(tf.neg(logScale)));
  return tf.sub(tf.sub(tf.mul(tf.square(z), -0.5), logScale), HALF_LOG_TWO_PI);
}

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

/** p(x | c) = N(x; network(c)): a conditional density with a network, so that every step is nonlinear. */
export class NetworkDensity implements ConditionalDistribution, Module {
  readonly contextShape: Shape = [1];
  private readonly tree: ParameterTree;

  constructor(hidden: number, key: Key) {
    const [a, b] = key.split();
    this.tree = new Map(
      Object.entries({
        "layers.0.weight": parameter([1, hidden], a.normal(hidden)),
        "layers.0.bias": parameter([hidden]),
        "layers.1.weight": parameter(
          [hidden, 2],
          b.normal(2 * hidden).map((w) => w / Math.sqrt(hidden)),
        ),
        "layers.1.bias": parameter([2]),
      }),
    );
  }

  given(context: TensorLike): Distribution {
    const outputs = (): [tf.Tensor, tf.Tensor] => {
      const p = (path: string): tf.Variable => (this.tree.get(path) as Parameter).variable;
      const h = tf.tanh(
        tf.add(tf.matMul(asTensor(context, "NetworkDensity") as tf.Tensor2D, p("layers.0.weight")), p("layers.0.bias")),
      );
      const [mean, logScale] = tf.split(tf.add(tf.matMul(h, p("layers.1.weight")), p("layers.1.bias")), 2, -1);
      return [mean as tf.Tensor, logScale as tf.Tensor];
    };
    const sample = (): never => {
      throw new Error("NetworkDensity is only trained here.");
    };
    return {
      batchShape: asTensor(context, "NetworkDensity").shape.slice(0, -1),
      eventShape: [1],
      logProb: (x) =>
        tf.tidy(() => {
          const [mean, logScale] = outputs();
          return tf.sum(normalLogProb(asTensor(x, "NetworkDensity.logProb"), mean, logScale), -1);
        }),
      sample,
      sampleAndLogProb: sample,
    };
  }

  parameters(): ParameterTree {
    return this.tree;
  }

  dispose(): void {
    disposeParameters(this.tree);
  }

  [Symbol.dispose](): void {
    this.dispose();
  }
}
