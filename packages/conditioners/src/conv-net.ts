import {
  type Activation,
  type Conditioner,
  ContextError,
  type Key,
  type ParameterTree,
  ShapeError,
} from "@pushforward/core";
import { AbstractModule, broadcastShapes, checkOptions, parameterTree } from "@pushforward/core/extend";
import { formatShape } from "@pushforward/core/plain";
import { patches, sumPatches } from "@pushforward/ops";
import * as tf from "@tensorflow/tfjs-core";
import { checkContext } from "./check-inputs.ts";
import { checkKernelSize } from "./check-kernel-size.ts";
import { checkSize } from "./check-size.ts";
import { Mlp } from "./mlp.ts";

/** Options of {@link ConvNet}. */
export interface ConvNetOptions {
  /** Channels of the images that it reads. */
  readonly inputSize: number;
  /** Channels of the images that it gives. */
  readonly outputSize: number;
  /** Number of context columns, the same for all pixels of an image. Default: 0. */
  readonly context?: number;
  /** Channels of the hidden layers. Default: `[64, 64]`. */
  readonly hidden?: readonly number[];
  /** Pixels on a side of the kernels of the first and the last layer, an odd number. Default: 3. */
  readonly kernelSize?: number;
  /** The activation. Default: `"relu"`. */
  readonly activation?: Activation;
  /** Where the initial weights come from; without one they are all zero, for a model read from a file. */
  readonly key?: Key;
}

/**
 * A convolutional network of images: a 3 × 3 convolution, 1 × 1 convolutions between the hidden layers, and a 3 × 3
 * convolution that starts at zero (Kingma and Dhariwal 2018, arXiv:1807.03039). Outside of the image there are zeros.
 *
 * It is an {@link Mlp} of the neighborhood of each pixel, whose outputs are what the pixel adds to each of its neighbors.
 * These have a bias for each neighbor, so that pixels at the border of the image have one of their own.
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
        `${where}: expected a context whose batch axes broadcast with x of shape ${formatShape(x.shape)}, ` +
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
