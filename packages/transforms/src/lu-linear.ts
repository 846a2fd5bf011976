import {
  type Bijection,
  type Codec,
  ConfigReader,
  checkPlanColumns,
  type Direction,
  defineCodec,
  disposeParameters,
  type Json,
  type Key,
  type LoweredMap,
  type Module,
  OptionError,
  type Parameter,
  type ParameterTree,
  type PlanBuilder,
  type PlanMatrix,
  parameter,
  parameterTree,
  type Shape,
  type ValueAndLogDet,
} from "@pushforward/core";
import { luLinear, luLinearStep, matMul } from "@pushforward/ops";
import * as tf from "@tensorflow/tfjs-core";
import { checkFeatures, constantLogDet, onEvent, sameEventShape } from "./on-event.ts";
import { OFFSET, positiveScale, SMALLEST_SCALE } from "./positive-scale.ts";

/** Whose formula turns the raw diagonal of U into a positive one. */
export type LULinearParameterisation = "pushforward" | "nflows";

/** Options of {@link LULinear}. */
export interface LULinearOptions {
  readonly features: number;
  /** `"pushforward"` when omitted. */
  readonly parameterisation?: LULinearParameterisation;
  /** Draws the start; without one the map starts at the identity. */
  readonly key?: Key;
}

const PARAMETERISATIONS = ["pushforward", "nflows"] as const satisfies readonly LULinearParameterisation[];

/** The diagonal of U is `softplus(raw + offset) + smallest`; for `identity` it is 1. */
const DIAGONALS: Readonly<Record<LULinearParameterisation, { offset: number; smallest: number; identity: number }>> = {
  pushforward: { offset: OFFSET, smallest: SMALLEST_SCALE, identity: 0 },
  nflows: { offset: 0, smallest: 1e-3, identity: Math.log(Math.expm1(1 - 1e-3)) },
};

/**
 * An invertible linear map from its LU factors: `y = L·U·x + b`, L lower triangular with a unit diagonal, U upper
 * triangular with the positive diagonal `d = softplus(raw + log(e − 1))`; `log|det| = Σ log d_i`. The inverse is
 * two triangular solves.
 *
 * The parameter `weight` `[features, features]` holds L below its diagonal, U above, and the raw diagonal of U on it; `shift`
 * is b. Zeros give the identity. With a key the entries off the diagonal start from `U(−1/n, 1/n)`.
 *
 * With `parameterisation: "nflows"` the diagonal is `d = softplus(raw) + 0.001`, that of nflows' `LULinear`, whose `forward`
 * (data to noise) is `forward` here; with a key all of `weight` starts from `U(−1/√n, 1/√n)`, as there.
 *
 * Shapes: x and y `[...batch, features]`, log-det `[...batch]`.
 *
 * @throws {OptionError} `features` is not an integer of at least 1, or `parameterisation` is unknown.
 * @throws {ShapeError} a value with another event shape.
 * @see Oliva et al. 2018, Transformation Autoregressive Networks, https://arxiv.org/abs/1801.09819
 * @example
 * const mix = new LULinear({ features: 3 });
 */
export class LULinear implements Bijection, Module {
  readonly eventRankIn = 1;
  readonly eventRankOut = 1;
  readonly inverseKind = "analytic";
  readonly features: number;
  readonly parameterisation: LULinearParameterisation;
  private readonly weight: Parameter;
  private readonly shift: Parameter;

  constructor(options: LULinearOptions) {
    const n = checkFeatures("LULinear", options.features);
    const { key, parameterisation = "pushforward" } = options;
    if (!PARAMETERISATIONS.includes(parameterisation)) {
      throw new OptionError(
        `LULinear: expected parameterisation "pushforward" or "nflows", got ${JSON.stringify(parameterisation)}.`,
      );
    }
    this.features = n;
    this.parameterisation = parameterisation;
    this.weight = parameter([n, n], startWeight(n, parameterisation, key));
    this.shift = parameter([n]);
  }

  forwardShape(eventShape: Shape): Shape {
    return sameEventShape("LULinear.forwardShape", eventShape, [this.features]);
  }

