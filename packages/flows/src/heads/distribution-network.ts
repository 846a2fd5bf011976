import { Mlp, type MlpOptions } from "@pushforward/conditioners";
import {
  type Bijection,
  type Codec,
  type ConditionalDistribution,
  type Conditioner,
  ContextError,
  type Distribution,
  type Key,
  OptionError,
  type ParameterTree,
  type Shape,
  ShapeError,
  type TensorLike,
} from "@pushforward/core";
import {
  AbstractModule,
  asTensor,
  checkOptions,
  classCodec,
  field,
  GivenContext,
  isConditioner,
  parameterTree,
} from "@pushforward/core/extend";
import { formatShape, sizeOf } from "@pushforward/core/plain";
import { overflowToMinusInfinity } from "@pushforward/ops";
import * as tf from "@tensorflow/tfjs-core";
import {
  CategoricalHead,
  type CategoricalHeadOptions,
  type DistributionHead,
  isDistributionHead,
  UnivariateHead,
  type UnivariateHeadOptions,
} from "./distribution-head.ts";

/** Options of {@link DistributionNetwork}. */
export interface DistributionNetworkOptions<D extends Distribution = Distribution> {
  /** A network from the context (its `inputSize` is the width of the context) to the outputs that the head reads. */
  readonly conditioner: Conditioner;
  readonly head: DistributionHead<D>;
}

/**
 * A distribution with parameters from a network of the context, `p(x | c) = p(x; θ = head(network(c)))`: generalized linear and
 * distributional regression, classification, counts. Similar to a conditional distribution of Pyro, a lazy distribution of
 * zuko, and a distribution layer of TensorFlow Probability.
 *
 * Events of the head, batch axes from the context. It owns its network, which `dispose()` frees. For a full covariance or a
 * mixture use {@link MixtureDensityNetwork}.
 *
 * @throws {ShapeError} the output size of the network differs from the input size of the head, or the network needs a context.
 * @example
 * const head = new UnivariateHead({ distribution: "poisson", features: 1 });
 * const conditioner = new Mlp({ inputSize: 2, outputSize: head.parameterCount, key: createKey(0) });
 * using counts = new DistributionNetwork({ head, conditioner });
 * const logProb = counts.given([[0.3, 1]]).logProb([[4]]); // → shape [1]
 */
export class DistributionNetwork<D extends Distribution = Distribution>
  extends AbstractModule
  implements ConditionalDistribution
{
  readonly contextShape: Shape;
  readonly conditioner: Conditioner;
  readonly head: DistributionHead<D>;

  constructor(options: DistributionNetworkOptions<D>) {
    checkOptions("DistributionNetwork", options, { conditioner: true, head: true });
    const { conditioner, head } = options;
    super();
    const isVector = (conditioner.eventRank ?? 1) === 1;
    if (conditioner.outputSize !== head.parameterCount || conditioner.contextSize !== 0 || !isVector) {
      throw new ShapeError(
        `DistributionNetwork: expected a conditioner of vectors with outputSize ${head.parameterCount} and no context of its own, ` +
          `got outputSize ${conditioner.outputSize} and context size ${conditioner.contextSize}.`,
      );
    }
    this.conditioner = conditioner;
    this.head = head;
    this.contextShape = [conditioner.inputSize];
  }

  /** The value of the network. */
  get acceptsMissing(): boolean {
    return this.conditioner.acceptsMissing === true;
  }

  /**
   * Returns the distribution at a context `[...batch, contextSize]`, with batch shape `[...batch]`. It borrows model
   * and context, owns no memory and needs no disposal.
   *
   * @throws {ContextError} the context has the wrong shape.
   */
  given(context: TensorLike): Distribution {
    const { head, contextShape } = this;
    return new GivenContext(context, {
      ...{ where: "DistributionNetwork", contextShape, eventShape: head.eventShape },
      support: () => {
        // Its ends do not depend on the outputs.
        let support: Bijection | undefined;
        tf.tidy(() => {
          support = head.bind(tf.zeros([head.parameterCount])).support;
        });
        return support;
      },
      logProb: (x, at) =>
        overflowToMinusInfinity(
          this.at(at.context, (distribution) => distribution.logProb(x)),
          x,
          at.eventShape.length,
        ),
      sample: (key, sampleShape, at) => this.at(at.context, (distribution) => distribution.sample(key, sampleShape)),
    });
  }

  /**
   * Evaluates a function of the distribution of the head at a context `[...batch, contextSize]`.
   *
   * @throws {ContextError} the context has the wrong shape.
   * @example
   * using model = distributionNetwork({ distribution: "gamma", features: 1, context: 2, key: createKey(0) });
   * model.at([[0, 1], [2, 3]], (gamma) => gamma.mean()); // → shape [2, 1]
   */
  at(context: TensorLike, evaluate: (distribution: D) => tf.Tensor): tf.Tensor {
    const where = "DistributionNetwork.at";
    const batchShape = this.batchShapeOf(where, context);
    return tf.tidy(() => {
      const rows = tf.reshape(asTensor(context, where), [sizeOf(batchShape), this.conditioner.inputSize]);
      const raw = this.conditioner.apply(rows);
      return evaluate(this.head.bind(tf.reshape(raw, [...batchShape, this.head.parameterCount])));
    });
  }

  override parameters(): ParameterTree {
    return parameterTree({ conditioner: this.conditioner });
  }

  private batchShapeOf(where: string, context: TensorLike): Shape {
    const shape: Shape = tf.tidy(() => [...asTensor(context, where).shape]);
    if (shape.length === 0 || shape.at(-1) !== this.conditioner.inputSize) {
      throw new ContextError(
        `${where}: expected a context of shape [..., ${this.conditioner.inputSize}], got ${formatShape(shape)}.`,
      );
    }
    return shape.slice(0, -1);
  }
}

