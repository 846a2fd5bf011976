import {
  type Bijection,
  type BijectionFamily,
  type Codec,
  ConfigReader,
  type Direction,
  defineCodec,
  type Json,
  type LoweredMap,
  type PlanBuilder,
  type PlanMatrix,
} from "@pushforward/core";
import { affine as affineKernel, affineStep } from "@pushforward/ops";
import type { Tensor } from "@tensorflow/tfjs-core";
import { BoundBijection } from "./bound-bijection.ts";

/**
 * The family `y = x·eᵃ + t` with `a = 5·tanh(raw/5)` and two parameters (t, raw): the log-scale is softly bounded to
 * (−5, 5), so that no network output makes a scale overflow. Zeros give the identity; `log|∂y/∂x| = a`.
 *
 * @see Dinh et al. 2017, Density estimation using Real NVP, https://arxiv.org/abs/1605.08803
 */
export class AffineFamily implements BijectionFamily {
  readonly type = "pushforward/affine";
  readonly parameterCount = 2;

  /** The map of parameters `[...batch, 2]`, which it borrows. Throws `ShapeError` for another last axis. */
  bind(parameters: Tensor): Bijection {
    return new BoundBijection("affine", 2, parameters, (x, bound, inverse) => affineKernel(x, bound, { inverse }));
  }

  lower(plan: PlanBuilder, direction: Direction, value: PlanMatrix, parameters: PlanMatrix): LoweredMap {
    return affineStep(plan, direction, value, parameters);
  }
}

/**
 * The affine family `y = x·eᵃ + t`.
 *
 * @example
 * const y = affine().bind(tf.tensor2d([[1, 0.5]])).forward(tf.tensor1d([2]));
 */
export function affine(): AffineFamily {
  return new AffineFamily();
}

/** Codec of {@link AffineFamily}. */
export const affineCodec: Codec<AffineFamily, Json> = defineCodec<AffineFamily, Json>({
  type: "pushforward/affine",
  version: 1,
  is: (value): value is AffineFamily => value instanceof AffineFamily,
  encode: () => ({}),
  decode: (config) => {
    new ConfigReader("pushforward/affine", config).end();
    return new AffineFamily();
  },
});
