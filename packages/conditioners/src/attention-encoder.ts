import {
  type Codec,
  type Conditioner,
  type Key,
  OptionError,
  type Parameter,
  type ParameterTree,
} from "@pushforward/core";
import { AbstractModule, checkOptions, classCodec, field, parameter, parameterTree } from "@pushforward/core/extend";
import * as tf from "@tensorflow/tfjs-core";
import { checkInputs, checkSize } from "./check-inputs.ts";
import { type SetLayout, setElements, setMean, setSize } from "./classifier.ts";
import { Mlp } from "./dense-network.ts";
import { linearMap } from "./linear-map.ts";

const EPSILON = 1e-5;

/** Numbers of mean 0 and variance 1 along the last axis, times a gain plus a bias (Ba et al. 2016, arXiv:1607.06450). */
class LayerNorm extends AbstractModule {
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

/** Added to the scores of hidden elements. */
const HIDDEN = -1e9;

/**
 * A block of a transformer, `h ← h + attention(norm(h))`, `h ← h + network(norm(h))`, with queries, keys and values of every
 * element for each head, `softmax(q·kᵀ/√d)·v`.
 */
class AttentionBlock extends AbstractModule {
  private readonly heads: number;
  private readonly attentionNorm: LayerNorm;
  private readonly query: Mlp;
  private readonly key: Mlp;
  private readonly value: Mlp;
  private readonly mixed: Mlp;
  private readonly networkNorm: LayerNorm;
  private readonly network: Mlp;

  constructor(width: number, heads: number, key: Key | undefined) {
    super();
    this.heads = heads;
    this.attentionNorm = new LayerNorm(width);
    this.query = linearMap(width, width, key?.fold("query"));
    this.key = linearMap(width, width, key?.fold("key"));
    this.value = linearMap(width, width, key?.fold("value"));
    this.mixed = linearMap(width, width, key?.fold("mixed"));
    this.networkNorm = new LayerNorm(width);
    this.network = new Mlp({
      inputSize: width,
      outputSize: width,
      hidden: [2 * width],
      activation: "silu",
      layout: { start: "uniform" },
      ...(key && { key: key.fold("network") }),
    });
  }

  /**
   * Maps `[rows, elements, width]` to the same shape. Attention ignores elements that are not `members`,
   * `[rows, 1, elements]`.
   */
  apply(h: tf.Tensor, members: tf.Tensor | undefined): tf.Tensor {
    const attended = tf.add(h, this.attention(this.attentionNorm.apply(h), members));
    return tf.add(attended, this.network.apply(this.networkNorm.apply(attended)));
  }

  override parameters(): ParameterTree {
    const { attentionNorm, query, key, value, mixed, networkNorm, network } = this;
    return parameterTree({ attentionNorm, query, key, value, mixed, networkNorm, network });
  }

  private attention(h: tf.Tensor, members: tf.Tensor | undefined): tf.Tensor {
    const [rows, elements, width] = h.shape as [number, number, number];
    const { heads } = this;
    const size = width / heads;
    const byHead = (z: tf.Tensor): tf.Tensor =>
      tf.reshape(tf.transpose(tf.reshape(z, [rows, elements, heads, size]), [0, 2, 1, 3]), [-1, elements, size]);
    const [query, key, value] = [this.query, this.key, this.value].map((map) => byHead(map.apply(h))) as [
      tf.Tensor,
      tf.Tensor,
      tf.Tensor,
    ];
    let scores = tf.div(tf.matMul(query, key, false, true), Math.sqrt(size));
    if (members) {
      const bias = tf.mul(tf.sub(1, members), HIDDEN);
      scores = tf.add(tf.reshape(scores, [rows, heads, elements, elements]), tf.expandDims(bias, 1));
      scores = tf.reshape(scores, [-1, elements, elements]);
    }
    const mean = tf.reshape(tf.matMul(tf.softmax(scores), value), [rows, heads, elements, size]);
    return this.mixed.apply(tf.reshape(tf.transpose(mean, [0, 2, 1, 3]), [rows, elements, width]));
  }
}

/** Options of {@link AttentionEncoder}. */
export interface AttentionEncoderOptions extends SetLayout {
  readonly outputSize: number;
  /** Number of features of an element inside the network. Default: 32. */
  readonly width?: number;
  /** Heads of attention, a divisor of the width. Default: 4. */
  readonly heads?: number;
  /** Number of blocks. Default: 2. */
  readonly blocks?: number;
  /** The sequence of the elements matters, as in a series: a learned vector is added for each place. Default: false. */
  readonly positions?: boolean;
  /** Key of the initial weights. Without a key all weights are zero, for a model read from a file. */
  readonly key?: Key;
}

/** Where the vectors of the places start. */
const POSITION_START = 0.1;

/**
 * A transformer encoder (Vaswani et al. 2017, arXiv:1706.03762), normalized before each part of a block (Xiong et al.
 * 2020, arXiv:2002.04745). Every element attends to all other elements, and the mean over the elements is mapped to the
 * outputs. Without `positions` it is a set network, in which the order of the elements does not matter.
 *
 * With `missing`, attention ignores missing elements.
 *
 * Shapes: x `[...batch, elements · elementSize]`, doubled with `missing`; outputs `[...batch, outputSize]`.
 * @example
 * const net = new AttentionEncoder({ elements: 20, elementSize: 2, outputSize: 8, key: createKey(0) });
 * const outputs = net.apply(tf.zeros([5, 40])); // → shape [5, 8]
 */
export class AttentionEncoder extends AbstractModule implements Conditioner {
  readonly inputSize: number;
  readonly outputSize: number;
  readonly contextSize = 0;
  readonly elements: number;
  readonly elementSize: number;
  readonly missing: boolean;
  readonly width: number;
  readonly heads: number;
  readonly blocks: number;
  readonly positions: boolean;
  private readonly entry: Mlp;
  private readonly places: Parameter | undefined;
  private readonly layers: readonly AttentionBlock[];
  private readonly norm: LayerNorm;
  private readonly exit: Mlp;

