import type { Bijection, BijectionFamily, Codec } from "@pushforward/core";
import {
  checkOptions,
  classCodec,
  type Direction,
  field,
  type LoweredMap,
  type PlanBuilder,
  type PlanMatrix,
} from "@pushforward/core/extend";
import type { AffineForm } from "@pushforward/core/plain";
import { AFFINE_FORM, affine as affineKernel, affineStep, shiftStep } from "@pushforward/ops";
import type { Tensor } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";
import { affineForm, affineOfVersion1, BoundBijection, SCALES } from "./bound-bijection.ts";

/** Options of {@link affine}. */
export interface AffineOptions {
  /**
   * How the scale follows from the second parameter; see {@link AffineFamily}. Defaults: `scale` `"tanh"`, `limit` 5,
   * `offset` 0, `least` 1e-3.
   */
  readonly form?: Partial<AffineForm>;
}

/**
 * The family `y = x·s + t` with two parameters (t, raw); `log|∂y/∂x| = log s`. The scale s is, by `form.scale`,
 *
 * - `"tanh"`: `exp(limit·tanh(raw/limit))`, softly bounded, so that no network output makes a scale overflow;
 * - `"clip"`: `exp(raw/(1 + |raw|/limit))`, from `e^−limit` to `e^limit`;
 * - `"softplus"`: `softplus(raw + offset) + least`;
 * - `"sigmoid"`: `sigmoid(raw + offset) + least`.
 *
 * Zeros give the identity in the first two.
 *
 * @see Dinh et al. 2017, Density estimation using Real NVP, https://arxiv.org/abs/1605.08803
 */
export class AffineFamily implements BijectionFamily {
  readonly type = "pushforward/affine";
  readonly parameterCount = 2;
  readonly form: AffineForm;

  constructor(options: AffineOptions = {}) {
    checkOptions("affine", options, { form: true });
    const { form = {} } = options;
    this.form = affineForm(form);
  }

  /**
   * Returns the map with parameters `[...batch, 2]`, which it borrows. Throws `ShapeError` for a different last axis.
   */
  bind(parameters: Tensor): Bijection {
    const { form } = this;
    return new BoundBijection("affine", 2, parameters, (x, bound, inverse) =>
      affineKernel(x, bound, { inverse, form }),
    );
  }

  lower(plan: PlanBuilder, direction: Direction, value: PlanMatrix, parameters: PlanMatrix): LoweredMap {
    return affineStep(plan, direction, value, parameters, this.form);
  }
}

/**
 * The affine family `y = x·s + t`.
 *
 * @throws {OptionError} `form` has an unknown scale, or a number that is out of range or that its scale does not use.
 * @example
 * const y = affine().bind(tf.tensor2d([[1, 0.5]])).forward(tf.tensor1d([2]));
 * const z = affine({ form: { scale: "softplus" } }).bind(tf.tensor2d([[1, 0.5]])).forward(tf.tensor1d([2]));
 */
export function affine(options: AffineOptions = {}): AffineFamily {
  return new AffineFamily(options);
}

const formField = field.form<AffineForm>((form) => ({
  scale: form.oneOf("scale", SCALES),
  limit: form.number("limit"),
  offset: form.number("offset"),
  least: form.number("least"),
}));

/** Codec of {@link AffineFamily}. */
export const affineCodec: Codec<AffineFamily> = classCodec(
  "pushforward/affine",
  AffineFamily,
  { form: field.optional(AFFINE_FORM, formField) },
  { version: 2, migrate: affineOfVersion1 },
);

/**
 * The family `y = x + t` with one parameter t. Zero produces the identity; `log|∂y/∂x| = 0`: it preserves volume.
 *
 * @see Dinh et al. 2015, NICE: Non-linear Independent Components Estimation, https://arxiv.org/abs/1410.8516
 */
export class AdditiveFamily implements BijectionFamily {
  readonly type = "pushforward/additive";
  readonly parameterCount = 1;

  /**
   * Returns the map with parameters `[...batch, 1]`, which it borrows. Throws `ShapeError` for a different last axis.
   */
  bind(parameters: tf.Tensor): Bijection {
    return new BoundBijection("additive", 1, parameters, (x, bound, inverse) => {
      const shift = tf.reshape(bound, x.shape);
      return [inverse ? tf.sub(x, shift) : tf.add(x, shift), tf.zeros(x.shape)];
    });
  }

  lower(plan: PlanBuilder, direction: Direction, value: PlanMatrix, parameters: PlanMatrix): LoweredMap {
    return shiftStep(plan, direction, value, parameters);
  }
}

/**
 * The additive family `y = x + t`.
 *
 * @example
 * additive().bind(tf.tensor2d([[1]])).forward(tf.tensor1d([2])); // → [3]
 */
export function additive(): AdditiveFamily {
  return new AdditiveFamily();
}

/** Codec of {@link AdditiveFamily}. */
export const additiveCodec: Codec<AdditiveFamily> = classCodec("pushforward/additive", AdditiveFamily, {});
