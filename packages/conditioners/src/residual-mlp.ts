import { checkOptions } from "@pushforward/core/extend";
import { DenseNetwork, type MlpOptions } from "./dense-network.ts";

/**
 * A residual network of pre-activation blocks (He et al. 2016, arXiv:1603.05027): `h = x · W + c · W_c + b`, then
 * `h ← h + W₂ act(W₁ act(h))` for each block, then a linear layer on `act(h)`. `hidden` has one entry for the first
 * layer and one for each block, all of the same width. The last layer starts at zero, the others at U(±1/√fan_in).
 *
 * A `layout` has other blocks, another way of the context and other initial values.
 *
 * @example
 * const net = new ResidualMlp({ inputSize: 2, outputSize: 6, context: 3, key: createKey(0) });
 * const outputs = net.apply(tf.zeros([5, 2]), tf.ones([5, 3])); // → shape [5, 6]
 */
export class ResidualMlp extends DenseNetwork {
  /** @throws {OptionError} a size is not a positive integer, the widths differ, or an option is out of range. */
  constructor(options: MlpOptions) {
    checkOptions("ResidualMlp", options, {
      inputSize: true,
      outputSize: true,
      context: true,
      hidden: true,
      activation: true,
      dropout: true,
      layout: true,
      key: true,
    });
    super("ResidualMlp", true, options);
  }
}
