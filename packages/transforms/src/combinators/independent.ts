import {
  type Bijection,
  type Codec,
  type Json,
  OptionError,
  type ParameterTree,
  type Shape,
  ShapeError,
  type ValueAndLogDet,
} from "@pushforward/core";
import {
  AbstractElementwise,
  AbstractModule,
  ConfigReader,
  classCodec,
  type Direction,
  defineCodec,
  describeValue,
  formatShape,
  isBijection,
  type LoweredMap,
  lowerBijection,
  type MapResult,
  type PlanBuilder,
  type PlanMatrix,
  parameterTree,
} from "@pushforward/core/extend";
import { sumRightmost } from "@pushforward/ops";
import type { Tensor } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";

/**
 * A bijection with its last `rank` batch axes treated as event axes: the map is the same, the log-determinant is summed
 * over these axes.
 */
export class Independent extends AbstractModule implements Bijection {
  readonly eventRankIn: number;
  readonly eventRankOut: number;
  readonly inverseKind: "analytic" | "iterative" | "none";
  readonly contextShape?: Shape;
  readonly bijection: Bijection;
  readonly rank: number;

  constructor(bijection: Bijection, rank: number) {
    super();
    if (!isBijection(bijection)) throw new OptionError(`independent: expected a bijection, got ${typeof bijection}.`);
    if (!Number.isSafeInteger(rank) || rank < 0) {
      throw new OptionError(`independent: expected rank to be an integer of at least 0, got ${describeValue(rank)}.`);
    }
    this.bijection = bijection;
    this.rank = rank;
    this.eventRankIn = bijection.eventRankIn + rank;
    this.eventRankOut = bijection.eventRankOut + rank;
    this.inverseKind = bijection.inverseKind;
    if (bijection.contextShape !== undefined) this.contextShape = bijection.contextShape;
  }

  forwardShape(eventShape: Shape): Shape {
    const { bijection, eventRankIn } = this;
    return lift("independent.forwardShape", eventShape, eventRankIn, bijection.eventRankIn, (event) =>
      bijection.forwardShape(event),
    );
  }

  inverseShape(eventShape: Shape): Shape {
    const { bijection, eventRankOut } = this;
    return lift("independent.inverseShape", eventShape, eventRankOut, bijection.eventRankOut, (event) =>
      bijection.inverseShape(event),
    );
  }

  forward(x: tf.Tensor, context?: tf.Tensor): tf.Tensor {
    this.forwardShape(eventOf("independent.forward", x, this.eventRankIn));
    return this.bijection.forward(x, context);
  }

  inverse(y: tf.Tensor, context?: tf.Tensor): tf.Tensor {
    this.inverseShape(eventOf("independent.inverse", y, this.eventRankOut));
    return this.bijection.inverse(y, context);
  }

  forwardAndLogDet(x: tf.Tensor, context?: tf.Tensor): ValueAndLogDet {
    this.forwardShape(eventOf("independent.forwardAndLogDet", x, this.eventRankIn));
    return tf.tidy(() => this.sum(this.bijection.forwardAndLogDet(x, context)));
  }

  inverseAndLogDet(y: tf.Tensor, context?: tf.Tensor): ValueAndLogDet {
    this.inverseShape(eventOf("independent.inverseAndLogDet", y, this.eventRankOut));
    return tf.tidy(() => this.sum(this.bijection.inverseAndLogDet(y, context)));
  }

  lower(plan: PlanBuilder, direction: Direction, value: PlanMatrix, context?: PlanMatrix): LoweredMap {
    return lowerBijection(this.bijection, plan, direction, value, context);
  }

  override parameters(): ParameterTree {
    return parameterTree({ bijection: this.bijection });
  }

  private sum([value, logDet]: ValueAndLogDet): ValueAndLogDet {
    return [value, sumRightmost(logDet, this.rank)];
  }
}

/**
 * A bijection with its last `rank` batch axes read as event axes.
 *
 * @throws {OptionError} not a bijection, or `rank` is not an integer of at least 0.
 * @throws {ShapeError} a value with fewer axes than the event has.
 * @example
 * const images = independent(new AffineElementwise({ features: 28 }), 1); // events [height, 28]
 */
export function independent(bijection: Bijection, rank: number): Independent {
  return new Independent(bijection, rank);
}

/** Codec of {@link Independent}. */
export const independentCodec: Codec<Independent, Json> = defineCodec<Independent, Json>({
  type: "pushforward/independent",
  version: 1,
  is: (value): value is Independent => value instanceof Independent,
  encode: (value, registry) => ({ bijection: { ...registry.encode(value.bijection) }, rank: value.rank }),
  decode: (config, registry) => {
    const reader = new ConfigReader("pushforward/independent", config);
    const bijection = reader.object("bijection", registry, isBijection, "a bijection");
    const rank = reader.count("rank", { min: 0, max: 16 });
    reader.end();
    return new Independent(bijection, rank);
  },
});

