import {
  type Activation,
  type Codec,
  type Conditioner,
  ContextError,
  type Key,
  OptionError,
  type ParameterTree,
  ShapeError,
} from "@pushforward/core";
import {
  AbstractModule,
  broadcastShapes,
  checkOptions,
  classCodec,
  field,
  parameterTree,
} from "@pushforward/core/extend";
import { formatShape } from "@pushforward/core/plain";
import { activate, patches, sumPatches } from "@pushforward/ops";
import * as tf from "@tensorflow/tfjs-core";
import { checkContext, checkInputs, checkKernelSize, checkSize } from "./check-inputs.ts";
import { ACTIVATIONS } from "./dense-layers.ts";
import { Mlp } from "./dense-network.ts";
import { linearMap } from "./linear-map.ts";

const KERNEL = 3;
const CHANNELS = [16, 32];

/** Options of {@link ConvEncoder}. */
export interface ConvEncoderOptions {
  /** A series `[length, channels]`, or an image `[height, width, channels]`. */
  readonly shape: readonly number[];
  readonly outputSize: number;
  /** Channels of each convolution; each is followed by a mean over two places of each axis. Default: `[16, 32]`. */
  readonly channels?: readonly number[];
  /** Side length of the kernels, an odd number. Default: 3. */
  readonly kernelSize?: number;
  /** Widths of the hidden layers after the convolutions. Default: `[64]`. */
  readonly hidden?: readonly number[];
  /** The activation. Default: `"relu"`. */
  readonly activation?: Activation;
  /** Key of the initial weights. Without a key all weights are zero, for a model read from a file. */
  readonly key?: Key;
}

/**
 * A convolutional network that turns a series or an image into a few numbers (LeCun et al. 1998): convolutions, each with an
 * activation and a mean over neighbors that halves every axis, and a network of all that is left. Outside of the data there
 * are zeros.
 *
 * Shapes: x `[...batch, size]` with the places one after the other, the channels of a place side by side; outputs
 * `[...batch, outputSize]`.
 *
 * @example
 * const series = new ConvEncoder({ shape: [100, 1], outputSize: 8, key: createKey(0) });
 * series.apply(tf.zeros([5, 100])); // → shape [5, 8]
 * const image = new ConvEncoder({ shape: [8, 8, 3], outputSize: 4, key: createKey(1) });
 * image.apply(tf.zeros([5, 192])); // → shape [5, 4]
 */
export class ConvEncoder extends AbstractModule implements Conditioner {
  readonly inputSize: number;
  readonly outputSize: number;
  readonly contextSize = 0;
  readonly shape: readonly number[];
  readonly channels: readonly number[];
  readonly kernelSize: number;
  readonly hidden: readonly number[];
  readonly activation: Activation;
  private readonly convolutions: readonly Mlp[];
  private readonly network: Mlp;

  /** @throws {OptionError} a size is not a positive integer, a wrong number of axes, or an even kernel size. */
  constructor(given: ConvEncoderOptions) {
    checkOptions("ConvEncoder", given, {
      shape: true,
      outputSize: true,
      channels: true,
      kernelSize: true,
      hidden: true,
      activation: true,
      key: true,
    });
    const { shape, outputSize, ...options } = given;
    super();
    const { channels = CHANNELS, kernelSize = KERNEL, hidden = [64], activation = "relu", key } = options;
    if (shape.length !== 2 && shape.length !== 3) {
      const got = JSON.stringify(shape);
      throw new OptionError(
        `ConvEncoder: expected shape to be [length, channels] or [height, width, channels], got ${got}.`,
      );
    }
    for (const size of shape) checkSize("ConvEncoder", "each size in shape", size);
    for (const count of channels) checkSize("ConvEncoder", "each count in channels", count);
    checkSize("ConvEncoder", "outputSize", outputSize);
    checkKernelSize("ConvEncoder", kernelSize);
    this.shape = [...shape];
    this.inputSize = shape.reduce((product, size) => product * size, 1);
    this.outputSize = outputSize;
    this.channels = [...channels];
    this.kernelSize = kernelSize;
    this.hidden = [...hidden];
    this.activation = activation;
    const axes = shape.slice(0, -1);
    const places = kernelSize ** axes.length;
    const counts = [shape.at(-1) as number, ...channels];
    this.convolutions = channels.map((count, i) =>
      linearMap(places * (counts[i] as number), count, key?.fold(`convolutions.${i}`)),
    );
    const left = axes.map((size) => Math.ceil(size / 2 ** channels.length));
    this.network = new Mlp({
      inputSize: left.reduce((product, size) => product * size, counts.at(-1) as number),
      outputSize,
      hidden,
      activation,
      layout: { start: "uniform" },
      ...(key && { key: key.fold("network") }),
    });
  }

