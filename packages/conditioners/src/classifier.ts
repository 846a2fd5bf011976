import {
  type Activation,
  type Codec,
  type ConditionalDistribution,
  type Conditioner,
  ContextError,
  type Distribution,
  type Key,
  OptionError,
  type ParameterTree,
  type Shape,
  type TensorLike,
} from "@pushforward/core";
import {
  AbstractModule,
  asTensor,
  checkOptions,
  classCodec,
  field,
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
import { checkInputs, checkSize } from "./check-inputs.ts";
import { ACTIVATIONS } from "./dense-layers.ts";
import { Mlp } from "./dense-network.ts";

/**
 * The probability of a label, 0 or 1, given features: `log p(y | x) = y·l − log(1 + eˡ)` with the logit `l` of a
 * network. If the classifier is trained on draws of p (label 1) and equally many draws of q (label 0), its logit is
 * `log p(x) − log q(x)`.
 *
 * It is a conditional distribution of labels `[1]` given the features, so `train` trains it by its binary
 * cross-entropy, as a plan: `x` of the data are the labels `[n, 1]`, `context` the features `[n, inputSize]`. It owns
 * the network.
 * @example
 * const features = tf.randomNormal([200, 2], 0, 1, "float32", 0);
 * const labels = tf.cast(tf.greater(tf.sum(features, 1, true), 0), "float32");
 * using classifier = new Classifier(new Mlp({ inputSize: 2, outputSize: 1, key: createKey(0) }));
 * await train(classifier, { x: labels, context: features }, { key: createKey(1), maxEpochs: 5 });
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

/** Layout of the elements of a set in a vector, one after the other. */
export interface SetLayout {
  /** The most elements that a set has. */
  readonly elements: number;
  /** Numbers of an element. */
  readonly elementSize: number;
  /**
   * Each number is followed by a missing indicator (1 if missing), as from `MissingMask`. An element with all numbers missing
   * is not in the set, which pads sets of different sizes. Default: false.
   */
  readonly missing?: boolean;
}

/** Length of the vector that stores a set. */
export function setSize({ elements, elementSize, missing = false }: SetLayout): number {
  return elements * elementSize * (missing ? 2 : 1);
}

/** The sets of a batch of vectors. */
export interface SetElements {
  /** `[rows, elements, numbers of an element]`. */
  readonly values: tf.Tensor;
  /** `[rows, 1, elements]`: 1 for a member, 0 for padding; absent where all are members. */
  readonly members?: tf.Tensor;
}

/** Reads sets from vectors `[...batch, setSize]`. */
export function setElements(x: tf.Tensor, layout: SetLayout): SetElements {
  const { elements, elementSize, missing = false } = layout;
  const values = tf.reshape(x, [-1, elements, setSize(layout) / elements]);
  if (!missing) return { values };
  const flags = tf.slice(tf.reshape(x, [-1, elements, elementSize, 2]), [0, 0, 0, 1], [-1, -1, -1, 1]);
  const count = tf.sum(tf.reshape(flags, [-1, 1, elements, elementSize]), -1);
  // All are missing where the count is that of the numbers. A comparison would have no gradient.
  return { values, members: tf.sub(1, tf.relu(tf.sub(count, elementSize - 1))) };
}

/**
 * The mean `[rows, width]` over the members of network outputs per element, `[rows, elements, width]`; with padding, the share
 * of the members is the last column. An empty set has the mean 0.
 */
export function setMean(outputs: tf.Tensor, members: tf.Tensor | undefined): tf.Tensor {
  const [rows, elements, width] = outputs.shape as [number, number, number];
  const weights = members ?? tf.ones([rows, 1, elements]);
  const count = tf.sum(weights, -1, true);
  const sum = tf.reshape(tf.matMul(weights, outputs), [rows, width]);
  const share = tf.reshape(count, [rows, 1]);
  const mean = tf.div(sum, tf.add(share, tf.relu(tf.sub(1, share))));
  return members === undefined ? mean : tf.concat([mean, tf.div(share, elements)], -1);
}

/** Options of {@link DeepSet}. */
export interface DeepSetOptions extends SetLayout {
  readonly outputSize: number;
  /** Numbers that are averaged over the elements. Default: 32. */
  readonly features?: number;
  /** Widths of the hidden layers of both networks. Default: `[64]`. */
  readonly hidden?: readonly number[];
  /** The activation. Default: `"relu"`. */
  readonly activation?: Activation;
  /** Key of the initial weights. Without a key all weights are zero, for a model read from a file. */
  readonly key?: Key;
}

/**
 * A set network (deep sets, Zaheer et al. 2017, arXiv:1703.06114): `g(mean_i f(x_i))`, with a network f of each element
 * and a network g of the mean. It is invariant to the order of the elements, as for independent observations of a
 * single experiment.
 *
 * With `missing`, sets may have different sizes, and g also reads the share of present elements.
 *
 * Shapes: x `[...batch, elements · elementSize]`, doubled with `missing`; outputs `[...batch, outputSize]`.
 * @example
 * // 20 observations of 2 numbers each.
 * const net = new DeepSet({ elements: 20, elementSize: 2, outputSize: 8, key: createKey(0) });
 * const outputs = net.apply(tf.zeros([5, 40])); // → shape [5, 8]
 */
export class DeepSet extends AbstractModule implements Conditioner {
  readonly inputSize: number;
  readonly outputSize: number;
  readonly contextSize = 0;
  readonly elements: number;
  readonly elementSize: number;
  readonly missing: boolean;
  readonly features: number;
  readonly hidden: readonly number[];
  readonly activation: Activation;
  private readonly inner: Mlp;
  private readonly outer: Mlp;

  /** @throws {OptionError} a size is not a positive integer. */
  constructor(given: DeepSetOptions) {
    checkOptions("DeepSet", given, {
      elements: true,
      elementSize: true,
      missing: true,
      outputSize: true,
      features: true,
      hidden: true,
      activation: true,
      key: true,
    });
    const { elements, elementSize, outputSize, ...options } = given;
    super();
    const { missing = false, features = 32, hidden = [64], activation = "relu", key } = options;
    checkSize("DeepSet", "elements", elements);
    checkSize("DeepSet", "elementSize", elementSize);
    checkSize("DeepSet", "outputSize", outputSize);
    checkSize("DeepSet", "features", features);
    this.elements = elements;
    this.elementSize = elementSize;
    this.missing = missing;
    this.inputSize = setSize(this);
    this.outputSize = outputSize;
    this.features = features;
    this.hidden = [...hidden];
    this.activation = activation;
    const common = { hidden, activation, layout: { start: "uniform" } } as const;
    this.inner = new Mlp({
      ...common,
      inputSize: this.inputSize / elements,
      outputSize: features,
      ...(key && { key: key.fold("inner") }),
    });
    this.outer = new Mlp({
      ...common,
      inputSize: features + (missing ? 1 : 0),
      outputSize,
      ...(key && { key: key.fold("outer") }),
    });
  }

  /** `[...batch, inputSize]` → `[...batch, outputSize]`. */
  apply(x: tf.Tensor, context?: tf.Tensor): tf.Tensor {
    checkInputs("DeepSet.apply", this, x, context);
    return tf.tidy(() => {
      const { values, members } = setElements(x, this);
      const outputs = this.outer.apply(setMean(this.inner.apply(values), members));
      return tf.reshape(outputs, [...x.shape.slice(0, -1), this.outputSize]);
    });
  }

  override parameters(): ParameterTree {
    return parameterTree({ inner: this.inner, outer: this.outer });
  }
}

/** Model-file codec of {@link DeepSet}: `pushforward/deep-set`. */
export const deepSetCodec: Codec<DeepSet> = classCodec("pushforward/deep-set", DeepSet, {
  elements: field.count(),
  elementSize: field.count(),
  missing: field.boolean(),
  outputSize: field.count(),
  features: field.count(),
  hidden: field.counts(),
  activation: field.oneOf(...ACTIVATIONS),
});
