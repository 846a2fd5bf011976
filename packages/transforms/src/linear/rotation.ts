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
import { matMul, rotationStep } from "@pushforward/ops";
import * as tf from "@tensorflow/tfjs-core";
import { checkFeatures } from "../check-features.ts";
import { matrixExponential } from "./matrix-exponential.ts";

/** Options of {@link Rotation}. */
export interface RotationOptions {
  readonly features: number;
  /** Draws W from N(0, 1), a rotation by any angle about any axis; it is 0 without one. */
  readonly key?: Key;
}

/**
 * A rotation, the exponential of a skew-symmetric matrix: `y = exp(W − Wᵀ)·x`, `log|det| = 0`. The inverse is the transpose.
 *
 * The parameter is W (`generator`, `[features, features]`); zeros give the identity, and every rotation is reached. The
 * exponential is computed in float64 once for each call: for up to about 100 features.
 *
 * Shapes: x and y `[...batch, features]`, log-det `[...batch]`.
 *
 * @throws {OptionError} `features` is not an integer of at least 1.
 * @throws {ShapeError} a value with another event shape.
 * @see Golinski et al. 2019, Improving Normalizing Flows via Better Orthogonal Parameterizations; zuko (Rozet et al. 2022),
 * https://github.com/probabilists/zuko
 * @example
 * const turn = new Rotation({ features: 3 });
 */
export class Rotation extends AbstractBijection {
  readonly features: number;
  private readonly generator: Parameter;

  constructor(options: RotationOptions) {
    checkOptions("Rotation", options, { features: true, key: true });
    const { features, key } = options;
    const n = checkFeatures("Rotation", features);
    super("Rotation", [n]);
    this.features = n;
    // In one dimension there is nothing to turn.
    const start = key && (() => key.normal(n * n));
    this.generator = parameter([n, n], start, { trainable: n > 1 });
  }

  protected forwardMap(x: tf.Tensor): MapResult {
    return [matMul(x, tf.transpose(this.matrix())), 0];
  }

  protected inverseMap(y: tf.Tensor): MapResult {
    return [matMul(y, this.matrix()), 0];
  }

  lower(plan: PlanBuilder, direction: Direction, value: PlanMatrix): LoweredMap {
    return rotationStep(plan, direction, this.planEvent(value), this.generator);
  }

  private matrix(): tf.Tensor {
    const generator = this.generator.variable;
    return matrixExponential(tf.sub(generator, tf.transpose(generator)));
  }
}

/** Codec of {@link Rotation}. */
export const rotationCodec: Codec<Rotation> = classCodec("pushforward/rotation", Rotation, { features: field.count() });
