import {
  AbstractBijection,
  type Codec,
  classCodec,
  type Direction,
  field,
  type Key,
  type LoweredMap,
  type MapResult,
  OptionError,
  type Parameter,
  type PlanBuilder,
  type PlanMatrix,
  parameter,
} from "@pushforward/core";
import { luLinear, luLinearStep, matMul } from "@pushforward/ops";
import * as tf from "@tensorflow/tfjs-core";
import { checkFeatures } from "./check-features.ts";
import { OFFSET, positiveScale, SMALLEST_SCALE } from "./positive-scale.ts";

/** Whose formula turns the raw diagonal of U into a positive one. */
export type LULinearParameterization = "pushforward" | "nflows";

/** Options of {@link LULinear}. */
export interface LULinearOptions {
  readonly features: number;
  /** `"pushforward"` when omitted. */
  readonly parameterization?: LULinearParameterization;
  /** Draws the start; without one the map starts at the identity. */
  readonly key?: Key;
}

const PARAMETERIZATIONS = ["pushforward", "nflows"] as const satisfies readonly LULinearParameterization[];

/** The diagonal of U is `softplus(raw + offset) + smallest`; for `identity` it is 1. */
const DIAGONALS: Readonly<Record<LULinearParameterization, { offset: number; smallest: number; identity: number }>> = {
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
 * With `parameterization: "nflows"` the diagonal is `d = softplus(raw) + 0.001`, that of nflows' `LULinear`, whose `forward`
 * (data to noise) is `forward` here; with a key all of `weight` starts from `U(−1/√n, 1/√n)`, as there.
 *
 * Shapes: x and y `[...batch, features]`, log-det `[...batch]`.
 *
 * @throws {OptionError} `features` is not an integer of at least 1, or `parameterization` is unknown.
 * @throws {ShapeError} a value with another event shape.
 * @see Oliva et al. 2018, Transformation Autoregressive Networks, https://arxiv.org/abs/1801.09819
 * @example
 * const mix = new LULinear({ features: 3 });
 */
export class LULinear extends AbstractBijection {
  readonly features: number;
  readonly parameterization: LULinearParameterization;
  private readonly weight: Parameter;
  private readonly shift: Parameter;

  constructor({ features, key, parameterization = "pushforward" }: LULinearOptions) {
    const n = checkFeatures("LULinear", features);
    super("LULinear", [n]);
    if (!PARAMETERIZATIONS.includes(parameterization)) {
      throw new OptionError(
        `LULinear: expected parameterization "pushforward" or "nflows", got ${JSON.stringify(parameterization)}.`,
      );
    }
    this.features = n;
    this.parameterization = parameterization;
    this.weight = parameter([n, n], startWeight(n, parameterization, key));
    this.shift = parameter([n]);
  }

  protected forwardMap(x: tf.Tensor): MapResult {
    const weight = this.weight.variable;
    return luLinear(x, weight, weight, this.logDiagonal(), this.shift.variable, { inverse: false });
  }

  protected inverseMap(y: tf.Tensor): MapResult {
    const [n, weight, shift] = [this.features, this.weight.variable, this.shift.variable];
    const logDiagonal = this.logDiagonal();
    if (y.size <= n * n) return luLinear(y, weight, weight, logDiagonal, shift, { inverse: true });
    // To solve for the unit vectors and multiply is many times faster than to solve for each of many rows.
    const [inverse] = luLinear(tf.eye(n), weight, weight, logDiagonal, undefined, { inverse: true });
    const x = matMul(tf.reshape(tf.sub(y, shift), [-1, n]), inverse);
    return [tf.reshape(x, y.shape), tf.neg(tf.sum(logDiagonal))];
  }

  lower(plan: PlanBuilder, direction: Direction, value: PlanMatrix): LoweredMap {
    const { weight, shift } = this;
    const { offset, smallest } = DIAGONALS[this.parameterization];
    return luLinearStep(plan, direction, this.planEvent(value), { weight, shift, offset, smallest });
  }

  private logDiagonal(): tf.Tensor {
    const { offset, smallest } = DIAGONALS[this.parameterization];
    const raw = tf.sum(tf.mul(this.weight.variable, tf.eye(this.features)), 1);
    return tf.log(positiveScale(raw, offset, smallest));
  }
}

/** Codec of {@link LULinear}. */
export const luLinearCodec: Codec<LULinear> = classCodec("pushforward/lu-linear", LULinear, {
  features: field.count(),
  parameterization: {
    ...field.optional("pushforward", field.oneOf(...PARAMETERIZATIONS)),
    formerly: "parameterisation",
  },
});

function startWeight(
  n: number,
  parameterization: LULinearParameterization,
  key: Key | undefined,
): (() => Float32Array) | undefined {
  const { identity } = DIAGONALS[parameterization];
  const isDiagonal = (i: number): boolean => i % (n + 1) === 0;
  if (key === undefined) {
    return identity === 0
      ? undefined
      : () => Float32Array.from({ length: n * n }, (_, i) => (isDiagonal(i) ? identity : 0));
  }
  if (parameterization === "nflows") return () => key.uniform(n * n).map((value) => (2 * value - 1) / Math.sqrt(n));
  return () => key.uniform(n * n).map((value, i) => (isDiagonal(i) ? 0 : (2 * value - 1) / n));
}