  /** @throws {OptionError} a size is not a positive integer, or heads do not divide the width. */
  constructor(given: AttentionEncoderOptions) {
    checkOptions("AttentionEncoder", given, {
      elements: true,
      elementSize: true,
      missing: true,
      outputSize: true,
      width: true,
      heads: true,
      blocks: true,
      positions: true,
      key: true,
    });
    const { elements, elementSize, outputSize, ...options } = given;
    super();
    const { missing = false, width = 32, heads = 4, blocks = 2, positions = false, key } = options;
    for (const [name, size] of Object.entries({ elements, elementSize, outputSize, width, heads, blocks })) {
      checkSize("AttentionEncoder", name, size);
    }
    if (width % heads !== 0) {
      throw new OptionError(`AttentionEncoder: expected heads that divide the width ${width}, got ${heads}.`);
    }
    this.elements = elements;
    this.elementSize = elementSize;
    this.missing = missing;
    this.inputSize = setSize(this);
    this.outputSize = outputSize;
    this.width = width;
    this.heads = heads;
    this.blocks = blocks;
    this.positions = positions;
    this.entry = linearMap(this.inputSize / elements, width, key?.fold("entry"));
    const start =
      key &&
      (() =>
        key
          .fold("places")
          .normal(elements * width)
          .map((value) => POSITION_START * value));
    this.places = positions ? parameter([elements, width], start) : undefined;
    this.layers = Array.from({ length: blocks }, (_, i) => new AttentionBlock(width, heads, key?.fold(`blocks.${i}`)));
    this.norm = new LayerNorm(width);
    this.exit = linearMap(width + (missing ? 1 : 0), outputSize, key?.fold("exit"));
  }

  /** `[...batch, inputSize]` → `[...batch, outputSize]`. */
  apply(x: tf.Tensor, context?: tf.Tensor): tf.Tensor {
    checkInputs("AttentionEncoder.apply", this, x, context);
    return tf.tidy(() => {
      const { values, members } = setElements(x, this);
      let h = this.entry.apply(values);
      if (this.places) h = tf.add(h, this.places.variable);
      for (const block of this.layers) h = block.apply(h, members);
      const outputs = this.exit.apply(setMean(this.norm.apply(h), members));
      return tf.reshape(outputs, [...x.shape.slice(0, -1), this.outputSize]);
    });
  }

  override parameters(): ParameterTree {
    const { entry, places, layers, norm, exit } = this;
    return parameterTree({ entry, places, layers, norm, exit });
  }
}

/** Model-file codec of {@link AttentionEncoder}: `pushforward/attention-encoder`. */
export const attentionEncoderCodec: Codec<AttentionEncoder> = classCodec(
  "pushforward/attention-encoder",
  AttentionEncoder,
  {
    elements: field.count(),
    elementSize: field.count(),
    missing: field.boolean(),
    outputSize: field.count(),
    width: field.count(),
    heads: field.count(),
    blocks: field.count(),
    positions: field.boolean(),
  },
);
