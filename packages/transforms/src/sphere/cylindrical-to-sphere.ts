import type { Codec } from "@pushforward/core";
import { classCodec } from "@pushforward/core/extend";
import { clip } from "@pushforward/ops";
import * as tf from "@tensorflow/tfjs-core";
import { AbstractSphereCoordinates, type SpherePoint } from "./abstract-sphere-coordinates.ts";

/** How far rounding may take coordinates beyond their range. */
const ROUNDING = 1e-4;
/** Square of the radius that stands for that of a pole, whose root has no gradient. */
const POLE = 1e-30;

/**
 * Cylindrical coordinates of the unit sphere: from an angle φ in radians and a height z to the unit vector
 * `(√(1 − z²)·cos φ, √(1 − z²)·sin φ, z)`. The map preserves area, `log|det| = 0`: a density of (φ, z) on
 * [−π, π] × [−1, 1] is the density on the sphere per unit area.
 *
 * A bijection of the plane becomes one of the sphere in `chain([invert(c), bijection, c])`, and a `Rotation` of three
 * features one of the plane in `chain([c, rotation, invert(c)])`. The log-det is −∞ for coordinates outside of their range
 * and for vectors whose squared length differs from 1 by more than 1e-4. The inverse has the angle 0 at the poles. In float32
 * z is a coarse coordinate near ±1: a point at a distance r from the axis comes back with an error of about 1e-7/r.
 *
 * Shapes: x `[...batch, 2]`, y `[...batch, 3]`, log-det `[...batch]`.
 *
 * @throws {ShapeError} a value with another event shape.
 * @see Rezende et al. 2020, Normalizing Flows on Tori and Spheres, https://arxiv.org/abs/2002.02428
 * @example
 * new CylindricalToSphere().forward(tf.tensor1d([Math.PI / 2, 0.6])); // → [0, 0.8, 0.6]
 */
export class CylindricalToSphere extends AbstractSphereCoordinates {
  constructor() {
    super("CylindricalToSphere");
  }

  protected pointAt(angle: tf.Tensor, z: tf.Tensor): SpherePoint {
    const height = clip(z, -1, 1);
    // Both factors are exact near their pole, where 1 − z² is not.
    const square = tf.mul(tf.sub(1, height), tf.add(1, height));
    return { angle, radius: tf.sqrt(clip(square, POLE, 1)), height };
  }

  protected coordinatesOf({ angle, height }: SpherePoint): readonly [tf.Tensor, tf.Tensor] {
    return [angle, height];
  }

  protected logArea({ height }: SpherePoint): tf.Tensor {
    return tf.zerosLike(height);
  }

  protected margin(angle: tf.Tensor, z: tf.Tensor): tf.Tensor {
    return tf.minimum(tf.sub(Math.PI + ROUNDING, tf.abs(angle)), tf.sub(1 + ROUNDING, tf.abs(z)));
  }
}

/** Codec of {@link CylindricalToSphere}. */
export const cylindricalToSphereCodec: Codec<CylindricalToSphere> = classCodec(
  "pushforward/cylindrical-to-sphere",
  CylindricalToSphere,
  {},
);
