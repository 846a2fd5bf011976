import { checkOptions } from "@pushforward/core/extend";
import { DenseNetwork, type MlpOptions } from "./dense-network.ts";

/**
 * A feed-forward network: `h ← act(h · W + b)` for each hidden layer, then a linear one; the context enters the first
 * layer, `x · W + c · W_c + b`. The last layer starts at zero, the others at U(±1/√fan_in).
 *
 * @example
 * const net = new Mlp({ inputSize: 2, outputSize: 6, context: 3, key: createKey(0) });
 * const outputs = net.apply(tf.zeros([5, 2]), tf.ones([5, 3])); // → shape [5, 6]
 */
export class Mlp extends DenseNetwork {
  /** @throws {OptionError} a size is not a positive integer, or dropout is out of range. */
  constructor(options: MlpOptions) {
    checkOptions("Mlp", options, {
      inputSize: true,
      outputSize: true,
      context: true,
      hidden: true,
      activation: true,
      dropout: true,
      layout: true,
      key: true,
    });
    super("Mlp", false, options);
  }
}
