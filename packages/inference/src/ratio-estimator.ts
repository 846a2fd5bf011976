import {
  type Bijection,
  type Codec,
  type Conditioner,
  type Json,
  type Module,
  OptionError,
  type ParameterTree,
  type Registry,
  ShapeError,
  type TensorLike,
} from "@pushforward/core";
import {
  asTensor,
  broadcastShapes,
  ConfigReader,
  checkOptions,
  defineCodec,
  formatShape,
  isBijection,
  isConditioner,
  parameterTree,
} from "@pushforward/core/extend";
import * as tf from "@tensorflow/tfjs-core";

/** Parts of {@link RatioEstimator}. */
export interface RatioEstimatorOptions {
  /** Reads parameters in standard units as input and data in standard units as context; one output. */
  readonly network: Conditioner;
  /** From standard units to parameters (forward). */
  readonly parameterTransform: Bijection;
  /** From standard units to data (forward). */
  readonly dataTransform: Bijection;
}

/**
 * A classifier that tells pairs of parameters and data that belong together from others: its output is
 * `r(θ, x) ≈ log p(x | θ)/p(x)`, up to a constant of each x where it was trained against several others at once.
 *
 * @throws {OptionError} a network with another number of outputs, or without context.
 * @example
 * using estimator = new RatioEstimator({
 *   network: new Mlp({ inputSize: 2, context: 1, outputSize: 1, key: createKey(0) }),
 *   parameterTransform: new Identity(),
 *   dataTransform: new Identity(),
 * });
 * const logRatio = estimator.logRatio([[0.1, 0.2]], [[1.5]]); // → shape [1]
 */
export class RatioEstimator implements Module {
  readonly network: Conditioner;
  readonly parameterTransform: Bijection;
  readonly dataTransform: Bijection;

  constructor(options: RatioEstimatorOptions) {
    checkOptions("RatioEstimator", options, { network: true, parameterTransform: true, dataTransform: true });
    const { network, parameterTransform, dataTransform } = options;
    if (network.outputSize !== 1 || network.contextSize === 0) {
      throw new OptionError(
        `RatioEstimator: expected a network with a context and 1 output, got a context of ${network.contextSize} and ${network.outputSize} outputs.`,
      );
    }
    this.network = network;
    this.parameterTransform = parameterTransform;
    this.dataTransform = dataTransform;
  }

  /**
   * `r(θ, x)`: `[..., parameters]` and `[..., data]`, whose batch axes broadcast, → `[...]`.
   *
   * @throws {ShapeError} parameters or data of other sizes.
   */
  logRatio(parameters: TensorLike, data: TensorLike): tf.Tensor {
    return tf.tidy(() => {
      const where = "RatioEstimator.logRatio";
      const { inputSize, contextSize } = this.network;
      const [theta, x] = [asTensor(parameters, where), asTensor(data, where)];
      const batch = broadcastShapes(theta.shape.slice(0, -1), x.shape.slice(0, -1));
      if (theta.shape.at(-1) !== inputSize || x.shape.at(-1) !== contextSize || batch === undefined) {
        throw new ShapeError(
          `${where}: expected parameters [..., ${inputSize}] and data [..., ${contextSize}], got ` +
            `${formatShape(theta.shape)} and ${formatShape(x.shape)}.`,
        );
      }
      const whole = (value: tf.Tensor): tf.Tensor => tf.broadcastTo(value, [...batch, value.shape.at(-1) as number]);
      const logits = this.network.apply(
        this.parameterTransform.inverse(whole(theta)),
        this.dataTransform.inverse(whole(x)),
      );
      return tf.reshape(logits, [...batch]);
    });
  }

  parameters(): ParameterTree {
    const { network, parameterTransform, dataTransform } = this;
    return parameterTree({ network, parameterTransform, dataTransform });
  }

  dispose(): void {
    for (const parameter of this.parameters().values()) parameter.dispose();
  }

  [Symbol.dispose](): void {
    this.dispose();
  }
}

/** Codec of {@link RatioEstimator}. */
export const ratioEstimatorCodec: Codec<RatioEstimator> = defineCodec<RatioEstimator>({
  type: "pushforward/ratio-estimator",
  version: 1,
  is: (value): value is RatioEstimator => value instanceof RatioEstimator,
  encode: ({ network, parameterTransform, dataTransform }, registry: Registry): Json => ({
    network: { ...registry.encode(network) },
    parameterTransform: { ...registry.encode(parameterTransform) },
    dataTransform: { ...registry.encode(dataTransform) },
  }),
  decode: (config, registry) => {
    const c = new ConfigReader("pushforward/ratio-estimator", config);
    const network = c.object("network", registry, isConditioner, "a conditioner");
    const parameterTransform = c.object("parameterTransform", registry, isBijection, "a bijection");
    const dataTransform = c.object("dataTransform", registry, isBijection, "a bijection");
    c.end();
    return new RatioEstimator({ network, parameterTransform, dataTransform });
  },
});
