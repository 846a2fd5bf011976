import { Mlp } from "@pushforward/conditioners";
import { type Codec, type Key, OptionError, type ParameterTree } from "@pushforward/core";
import {
  AbstractModule,
  checkOptions,
  classCodec,
  describeValue,
  field,
  parameterTree,
} from "@pushforward/core/extend";
import { networkDivergence, type SmoothActivation } from "@pushforward/ops";
import * as tf from "@tensorflow/tfjs-core";
import type { VelocityField } from "./velocity-field.ts";

/** Options of {@link VelocityNetwork}. */
export interface VelocityNetworkOptions {
  readonly features: number;
  /** Number of context columns. Default: 0. */
  readonly context?: number;
  /** Widths of the hidden layers. Default: `[64, 64]`, for which an exact divergence is cheap. */
  readonly hidden?: readonly number[];
  /** A smooth one. Default: `"silu"`. */
  readonly activation?: SmoothActivation;
  /** The time enters as `cos kπt` and `sin kπt` for k from 1 to this. Default: 3. */
  readonly frequencies?: number;
  /** Where the initial weights come from; without one they are all zero, for a model read from a file. */
  readonly key?: Key;
}

const ACTIVATIONS = ["tanh", "elu", "silu"] as const satisfies readonly SmoothActivation[];

/**
 * A velocity field that is a feed-forward network of the point, the time and the context. Its last layer starts at zero, so that
 * nothing moves.
 *
 * @throws {OptionError} a size is not a positive integer, or the activation is not smooth.
 * @example
 * using field = new VelocityNetwork({ features: 2, key: createKey(0) });
 * field.velocity(tf.zeros([5, 1]), tf.ones([5, 2])); // → shape [5, 2]
 */
export class VelocityNetwork extends AbstractModule implements VelocityField {
  readonly features: number;
  readonly context: number;
  readonly hidden: readonly number[];
  readonly activation: SmoothActivation;
  readonly frequencies: number;
  readonly network: Mlp;

  constructor(options: VelocityNetworkOptions) {
    checkOptions("VelocityNetwork", options, {
      features: true,
      context: true,
      hidden: true,
      activation: true,
      frequencies: true,
      key: true,
    });
    const { features, context = 0, hidden, activation = "silu", frequencies = 3, key } = options;
    super();
    if (!ACTIVATIONS.includes(activation)) {
      throw new OptionError(
        `VelocityNetwork: expected a smooth activation, ${ACTIVATIONS.map((name) => JSON.stringify(name)).join(" or ")}, ` +
          `because its derivative enters the density, got ${JSON.stringify(activation)}.`,
      );
    }
    if (!Number.isSafeInteger(frequencies) || frequencies < 1) {
      throw new OptionError(
        `VelocityNetwork: expected frequencies to be an integer of at least 1, got ${describeValue(frequencies)}.`,
      );
    }
    this.network = new Mlp({
      inputSize: features,
      outputSize: features,
      context: context + 2 * frequencies,
      activation,
      ...(hidden && { hidden }),
      ...(key && { key }),
    });
    this.features = features;
    this.context = context;
    this.hidden = this.network.hidden;
    this.activation = activation;
    this.frequencies = frequencies;
  }

  get contextSize(): number {
    return this.context;
  }

  velocity(t: tf.Tensor, x: tf.Tensor, context?: tf.Tensor): tf.Tensor {
    return tf.tidy(() => this.network.apply(x, this.given(t, context)));
  }

  velocityAndDivergence(
    t: tf.Tensor,
    x: tf.Tensor,
    context?: tf.Tensor,
    probe?: tf.Tensor,
  ): [velocity: tf.Tensor, divergence: tf.Tensor] {
    return tf.tidy(() => {
      const layers = this.network.layers.map((layer) => layer.tensors());
      return networkDivergence(x, this.given(t, context), layers, this.activation, probe);
    });
  }

  override parameters(): ParameterTree {
    return parameterTree({ network: this.network });
  }

  /** What the first layer is given beside the point: the time, as `[n, 2·frequencies]`, and the context. */
  private given(t: tf.Tensor, context: tf.Tensor | undefined): tf.Tensor {
    const waves = Float32Array.from({ length: this.frequencies }, (_, k) => (k + 1) * Math.PI);
    const angles = tf.mul(t, tf.tensor2d(waves, [1, waves.length]));
    return tf.concat([tf.cos(angles), tf.sin(angles), ...(context ? [context] : [])], -1);
  }
}

/** Codec of {@link VelocityNetwork}. */
export const velocityNetworkCodec: Codec<VelocityNetwork> = classCodec(
  "pushforward/velocity-network",
  VelocityNetwork,
  {
    features: field.count(),
    context: field.count({ min: 0 }),
    hidden: field.counts(),
    activation: field.oneOf(...ACTIVATIONS),
    frequencies: field.count(),
  },
);
