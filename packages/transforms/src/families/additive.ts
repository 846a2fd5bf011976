import type { Bijection, BijectionFamily, Codec } from "@pushforward/core";
import {
  classCodec,
  type Direction,
  type LoweredMap,
  type PlanBuilder,
  type PlanMatrix,
} from "@pushforward/core/extend";
import { shiftStep } from "@pushforward/ops";
import * as tf from "@tensorflow/tfjs-core";
import { BoundBijection } from "./bound-bijection.ts";

/**
 * The family `y = x + t` with one parameter t. Zero gives the identity; `log|∂y/∂x| = 0`: it preserves volume.
 *
 * @see Dinh et al. 2015, NICE: Non-linear Independent Components Estimation, https://arxiv.org/abs/1410.8516
 */
export class AdditiveFamily implements BijectionFamily {
  readonly type = "pushforward/additive";
  readonly parameterCount = 1;

  /** The map of parameters `[...batch, 1]`, which it borrows. Throws `ShapeError` for another last axis. */
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
