import {
  type Codec,
  type Distribution,
  type Key,
  OptionError,
  type ParameterTree,
  type Shape,
  type TensorLike,
} from "@pushforward/core";
import {
  AbstractModule,
  asTensor,
  ConfigReader,
  constructStored,
  defineCodec,
  formatShape,
  isDistribution,
  parameterTree,
} from "@pushforward/core/extend";
import { sumRightmost } from "@pushforward/ops";
import * as tf from "@tensorflow/tfjs-core";
import { checkEvent } from "./config/event-shape.ts";

/**
 * The same distribution with its last `rank` batch axes counted as part of the event: their log-densities are summed.
 *
 * @throws {OptionError} `rank` is not an integer from 0 to the number of batch axes.
 * @example
 * // Three normals, one event of shape [3, 2].
 * independentDistribution(new DiagonalNormal({ mean: [[0, 0], [1, 1], [2, 2]] }), 1);
 */
export function independentDistribution(distribution: Distribution, rank: number): IndependentDistribution {
  return new IndependentDistribution(distribution, rank);
}

/** What {@link independentDistribution} makes. */
export class IndependentDistribution extends AbstractModule implements Distribution {
  readonly distribution: Distribution;
  readonly rank: number;
  readonly batchShape: Shape;
  readonly eventShape: Shape;

  constructor(distribution: Distribution, rank: number) {
    super();
    const { batchShape, eventShape } = distribution;
    if (!Number.isInteger(rank) || rank < 0 || rank > batchShape.length) {
      throw new OptionError(
        `independentDistribution: expected a rank from 0 to ${batchShape.length}, the axes of batch shape ` +
          `${formatShape(batchShape)}, got ${rank}.`,
      );
    }
    this.distribution = distribution;
    this.rank = rank;
    this.batchShape = batchShape.slice(0, batchShape.length - rank);
    this.eventShape = [...batchShape.slice(batchShape.length - rank), ...eventShape];
  }

  logProb(x: TensorLike): tf.Tensor {
    return tf.tidy(() => {
      const value = asTensor(x, "IndependentDistribution.logProb");
      checkEvent("IndependentDistribution.logProb", value.shape, this);
      return sumRightmost(this.distribution.logProb(value), this.rank);
    });
  }

  sample(key: Key, sampleShape: Shape = []): tf.Tensor {
    return this.distribution.sample(key, sampleShape);
  }

  sampleAndLogProb(key: Key, sampleShape: Shape = []): [sample: tf.Tensor, logProb: tf.Tensor] {
    return tf.tidy(() => {
      const [sample, logProb] = this.distribution.sampleAndLogProb(key, sampleShape);
      return [sample, sumRightmost(logProb, this.rank)];
    });
  }

  override parameters(): ParameterTree {
    return parameterTree({ distribution: this.distribution });
  }
}

/** Codec of {@link IndependentDistribution}. */
export const independentCodec: Codec<IndependentDistribution> = defineCodec({
  type: "pushforward/independent-distribution",
  version: 1,
  is: (value): value is IndependentDistribution => value instanceof IndependentDistribution,
  encode: (value, registry) => ({ distribution: { ...registry.encode(value.distribution) }, rank: value.rank }),
  decode: (config, registry) => {
    const type = "pushforward/independent-distribution";
    const c = new ConfigReader(type, config);
    const distribution = c.object("distribution", registry, isDistribution, "a distribution");
    const rank = c.count("rank", { min: 0 });
    c.end();
    return constructStored(type, () => independentDistribution(distribution, rank));
  },
});
