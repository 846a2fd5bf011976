import {
  type Bijection,
  type Codec,
  type Json,
  OptionError,
  type ParameterTree,
  type Shape,
  type ValueAndLogDet,
} from "@pushforward/core";
import {
  AbstractModule,
  ConfigReader,
  type Direction,
  defineCodec,
  isBijection,
  type LoweredMap,
  lowerBijection,
  type PlanBuilder,
  type PlanMatrix,
  parameterTree,
} from "@pushforward/core/extend";
import type { Tensor } from "@tensorflow/tfjs-core";

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
