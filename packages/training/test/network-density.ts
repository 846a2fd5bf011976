import type {
  ConditionalDistribution,
  Distribution,
  Key,
  Module,
  Parameter,
  ParameterTree,
  Shape,
  TensorLike,
} from "@pushforward/core";
import { asTensor, disposeParameters, parameter } from "@pushforward/core/extend";
import * as tf from "@tensorflow/tfjs-core";
import { normalLogProb } from "./normal-log-prob.ts";

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
