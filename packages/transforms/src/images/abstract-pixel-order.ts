import type { Shape } from "@pushforward/core";
import * as tf from "@tensorflow/tfjs-core";
import { AbstractRearrangement } from "../linear/abstract-rearrangement.ts";
import { inverseOrder, permute } from "../linear/permute.ts";

/** Base class of rearrangements of an image that take its pixels in another order and make channels of neighbors. */
export abstract class AbstractPixelOrder extends AbstractRearrangement {
  protected constructor(label: string) {
    super(label, 3, 3);
  }

  /** `order[i]` is the pixel, counted by rows, that comes to place i. */
  protected abstract order(height: number, width: number): number[];

  protected rearrange(x: tf.Tensor, from: Shape, to: Shape): tf.Tensor {
    const [height, width, channels] = from as [number, number, number];
    const order = this.order(height, width);
    const pixels = tf.reshape(x, [-1, height * width, channels]);
    return tf.reshape(permute(pixels, 1, order, inverseOrder(order)), [-1, ...to]);
  }

  protected restore(y: tf.Tensor, _from: Shape, to: Shape): tf.Tensor {
    const [height, width, channels] = to as [number, number, number];
    const order = this.order(height, width);
    const pixels = tf.reshape(y, [-1, height * width, channels]);
    return tf.reshape(permute(pixels, 1, inverseOrder(order), order), [-1, ...to]);
  }
}
