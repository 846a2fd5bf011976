import type { Activation, Codec, Conditioner, Key, ParameterTree } from "@pushforward/core";
import { AbstractModule, checkOptions, classCodec, field, parameterTree } from "@pushforward/core/extend";
import * as tf from "@tensorflow/tfjs-core";
import { ACTIVATIONS } from "./activations.ts";
import { checkInputs } from "./check-inputs.ts";
import { checkSize } from "./check-size.ts";
import { Mlp } from "./mlp.ts";
import { type SetLayout, setElements, setMean, setSize } from "./set-elements.ts";

/** Options of {@link DeepSet}. */
export interface DeepSetOptions extends SetLayout {
  readonly outputSize: number;
  /** Numbers that are averaged over the elements. Default: 32. */
  readonly features?: number;
  /** Widths of the hidden layers of both networks. Default: `[64]`. */
  readonly hidden?: readonly number[];
  /** The activation. Default: `"relu"`. */
  readonly activation?: Activation;
  /** Where the initial weights come from; without one they are all zero, for a model read from a file. */
  readonly key?: Key;
}

/**
 * A network of sets (deep sets, Zaheer et al. 2017, arXiv:1703.06114): `g(mean_i f(x_i))`, with a network f of each element
 * and a network g of what is averaged. The sequence of the elements does not matter, as for independent observations of one
 * experiment.
 *
 * With `missing` sets may have different sizes, and g is also told the share of the elements that are there.
 *
 * Shapes: x `[...batch, elements · elementSize]`, twice as many with `missing`; outputs `[...batch, outputSize]`.
 *
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