  /** `[...batch, inputSize]` → `[...batch, outputSize]`. */
  apply(x: tf.Tensor, context?: tf.Tensor): tf.Tensor {
    checkInputs("ConvEncoder.apply", this, x, context);
    return tf.tidy(() => {
      let h = tf.reshape(x, [-1, ...this.shape]);
      for (const convolution of this.convolutions) {
        h = activate(convolution.apply(this.neighbors(h)), this.activation);
        for (let axis = 1; axis < h.rank - 1; axis++) h = halved(h, axis);
      }
      const outputs = this.network.apply(tf.reshape(h, [-1, this.network.inputSize]));
      return tf.reshape(outputs, [...x.shape.slice(0, -1), this.outputSize]);
    });
  }

  override parameters(): ParameterTree {
    return parameterTree({ convolutions: this.convolutions, network: this.network });
  }

  /** The neighborhood of each place, side by side. */
  private neighbors(h: tf.Tensor): tf.Tensor {
    if (h.rank === 4) return patches(h, this.kernelSize);
    const reach = (this.kernelSize - 1) / 2;
    const padded = tf.pad(h, [
      [0, 0],
      [reach, reach],
      [0, 0],
    ]);
    const length = h.shape[1] as number;
    return tf.concat(
      Array.from({ length: this.kernelSize }, (_, from) => tf.slice(padded, [0, from, 0], [-1, length, -1])),
      -1,
    );
  }
}

/** The mean over adjacent pairs of an axis; an unpaired last element is unchanged. */
function halved(h: tf.Tensor, axis: number): tf.Tensor {
  const size = h.shape[axis] as number;
  if (size === 1) return h;
  const before = h.shape.slice(0, axis).reduce((product, one) => product * one, 1);
  const after = h.shape.slice(axis + 1).reduce((product, one) => product * one, 1);
  const pairs = Math.floor(size / 2);
  const flat = tf.reshape(h, [before, size, after]);
  const paired = tf.reshape(tf.slice(flat, [0, 0, 0], [-1, 2 * pairs, -1]), [before * pairs, 2, after]);
  const half = (i: number): tf.Tensor => tf.slice(paired, [0, i, 0], [-1, 1, -1]);
  const mean = tf.reshape(tf.mul(tf.add(half(0), half(1)), 0.5), [before, pairs, after]);
  const all = size % 2 === 0 ? mean : tf.concat([mean, tf.slice(flat, [0, size - 1, 0], [-1, 1, -1])], 1);
  return tf.reshape(all, [...h.shape.slice(0, axis), Math.ceil(size / 2), ...h.shape.slice(axis + 1)]);
}

/** Model-file codec of {@link ConvEncoder}: `pushforward/conv-encoder`. */
export const convEncoderCodec: Codec<ConvEncoder> = classCodec("pushforward/conv-encoder", ConvEncoder, {
  shape: field.counts(),
  outputSize: field.count(),
  channels: field.counts(),
  kernelSize: field.count(),
  hidden: field.counts(),
  activation: field.oneOf(...ACTIVATIONS),
});

