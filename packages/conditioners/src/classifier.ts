import {
  type ConditionalDistribution,
  type Conditioner,
  ContextError,
  type Distribution,
  type Key,
  OptionError,
  type ParameterTree,
  type Shape,
  ShapeError,
  type TensorLike,
} from "@pushforward/core";
import {
  AbstractModule,
  asTensor,
  formatShape,
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
    const shape: Shape = tf.tidy(() => [...asTensor(features, "Classifier.given").shape]);
    if (shape.at(-1) !== this.network.inputSize) {
      throw new ContextError(
        `Classifier.given: expected features of shape [..., ${this.network.inputSize}], got ${formatShape(shape)}.`,
      );
    }
    return new Label(this, features, shape.slice(0, -1));
  }

  lower(plan: PlanBuilder, value: PlanMatrix, context?: PlanMatrix): readonly PlanMatrix[] {
    return [bernoulliLogProbStep(plan, value, lowerConditioner(this.network, plan, context as PlanMatrix))];
  }

  override parameters(): ParameterTree {
    return parameterTree({ network: this.network });
  }
}

/** Labels `[1]` at some features. */
class Label implements Distribution {
  readonly batchShape: Shape;
  readonly eventShape: Shape = [1];
  private readonly classifier: Classifier;
  private readonly features: TensorLike;

  constructor(classifier: Classifier, features: TensorLike, batchShape: Shape) {
    this.classifier = classifier;
    this.features = features;
    this.batchShape = batchShape;
  }

  logProb(x: TensorLike): Tensor {
    return tf.tidy(() => {
      const labels = asTensor(x, "Classifier.given(…).logProb");
      if (labels.shape.at(-1) !== 1) {
        throw new ShapeError(
          `Classifier.given(…).logProb: expected labels of shape [..., 1], got ${formatShape(labels.shape)}.`,
        );
      }
      return bernoulliLogProb(tf.squeeze(labels, [-1]), this.classifier.logits(this.features));
    });
  }

  sample(key: Key, sampleShape: Shape = []): Tensor {
    return tf.tidy(() => {
      const batch = [...sampleShape, ...this.batchShape];
      const uniforms = tf.tensor(key.uniform(sizeOf(batch)), batch);
      const probabilities = tf.sigmoid(this.classifier.logits(this.features));
      return tf.expandDims(tf.cast(tf.less(uniforms, probabilities), "float32"), -1);
    });
  }

  sampleAndLogProb(key: Key, sampleShape: Shape = []): [Tensor, Tensor] {
    return tf.tidy(() => {
      const labels = this.sample(key, sampleShape);
      return [labels, this.logProb(labels)];
    });
  }
}
