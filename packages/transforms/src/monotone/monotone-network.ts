import { type Codec, OptionError } from "@pushforward/core";
import { checkOptions, classCodec, field } from "@pushforward/core/extend";
import { expm1, matMul } from "@pushforward/ops";
import * as tf from "@tensorflow/tfjs-core";
import type { IncreasingMap } from "../roots/monotone-inverse.ts";
import { AbstractNetworkFamily, type NetworkFamilyOptions } from "./abstract-network-family.ts";
import { type StackedTensors, stacked } from "./stacked-layer.ts";

/** Options of {@link monotoneNetwork}. */
export type MonotoneNetworkOptions = NetworkFamilyOptions;

/**
 * The family of networks with positive weights: y is a network of x and of the signal, whose weights are the absolute values of
 * its parameters. One half of the hidden units has the activation `elu(a)`, the other `−elu(−a)`, so that it is linear in both
 * tails and reaches all of ℝ. The parameters of a variable are the signal.
 *
 * Its start is not the identity. Our own `deepSigmoid` is, and has no weights beside its parameters; this one is what other
 * libraries mean by a neural autoregressive flow.
 *
 * @see Huang et al. 2018, Neural Autoregressive Flows, https://arxiv.org/abs/1804.00779
 */
export class MonotoneNetworkFamily extends AbstractNetworkFamily {
  override readonly type = "pushforward/monotone-network";

  constructor(options: MonotoneNetworkOptions = {}) {
    checkOptions("monotoneNetwork", options, { variables: true, signal: true, hidden: true, key: true });
    super("monotoneNetwork", options, 0, true);
    const odd = this.hidden.find((width) => width % 2 === 1);
    if (odd !== undefined) {
      throw new OptionError(
        `monotoneNetwork: expected even widths in hidden, whose halves have two activations, got ${odd}.`,
      );
    }
  }

  protected override map(signal: tf.Tensor, layers: readonly StackedTensors[]): IncreasingMap {
    const positive = layers.map(({ weight, bias }) => ({ weight: tf.abs(weight), bias }));
    return (x) => {
      let h = tf.concat([tf.expandDims(x, 2), signal], 2);
      // The slope of each unit for x, layer by layer.
      let slope = tf.concat([tf.onesLike(tf.expandDims(x, 2)), tf.zerosLike(signal)], 2);
      for (const [i, layer] of positive.entries()) {
        h = stacked(h, layer);
        slope = matMul(slope, layer.weight);
        if (i === positive.length - 1) break;
        const [a, b] = tf.split(h, 2, 2) as [tf.Tensor, tf.Tensor];
        const [low, high] = [tf.minimum(a, 0), tf.maximum(b, 0)];
        h = tf.concat([tf.add(tf.maximum(a, 0), expm1(low)), tf.sub(tf.minimum(b, 0), expm1(tf.neg(high)))], 2);
        slope = tf.mul(slope, tf.exp(tf.concat([low, tf.neg(high)], 2)));
      }
      return [tf.squeeze(h, [2]), tf.log(tf.squeeze(slope, [2]))];
    };
  }
}

/**
 * The family of networks with positive weights, see {@link MonotoneNetworkFamily}.
 *
 * @throws {OptionError} a size is not an integer of at least 1, or a width in `hidden` is odd.
 * @example
 * const family = monotoneNetwork({ variables: 2, signal: 3, hidden: [8], key: createKey(0) });
 * family.bind(tf.zeros([5, 2, 3])).forward(tf.ones([5, 2])); // → shape [5, 2]
 */
export function monotoneNetwork(options: MonotoneNetworkOptions = {}): MonotoneNetworkFamily {
  return new MonotoneNetworkFamily(options);
}

/** Codec of {@link MonotoneNetworkFamily}. */
export const monotoneNetworkCodec: Codec<MonotoneNetworkFamily> = classCodec(
  "pushforward/monotone-network",
  MonotoneNetworkFamily,
  { variables: field.count(), signal: field.count(), hidden: field.counts() },
);
