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
  type Parameter,
  type ParameterTree,
  type PlanBuilder,
  type PlanMatrix,
  parameter,
  parameterTree,
  type Shape,
  type ValueAndLogDet,
} from "@pushforward/core";
import { luLinear, luLinearStep, matMul, softplus } from "@pushforward/ops";
import * as tf from "@tensorflow/tfjs-core";
import { checkFeatures, constantLogDet, onEvent, sameEventShape } from "./on-event.ts";
import { checkParameterisation, readParameterisation } from "./parameterisation.ts";
import { OFFSET, SMALLEST_SCALE } from "./positive-scale.ts";

/** What the diagonal of U is made of; see {@link LULinear}. */
export type LULinearParameterisation = "pushforward" | "nflows";

const PARAMETERISATIONS: readonly LULinearParameterisation[] = ["pushforward", "nflows"];

/** What is added to the raw diagonal, before softplus, and what to the diagonal. */
const DIAGONALS: Readonly<Record<LULinearParameterisation, { readonly offset: number; readonly smallest: number }>> = {
  pushforward: { offset: OFFSET, smallest: SMALLEST_SCALE },
  nflows: { offset: 0, smallest: 1e-3 },
};

/** Options of {@link LULinear}. */
export interface LULinearOptions {
  readonly features: number;
  /** Whose formula turns a raw number into one of the diagonal; `"pushforward"` when omitted. */
  readonly parameterisation?: LULinearParameterisation;
  /** Draws the entries off the diagonal; without one they start at 0 and the map at the identity. */
  readonly key?: Key;
}

/**
 * An invertible linear map from its LU factors: `y = L·U·x + b`, L lower triangular with a unit diagonal, U upper
 * triangular with the positive diagonal `d = softplus(raw + log(e − 1))`; `log|det| = Σ log d_i`. The inverse is
 * two triangular solves. With the parameterisation of nflows' `LULinear`, `d = softplus(raw) + 0.001`; nflows maps data to
 * noise, so the layer of a flow is the inverse of this.
 *
 * The parameter `weight` `[features, features]` holds L below its diagonal, U above, and the raw diagonal of U on it. It
 * starts at the identity, which zeros give with the first parameterisation. With a key the entries off the diagonal start from `U(−1/n, 1/n)`.
 *
 * Shapes: x and y `[...batch, features]`, log-det `[...batch]`.
 *
 * @throws {OptionError} `features` is not an integer of at least 1, or `parameterisation` unknown.
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
  /** `[features, features]`: L below the diagonal, U above, the raw diagonal of U on it. */
  readonly weight: Parameter;
  /** `[features]`. */
  readonly shift: Parameter;

  constructor(options: LULinearOptions) {
    const n = checkFeatures("LULinear", options.features);
    this.features = n;
    const { key } = options;
    this.parameterisation = checkParameterisation("LULinear", PARAMETERISATIONS, options).parameterisation;
    const start = this.parameterisation === "nflows" ? Math.log(Math.expm1(1 - DIAGONALS.nflows.smallest)) : 0;
    this.weight = parameter([n, n], key === undefined && start === 0 ? undefined : () => startWeight(n, start, key));
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
    return luLinearStep(plan, direction, value, { weight, shift, ...DIAGONALS[this.parameterisation] });
  }

  private map(x: tf.Tensor, isInverse: boolean): ValueAndLogDet {
    const n = this.features;
    const weight = this.weight.variable;
    const shift = this.shift.variable;
    const diagonal = tf.sum(tf.mul(weight, tf.eye(n)), 1);
    const { offset, smallest } = DIAGONALS[this.parameterisation];
    const logDiagonal = tf.log(tf.add(softplus(tf.add(diagonal, offset)), smallest));
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
  encode: ({ features, parameterisation }) =>
    parameterisation === "pushforward" ? { features } : { features, parameterisation },
  decode: (config) => {
    const reader = new ConfigReader("pushforward/lu-linear", config);
    const features = reader.count("features");
    const choice = readParameterisation(reader, PARAMETERISATIONS, false);
    reader.end();
    return new LULinear({ features, ...choice });
  },
});

function startWeight(n: number, diagonal: number, key: Key | undefined): Float32Array {
  const values = key?.uniform(n * n).map((value) => (2 * value - 1) / n) ?? new Float32Array(n * n);
  return values.map((value, i) => (i % (n + 1) === 0 ? diagonal : value));
}
