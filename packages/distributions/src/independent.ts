import {
  type Bijection,
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
  checkOptions,
  classCodec,
  constructStored,
  defineCodec,
  field,
  formatShape,
  isDistribution,
  parameterTree,
} from "@pushforward/core/extend";
import { sumRightmost } from "@pushforward/ops";
import { concatenate, Identity } from "@pushforward/transforms";
import * as tf from "@tensorflow/tfjs-core";
import { checkEvent } from "./config.ts";

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

/** Result of {@link independentDistribution}. */
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

/** Options of {@link Joint}. */
export interface JointOptions {
  /** Distributions of vectors or of single numbers, without batch axes. */
  readonly parts: readonly Distribution[];
}

/**
 * Independent distributions as a joint distribution: events are the concatenated events of the parts, and log-densities
 * are added. An example is a prior of a uniform rate and a normal offset. If parts are bounded, it has a `support`.
 *
 * Shapes: events `[n]`, n being the numbers of all parts together.
 *
 * @throws {OptionError} no parts, or a part with events that are no vectors or numbers, or a part with batch axes.
 * @example
 * const prior = joint([new Uniform({ low: [0], high: [1] }), new StandardNormal({ features: 2 })]);
 * prior.sample(createKey(0), [100]); // → shape [100, 3]
 */
export class Joint extends AbstractModule implements Distribution {
  readonly parts: readonly Distribution[];
  readonly batchShape: Shape = [];
  readonly eventShape: Shape;
  private readonly widths: readonly number[];

  constructor(options: JointOptions) {
    checkOptions("Joint", options, { parts: true });
    const { parts } = options;
    super();
    if (parts.length === 0) throw new OptionError("joint: expected at least 1 part, got none.");
    for (const [i, { batchShape, eventShape }] of parts.entries()) {
      if (batchShape.length === 0 && eventShape.length <= 1) continue;
      throw new OptionError(
        `joint: expected part ${i} to be a distribution of vectors without batch axes, got event shape ` +
          `${formatShape(eventShape)} and batch shape ${formatShape(batchShape)}.`,
      );
    }
    this.parts = [...parts];
    this.widths = parts.map(({ eventShape: [width = 1] }) => width);
    this.eventShape = [this.widths.reduce((a, b) => a + b)];
  }

  /** From ℝⁿ onto the supports of the parts, if any part has one. */
  get support(): Bijection | undefined {
    const supports = this.parts.map(({ support }) => support);
    if (supports.every((support) => support === undefined)) return undefined;
    return concatenate({ parts: supports.map((support) => support ?? new Identity()), sizes: this.widths });
  }

  logProb(x: TensorLike): tf.Tensor {
    return tf.tidy(() => {
      const value = asTensor(x, "Joint.logProb");
      checkEvent("Joint.logProb", value.shape, this);
      const columns = tf.split(value, [...this.widths], -1);
      return this.sum(columns.map((part, i) => this.part(i).logProb(this.eventsOf(part, i))));
    });
  }

  sample(key: Key, sampleShape: Shape = []): tf.Tensor {
    return tf.tidy(() => {
      const draws = this.parts.map((part, i) => this.columnsOf(part.sample(key.fold(i), sampleShape), i));
      return tf.concat(draws, -1);
    });
  }

  sampleAndLogProb(key: Key, sampleShape: Shape = []): [sample: tf.Tensor, logProb: tf.Tensor] {
    return tf.tidy(() => {
      const pairs = this.parts.map((part, i) => part.sampleAndLogProb(key.fold(i), sampleShape));
      return [
        tf.concat(
          pairs.map(([draws], i) => this.columnsOf(draws, i)),
          -1,
        ),
        this.sum(pairs.map(([, logProb]) => logProb)),
      ];
    });
  }

  override parameters(): ParameterTree {
    return parameterTree({ parts: this.parts });
  }

  private part(i: number): Distribution {
    return this.parts[i] as Distribution;
  }

  /** Events of part `i`. Parts of single numbers have no event axis. */
  private eventsOf(columns: tf.Tensor, i: number): tf.Tensor {
    return this.part(i).eventShape.length === 1 ? columns : tf.squeeze(columns, [-1]);
  }

  private columnsOf(events: tf.Tensor, i: number): tf.Tensor {
    return this.part(i).eventShape.length === 1 ? events : tf.expandDims(events, -1);
  }

  private sum(values: readonly tf.Tensor[]): tf.Tensor {
    return values.reduce((sum, value) => tf.add(sum, value));
  }
}

/**
 * A {@link Joint} distribution.
 *
 * @throws the errors of `Joint`.
 * @example
 * joint([new Gamma({ concentration: [2] }), new Laplace({ location: [1] })]).logProb([1.5, 0]);
 */
export function joint(parts: readonly Distribution[]): Joint {
  return new Joint({ parts });
}

/** Codec of {@link Joint}. */
export const jointCodec: Codec<Joint> = classCodec("pushforward/joint", Joint, {
  parts: field.objects(isDistribution, "distributions"),
});