function eventOf(where: string, x: tf.Tensor, rank: number): Shape {
  if (x.rank < rank) {
    throw new ShapeError(`${where}: expected a value with at least ${rank} axes, got shape ${formatShape(x.shape)}.`);
  }
  return x.shape.slice(x.rank - rank);
}

function lift(where: string, shape: Shape, rank: number, inner: number, map: (event: Shape) => Shape): Shape {
  if (shape.length < rank) {
    throw new ShapeError(`${where}: expected an event shape with at least ${rank} axes, got ${formatShape(shape)}.`);
  }
  const extra = shape.length - inner;
  return [...shape.slice(0, extra), ...map(shape.slice(extra))];
}

/** A bijection the other way round: its forward is the inverse of the one inside. */
export class Inverse extends AbstractModule implements Bijection {
  readonly eventRankIn: number;
  readonly eventRankOut: number;
  readonly inverseKind = "analytic";
  readonly contextShape?: Shape;
  readonly bijection: Bijection;

  constructor(bijection: Bijection) {
    super();
    if (!isBijection(bijection)) throw new OptionError(`invert: expected a bijection, got ${typeof bijection}.`);
    this.bijection = bijection;
    this.eventRankIn = bijection.eventRankOut;
    this.eventRankOut = bijection.eventRankIn;
    if (bijection.contextShape !== undefined) this.contextShape = bijection.contextShape;
  }

  forwardShape(eventShape: Shape): Shape {
    return this.bijection.inverseShape(eventShape);
  }

  inverseShape(eventShape: Shape): Shape {
    return this.bijection.forwardShape(eventShape);
  }

  forward(x: Tensor, context?: Tensor): Tensor {
    return this.bijection.inverse(x, context);
  }

  inverse(y: Tensor, context?: Tensor): Tensor {
    return this.bijection.forward(y, context);
  }

  forwardAndLogDet(x: Tensor, context?: Tensor): ValueAndLogDet {
    return this.bijection.inverseAndLogDet(x, context);
  }

  inverseAndLogDet(y: Tensor, context?: Tensor): ValueAndLogDet {
    return this.bijection.forwardAndLogDet(y, context);
  }

  lower(plan: PlanBuilder, direction: Direction, value: PlanMatrix, context?: PlanMatrix): LoweredMap {
    return lowerBijection(this.bijection, plan, direction === "forward" ? "inverse" : "forward", value, context);
  }

  override parameters(): ParameterTree {
    return parameterTree({ bijection: this.bijection });
  }
}

/**
 * The inverse of a bijection as a bijection. Inverse twice, it is the same object again.
 *
 * @throws {OptionError} not a bijection.
 * @example
 * const standardize = invert(new ConstantAffine({ shift: [3], scale: [2] }));
 * standardize.forward(tf.tensor1d([7])); // → [2]
 */
export function invert(bijection: Bijection): Bijection {
  return bijection instanceof Inverse ? bijection.bijection : new Inverse(bijection);
}

/** Codec of {@link Inverse}. */
export const inverseCodec: Codec<Inverse, Json> = defineCodec<Inverse, Json>({
  type: "pushforward/inverted",
  version: 1,
  is: (value): value is Inverse => value instanceof Inverse,
  encode: (value, registry) => ({ bijection: { ...registry.encode(value.bijection) } }),
  decode: (config, registry) => {
    const reader = new ConfigReader("pushforward/inverted", config);
    const bijection = reader.object("bijection", registry, isBijection, "a bijection");
    reader.end();
    return new Inverse(bijection);
  },
});

/**
 * The map `y = x`, `log|det| = 0`, of event rank 0. The results are copies that the caller owns.
 *
 * @example
 * new Identity().forward(tf.tensor1d([1, 2])); // → [1, 2]
 */
export class Identity extends AbstractElementwise {
  constructor() {
    super("Identity");
  }

  protected forwardMap(x: Tensor): MapResult {
    return [x, 0];
  }

  protected inverseMap(y: Tensor): MapResult {
    return [y, 0];
  }

  lower(_plan: PlanBuilder, _direction: Direction, value: PlanMatrix): LoweredMap {
    return { value, logDets: [] };
  }
}

/** Codec of {@link Identity}. */
export const identityCodec: Codec<Identity> = classCodec("pushforward/identity", Identity, {});
