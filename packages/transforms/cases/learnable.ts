import type {
  Bijection,
  BijectionFamily,
  Key,
  Parameter,
  ParameterTree,
  Shape,
  ValueAndLogDet,
} from "@pushforward/core";
import {
  AbstractModule,
  type AnyCodec,
  ConfigReader,
  defineCodec,
  isBijectionFamily,
  parameter,
  parameterTree,
  sizeOf,
} from "@pushforward/core/extend";
import type { Tensor } from "@tensorflow/tfjs-core";

/** A family bound to parameters that are the parameters of a module, so that the laws see their gradients too. */
export class Learnable extends AbstractModule implements Bijection {
  readonly eventRankIn = 0;
  readonly eventRankOut = 0;
  readonly inverseKind = "analytic";
  readonly family: BijectionFamily;
  readonly shape: Shape;
  private readonly raw: Parameter;

  constructor(family: BijectionFamily, shape: Shape, values?: ArrayLike<number>) {
    super();
    this.family = family;
    this.shape = shape;
    this.raw = parameter([...shape, family.parameterCount], values);
  }

  forwardShape(eventShape: Shape): Shape {
    return eventShape;
  }

  inverseShape(eventShape: Shape): Shape {
    return eventShape;
  }

  forward(x: Tensor, context?: Tensor): Tensor {
    return this.bound().forward(x, context);
  }

  inverse(y: Tensor, context?: Tensor): Tensor {
    return this.bound().inverse(y, context);
  }

  forwardAndLogDet(x: Tensor, context?: Tensor): ValueAndLogDet {
    return this.bound().forwardAndLogDet(x, context);
  }

  inverseAndLogDet(y: Tensor, context?: Tensor): ValueAndLogDet {
    return this.bound().inverseAndLogDet(y, context);
  }

  override parameters(): ParameterTree {
    return parameterTree({ raw: this.raw });
  }

  private bound(): Bijection {
    return this.family.bind(this.raw.variable);
  }
}

/** Its codec, for the laws of files. */
export const learnableCodec: AnyCodec = defineCodec<Learnable>({
  type: "cases/learnable",
  version: 1,
  is: (value): value is Learnable => value instanceof Learnable,
  encode: (value, registry) => ({ family: { ...registry.encode(value.family) }, shape: value.shape }),
  decode: (config, registry) => {
    const reader = new ConfigReader("cases/learnable", config);
    const family = reader.object("family", registry, isBijectionFamily, "a family");
    const shape = reader.counts("shape");
    reader.end();
    return new Learnable(family, shape);
  },
});

/** Normal parameters of a standard deviation. */
export function random(family: BijectionFamily, shape: Shape, spread: number, key: Key): Learnable {
  const values = key.normal(sizeOf(shape) * family.parameterCount).map((v) => spread * v);
  return new Learnable(family, shape, values);
}

/** Parameters that are +50 or −50. */
export function extreme(family: BijectionFamily, shape: Shape, key: Key): Learnable {
  const values = key.uniform(sizeOf(shape) * family.parameterCount).map((v) => (v < 0.5 ? -50 : 50));
  return new Learnable(family, shape, values);
}