/** Options of {@link ConvNet}. */
export interface ConvNetOptions {
  /** Channels of the images that it reads. */
  readonly inputSize: number;
  /** Number of channels of the output images. */
  readonly outputSize: number;
  /** Number of context columns, the same for all pixels of an image. Default: 0. */
  readonly context?: number;
  /** Channels of the hidden layers. Default: `[64, 64]`. */
  readonly hidden?: readonly number[];
  /** Side length in pixels of the kernels of the first and the last layer, an odd number. Default: 3. */
  readonly kernelSize?: number;
  /** The activation. Default: `"relu"`. */
  readonly activation?: Activation;
  /** Key of the initial weights. Without a key all weights are zero, for a model read from a file. */
  readonly key?: Key;
}

/**
 * A convolutional network of images: a 3 × 3 convolution, 1 × 1 convolutions between the hidden layers, and a 3 × 3
 * convolution that starts at zero (Kingma and Dhariwal 2018, arXiv:1807.03039). Outside of the image there are zeros.
 *
 * It is an {@link Mlp} of the neighborhood of each pixel, with outputs added to each neighbor. Neighbors have separate biases,
 * so border pixels differ.
 *
 * Shapes: x `[...batch, height, width, inputSize]`, context `[...batch, context]`, outputs `[...batch, height, width,
 * outputSize]`.
 *
 * @example
 * const net = new ConvNet({ inputSize: 2, outputSize: 4, key: createKey(0) });
 * const outputs = net.apply(tf.zeros([5, 8, 8, 2])); // → shape [5, 8, 8, 4]
 */
export class ConvNet extends AbstractModule implements Conditioner {
  readonly eventRank = 3;
  readonly inputSize: number;
  readonly outputSize: number;
  readonly contextSize: number;
  readonly hidden: readonly number[];
  readonly kernelSize: number;
  readonly activation: Activation;
  private readonly network: Mlp;

  /** @throws {OptionError} a size is not a positive integer, or the kernel size is not an odd number up to 15. */
  constructor(given: ConvNetOptions) {
    checkOptions("ConvNet", given, {
      inputSize: true,
      outputSize: true,
      context: true,
      hidden: true,
      kernelSize: true,
      activation: true,
      key: true,
    });
    const { inputSize, outputSize, context = 0, kernelSize = 3, ...options } = given;
    super();
    checkSize("ConvNet", "inputSize", inputSize);
    checkSize("ConvNet", "outputSize", outputSize);
    checkSize("ConvNet", "context", context, 0);
    checkKernelSize("ConvNet", kernelSize);
    this.inputSize = inputSize;
    this.outputSize = outputSize;
    this.contextSize = context;
    this.kernelSize = kernelSize;
    const places = kernelSize ** 2;
    this.network = new Mlp({ ...options, inputSize: places * inputSize, outputSize: places * outputSize, context });
    this.hidden = this.network.hidden;
    this.activation = this.network.activation;
  }

  /** Images `[...batch, height, width, inputSize]` → `[...batch, height, width, outputSize]`. */
  apply(x: tf.Tensor, context?: tf.Tensor): tf.Tensor {
    const where = "ConvNet.apply";
    if (x.rank < 3 || x.shape.at(-1) !== this.inputSize) {
      throw new ShapeError(
        `${where}: expected x of shape [..., height, width, ${this.inputSize}], got ${formatShape(x.shape)}.`,
      );
    }
    checkContext(where, this.contextSize, context);
    if (context && !broadcastShapes(x.shape.slice(0, -3), context.shape.slice(0, -1))) {
      throw new ContextError(
        `${where}: expected a context with batch axes that broadcast with x of shape ${formatShape(x.shape)}, ` +
          `got ${formatShape(context.shape)}.`,
      );
    }
    return tf.tidy(() => {
      // One context for all pixels.
      const given = context && tf.expandDims(tf.expandDims(context, -2), -2);
      return sumPatches(this.network.apply(patches(x, this.kernelSize), given), this.kernelSize);
    });
  }

  override parameters(): ParameterTree {
    return parameterTree({ network: this.network });
  }
}
