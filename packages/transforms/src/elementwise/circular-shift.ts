import type { Codec, Parameter } from "@pushforward/core";
import {
  AbstractElementwise,
  checkOptions,
  classCodec,
  field,
  type MapResult,
  parameter,
} from "@pushforward/core/extend";
import { clip, stopGradient } from "@pushforward/ops";
import * as tf from "@tensorflow/tfjs-core";
import { checkFeatures } from "../check-features.ts";
import { outside } from "../positive-scale.ts";

/** Options of {@link CircularShift}. */
export interface CircularShiftOptions {
  readonly features: number;
}

/** Half a turn, rounded up to float32, so that all angles are inside. */
const HALF = Math.fround(Math.PI);

/**
 * A learned rotation of each circle of a torus: `y = wrap(x + t)`, `wrap(a) = a − 2π·round(a/2π)`, for angles in
 * radians from −π to π, with `log|det| = 0`. It starts at t = 0, the identity.
 *
 * Some layers treat ±π in a special way, such as circular splines. Between such layers, the rotation moves the special
 * angle. Outside [−π, π] the log-det is −∞, and so is the log-density of a flow: reduce angles modulo 2π first.
 *
 * Shapes: x and y `[...batch, features]`, log-det `[...batch]`.
 *
 * @throws {OptionError} `features` is not an integer of at least 1.
 * @throws {ShapeError} a value with a different event shape.
 * @see Rezende et al. 2020, Normalizing Flows on Tori and Spheres, https://arxiv.org/abs/2002.02428
 * @example
 * const layers = [new CircularShift({ features: 2 }), new CircularShift({ features: 2 })];
 * chain(layers).forward(tf.tensor1d([3, -1])); // → [3, -1]
 */
export class CircularShift extends AbstractElementwise {
  readonly features: number;
  private readonly shift: Parameter;

  constructor(options: CircularShiftOptions) {
    checkOptions("CircularShift", options, { features: true });
    const { features } = options;
    const n = checkFeatures("CircularShift", features);
    super("CircularShift", [n]);
    this.features = n;
    this.shift = parameter([n]);
  }

  protected forwardMap(x: tf.Tensor): MapResult {
    return turned(x, this.shift.variable);
  }

  protected inverseMap(y: tf.Tensor): MapResult {
    return turned(y, tf.neg(this.shift.variable));
  }
}

function turned(angle: tf.Tensor, shift: tf.Tensor): MapResult {
  const sum = tf.add(angle, shift);
  const turns = tf.round(tf.div(stopGradient(sum), 2 * Math.PI));
  const wrapped = clip(tf.sub(sum, tf.mul(turns, 2 * Math.PI)), -HALF, HALF);
  return [wrapped, outside(tf.sub(HALF, tf.abs(angle)), tf.zerosLike(angle))];
}

/** Codec of {@link CircularShift}. */
export const circularShiftCodec: Codec<CircularShift> = classCodec("pushforward/circular-shift", CircularShift, {
  features: field.count(),
});
