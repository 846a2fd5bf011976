import {
  type ConditionalDistribution,
  type Conditioner,
  ContextError,
  type Distribution,
  OptionError,
  type ParameterTree,
  type Shape,
  type TensorLike,
} from "@pushforward/core";
import {
  AbstractModule,
  asTensor,
  formatShape,
  GivenContext,
  lowerConditioner,
  type PlanBuilder,
  type PlanMatrix,
  parameterTree,
  sizeOf,
} from "@pushforward/core/extend";
import { bernoulliLogProb, bernoulliLogProbStep } from "@pushforward/ops";
import type { Tensor } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";

/**
 * The probability of a label, 0 or 1, given features: `log p(y | x) = y·l − log(1 + eˡ)` with the logit `l` of a network.
 * The logit of a classifier that tells draws of p (label 1) from as many of q (label 0) is `log p(x) − log q(x)`.
 *
 * It is a conditional distribution of labels `[1]` given the features, so `train` trains it by its binary cross-entropy,
 * as a plan: `x` of the data are the labels `[n, 1]`, `context` the features `[n, inputSize]`. It owns the network.
 *
 * @example
 * const features = tf.randomNormal([200, 2], 0, 1, "float32", 0);
 * const labels = tf.cast(tf.greater(tf.sum(features, 1, true), 0), "float32");
 * using classifier = new Classifier(new Mlp({ inputSize: 2, outputSize: 1, key: createKey(0) }));
 * await train(classifier, { x: labels, context: features }, { key: createKey(1), epochs: 5 });
 * const probability = tf.sigmoid(classifier.logits(features)); // → shape [200]
 */
export class Classifier extends AbstractModule implements ConditionalDistribution {
  readonly network: Conditioner;
  readonly contextShape: Shape;

  /** @throws {OptionError} the network has more than one output. */
  constructor(network: Conditioner) {
    super();
    if (network.outputSize !== 1) {
      throw new OptionError(`Classifier: expected a network with one output, the logit, got ${network.outputSize}.`);
    }
    this.network = network;
    this.contextShape = [network.inputSize];
  }

  /** Logits `[...batch]` of features `[...batch, inputSize]`. */
  logits(features: TensorLike): Tensor {
    return tf.tidy(() => {
      const x = asTensor(features, "Classifier.logits");
      if (x.shape.at(-1) !== this.network.inputSize) {
        throw new ContextError(
          `Classifier.logits: expected features of shape [..., ${this.network.inputSize}], got ${formatShape(x.shape)}.`,
        );
      }
      return tf.squeeze(this.network.apply(x), [-1]);
    });
  }

  /** The distribution of the label at some features; see `ConditionalDistribution`. */
  given(features: TensorLike): Distribution {
    return new GivenContext(features, {
      ...{ where: "Classifier", contextShape: this.contextShape, eventShape: [1] },
      logProb: (labels, at) => bernoulliLogProb(tf.squeeze(labels, [-1]), this.logits(at.context)),
      sample: (key, sampleShape, at) => {
        const batch = [...sampleShape, ...at.batchShape];
        const uniforms = tf.tensor(key.uniform(sizeOf(batch)), batch);
        const probabilities = tf.sigmoid(this.logits(at.context));
        return tf.expandDims(tf.cast(tf.less(uniforms, probabilities), "float32"), -1);
      },
    });
  }

  lower(plan: PlanBuilder, value: PlanMatrix, context?: PlanMatrix): readonly PlanMatrix[] {
    return [bernoulliLogProbStep(plan, value, lowerConditioner(this.network, plan, context as PlanMatrix))];
  }

  override parameters(): ParameterTree {
    return parameterTree({ network: this.network });
  }
}