  inverseShape(eventShape: Shape): Shape {
    return sameEventShape("LULinear.inverseShape", eventShape, [this.features]);
  }

  forward(x: tf.Tensor, context?: tf.Tensor): tf.Tensor {
    return onEvent("LULinear.forward", x, [this.features], context, (value) => this.map(value, false)[0]);
  }

  inverse(y: tf.Tensor, context?: tf.Tensor): tf.Tensor {
    return onEvent("LULinear.inverse", y, [this.features], context, (value) => this.map(value, true)[0]);
  }

  forwardAndLogDet(x: tf.Tensor, context?: tf.Tensor): ValueAndLogDet {
    return onEvent("LULinear.forwardAndLogDet", x, [this.features], context, (value) => this.map(value, false));
  }

  inverseAndLogDet(y: tf.Tensor, context?: tf.Tensor): ValueAndLogDet {
    return onEvent("LULinear.inverseAndLogDet", y, [this.features], context, (value) => this.map(value, true));
  }

  parameters(): ParameterTree {
    return parameterTree({ weight: this.weight, shift: this.shift });
  }

  dispose(): void {
    disposeParameters(this.parameters());
  }

  [Symbol.dispose](): void {
    this.dispose();
  }

  lower(plan: PlanBuilder, direction: Direction, value: PlanMatrix): LoweredMap {
    checkPlanColumns("LULinear", value, this.features);
    const { weight, shift } = this;
    const { offset, smallest } = DIAGONALS[this.parameterisation];
    return luLinearStep(plan, direction, value, { weight, shift, offset, smallest });
  }

  private map(x: tf.Tensor, isInverse: boolean): ValueAndLogDet {
    const n = this.features;
    const weight = this.weight.variable;
    const shift = this.shift.variable;
    const diagonal = tf.sum(tf.mul(weight, tf.eye(n)), 1);
    const { offset, smallest } = DIAGONALS[this.parameterisation];
    const logDiagonal = tf.log(positiveScale(diagonal, offset, smallest));
    // To solve for the unit vectors and multiply is many times faster than to solve for each of many rows.
    if (isInverse && x.size > n * n) {
      const [inverse] = luLinear(tf.eye(n), weight, weight, logDiagonal, undefined, { inverse: true });
      const u = matMul(tf.reshape(tf.sub(x, shift), [-1, n]), inverse);
      return [tf.reshape(u, x.shape), constantLogDet(tf.neg(tf.sum(logDiagonal)), x, 1)];
    }
    return luLinear(x, weight, weight, logDiagonal, shift, { inverse: isInverse });
  }
}

/** Codec of {@link LULinear}. */
export const luLinearCodec: Codec<LULinear, Json> = defineCodec<LULinear, Json>({
  type: "pushforward/lu-linear",
  version: 1,
  is: (value): value is LULinear => value instanceof LULinear,
  encode: ({ features, parameterisation }) => ({
    features,
    ...(parameterisation !== "pushforward" && { parameterisation }),
  }),
  decode: (config) => {
    const reader = new ConfigReader("pushforward/lu-linear", config);
    const features = reader.count("features");
    const parameterisation = reader.has("parameterisation")
      ? reader.oneOf("parameterisation", PARAMETERISATIONS)
      : "pushforward";
    reader.end();
    return new LULinear({ features, parameterisation });
  },
});

function startWeight(
  n: number,
  parameterisation: LULinearParameterisation,
  key: Key | undefined,
): (() => Float32Array) | undefined {
  const { identity } = DIAGONALS[parameterisation];
  const isDiagonal = (i: number): boolean => i % (n + 1) === 0;
  if (key === undefined) {
    return identity === 0
      ? undefined
      : () => Float32Array.from({ length: n * n }, (_, i) => (isDiagonal(i) ? identity : 0));
  }
  if (parameterisation === "nflows") return () => key.uniform(n * n).map((value) => (2 * value - 1) / Math.sqrt(n));
  return () => key.uniform(n * n).map((value, i) => (isDiagonal(i) ? 0 : (2 * value - 1) / n));
}
