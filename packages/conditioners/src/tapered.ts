import { type Conditioner, OptionError, type ParameterTree } from "@pushforward/core";
import { AbstractModule, checkOptions, parameterTree } from "@pushforward/core/extend";
import * as tf from "@tensorflow/tfjs-core";
import { checkInputs } from "./check-inputs.ts";

/** Options of {@link Tapered}. */
export interface TaperedOptions {
  /** A conditioner of one input. */
  readonly conditioner: Conditioner;
}

/**
 * A conditioner of one number z from −1 to 1 whose outputs are those of another one times `1 − z²`: they fade to 0 at both
 * ends, where a family of bijections is then the identity.
 *
 * Where z is the height of a point on the sphere and the outputs move its angle, all angles are alike at the poles, and the
 * density of a flow is continuous there.
 *
 * @example
 * const net = new Tapered({ conditioner: new Mlp({ inputSize: 1, outputSize: 12, key: createKey(0) }) });
 * const outputs = net.apply(tf.tensor2d([[-1], [0.5], [1]])); // → shape [3, 12]
 */
export class Tapered extends AbstractModule implements Conditioner {
  readonly conditioner: Conditioner;
  readonly inputSize = 1;
  readonly outputSize: number;
  readonly contextSize: number;

  /** @throws {OptionError} the conditioner has several inputs. */
  constructor(options: TaperedOptions) {
    checkOptions("Tapered", options, { conditioner: true });
    const { conditioner } = options;
    super();
    if (conditioner.inputSize !== 1) {
      throw new OptionError(`Tapered: expected a conditioner of one input, got one of ${conditioner.inputSize}.`);
    }
    this.conditioner = conditioner;
    this.outputSize = conditioner.outputSize;
    this.contextSize = conditioner.contextSize;
  }

  /** `[...batch, 1]` and a context `[...batch, contextSize]` → `[...batch, outputSize]`. */
  apply(x: tf.Tensor, context?: tf.Tensor): tf.Tensor {
    checkInputs("Tapered.apply", this, x, context);
    return tf.tidy(() => {
      const taper = tf.mul(tf.sub(1, x), tf.add(1, x));
      return tf.mul(this.conditioner.apply(x, context), taper);
    });
  }

  override parameters(): ParameterTree {
    return parameterTree({ conditioner: this.conditioner });
  }
}
