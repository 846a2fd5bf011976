import type { Codec, Key, Parameter } from "@pushforward/core";
import {
  AbstractBijection,
  checkOptions,
  classCodec,
  type Direction,
  field,
  type LoweredMap,
  type MapResult,
  type PlanBuilder,
  type PlanMatrix,
  parameter,
} from "@pushforward/core/extend";
import { luLinear, luLinearStep } from "@pushforward/ops";
import * as tf from "@tensorflow/tfjs-core";
import { checkFeatures } from "../check-features.ts";
import { luLinearOfVersion1 } from "../families/bound-bijection.ts";
import { type PositiveForm, positiveForm, positiveFormField, positiveScale } from "../positive-scale.ts";

/** Options of {@link LULinear}. */
export interface LULinearOptions {
  readonly features: number;
  /** How the diagonal of U follows from raw numbers. Default: an `offset` of `log(e − 1)`, a `smallest` of 1e-30. */
  readonly diagonal?: Partial<PositiveForm>;
  /** Draws the start; without one the map starts at the identity. */
  readonly key?: Key;
}

/**
 * An invertible linear map from its LU factors: `y = L·U·x + b`, L lower triangular with a unit diagonal, U upper
 * triangular with the positive diagonal `d = softplus(raw + offset) + smallest`; `log|det| = Σ log d_i`. The inverse is
 * two triangular solves.
 *
 * The parameter `weight` `[features, features]` stores L below its diagonal, U above, and the raw diagonal of U on it;
 * `shift` is b. It starts at the identity; with a key the entries off the diagonal start from `U(−1/n, 1/n)`.
 *
 * Shapes: x and y `[...batch, features]`, log-det `[...batch]`.
 *
 * @throws {OptionError} `features` is not an integer of at least 1, or a number of `diagonal` is out of range.
 * @throws {ShapeError} a value with a different event shape.
 * @see Oliva et al. 2018, Transformation Autoregressive Networks, https://arxiv.org/abs/1801.09819
 * @example
 * const mix = new LULinear({ features: 3 });
 */
export class LULinear extends AbstractBijection {
  readonly features: number;
  readonly diagonal: PositiveForm;
  private readonly weight: Parameter;
  private readonly shift: Parameter;

  constructor(options: LULinearOptions) {
    checkOptions("LULinear", options, { features: true, diagonal: true, key: true });
    const { features, diagonal = {}, key } = options;
    const n = checkFeatures("LULinear", features);
    super("LULinear", [n]);
    this.features = n;
    this.diagonal = positiveForm("LULinear: expected diagonal.", diagonal);
    this.weight = parameter([n, n], startWeight(n, this.diagonal, key));
    this.shift = parameter([n]);
  }

  protected forwardMap(x: tf.Tensor): MapResult {
    return this.map(x, false);
  }

  protected inverseMap(y: tf.Tensor): MapResult {
    return this.map(y, true);
  }

  lower(plan: PlanBuilder, direction: Direction, value: PlanMatrix): LoweredMap {
    const { weight, shift, diagonal } = this;
    return luLinearStep(plan, direction, this.planEvent(value), { weight, shift, ...diagonal });
  }

  private map(x: tf.Tensor, inverse: boolean): MapResult {
    const [weight, shift] = [this.weight.variable, this.shift.variable];
    const raw = tf.sum(tf.mul(weight, tf.eye(this.features)), 1);
    return luLinear(x, weight, weight, tf.log(positiveScale(raw, this.diagonal)), shift, { inverse });
  }
}

/** Codec of {@link LULinear}. */
export const luLinearCodec: Codec<LULinear> = classCodec(
  "pushforward/lu-linear",
  LULinear,
  { features: field.count(), diagonal: positiveFormField },
  { version: 2, migrate: luLinearOfVersion1 },
);

/** The factors of the identity; with a key, entries off the diagonal are random. Undefined where all are zero. */
function startWeight(n: number, { offset, smallest }: PositiveForm, key?: Key): (() => Float32Array) | undefined {
  const one = Math.log(Math.expm1(1 - smallest)) - offset;
  if (key === undefined && one === 0) return undefined;
  return () => {
    const weight = key?.uniform(n * n).map((value) => (2 * value - 1) / n) ?? new Float32Array(n * n);
    for (let i = 0; i < n; i++) weight[i * (n + 1)] = one;
    return weight;
  };
}