/** The network that {@link distributionNetwork} makes. */
export interface HeadNetworkOptions extends Omit<MlpOptions, "inputSize" | "outputSize" | "context" | "layout"> {
  /** Size of the context. */
  readonly context: number;
  readonly key: Key;
}

/**
 * A {@link DistributionNetwork} with an `Mlp`: of a named distribution of independent features (see {@link UnivariateHead}), of categories
 * (see {@link CategoricalHead}), or of a head of one's own.
 *
 * @throws the errors of the head, `Mlp` and `DistributionNetwork`.
 * @example
 * using regression = distributionNetwork({ distribution: "student-t", features: 1, context: 2, key: createKey(0) });
 * using classes = distributionNetwork({ categories: [3], context: 2, hidden: [32], key: createKey(1) });
 * const rows = { x: [[0], [2], [1]], context: [[1, 0], [2, 1], [0, 1]] };
 * await train(classes, rows, { key: createKey(2), maxEpochs: 2 });
 * classes.given([1, 0]).sample(createKey(3), [5]); // → shape [5, 1]
 */
export function distributionNetwork(
  options: HeadNetworkOptions & UnivariateHeadOptions,
): DistributionNetwork<ReturnType<UnivariateHead["bind"]>>;
export function distributionNetwork(
  options: HeadNetworkOptions & CategoricalHeadOptions,
): DistributionNetwork<ReturnType<CategoricalHead["bind"]>>;
export function distributionNetwork<D extends Distribution>(
  options: HeadNetworkOptions & { readonly head: DistributionHead<D> },
): DistributionNetwork<D>;
export function distributionNetwork(
  options: HeadNetworkOptions &
    Partial<UnivariateHeadOptions & CategoricalHeadOptions & { readonly head: DistributionHead }>,
): DistributionNetwork {
  const { head: own, distribution, features, categories, context, ...network } = options;
  const kinds = Object.entries({ distribution, categories, head: own }).filter(([, value]) => value !== undefined);
  if (kinds.length !== 1) {
    const got = kinds.map(([name]) => name).join(" and ") || "none";
    throw new OptionError(`distributionNetwork: expected one of distribution, categories and head, got ${got}.`);
  }
  const head = own ?? namedHead(distribution, features, categories);
  const conditioner = new Mlp({ ...network, inputSize: context, outputSize: head.parameterCount });
  return new DistributionNetwork({ conditioner, head });
}

function namedHead(
  distribution: UnivariateHeadOptions["distribution"] | undefined,
  features = 0,
  categories: readonly number[] = [],
): DistributionHead {
  return distribution === undefined
    ? new CategoricalHead({ categories })
    : new UnivariateHead({ distribution, features });
}

/** Codec of {@link DistributionNetwork}. */
export const distributionNetworkCodec: Codec<DistributionNetwork> = classCodec<
  DistributionNetwork,
  DistributionNetworkOptions
>("pushforward/distribution-network", DistributionNetwork, {
  conditioner: field.object(isConditioner, "a conditioner"),
  head: field.object(isDistributionHead, "a head of a distribution"),
});
