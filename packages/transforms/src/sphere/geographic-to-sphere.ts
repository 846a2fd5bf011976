import type { Codec } from "@pushforward/core";
import { classCodec } from "@pushforward/core/extend";
import { clip } from "@pushforward/ops";
import * as tf from "@tensorflow/tfjs-core";
import { AbstractSphereCoordinates, type SpherePoint } from "./abstract-sphere-coordinates.ts";

const DEGREE = Math.PI / 180;
/** Cosine of the latitude that stands for that of a pole, whose logarithm has no gradient. */
const POLE = 1e-15;

/**
 * Geographic coordinates of the unit sphere: from latitude λ and longitude φ, in this order and in degrees, to the unit
 * vector `(cos λ·cos φ, cos λ·sin φ, sin λ)`, with `log|det| = log cos λ + 2·log(π/180)`, steradians for each square degree.
 *
 * It prepares rows for a density on the sphere and reads its samples. Inverted, at the data side of a flow, it makes a
 * density of latitude and longitude per square degree, as in the example. The log-density per steradian is that minus the
 * log-det.
 *
 * The log-det is −∞ outside of [−90, 90] × [−180, 180], and for vectors whose squared length differs from 1 by more than
 * 1e-4. Values are defined for all longitudes. The inverse has the longitude 0 at the poles.
 *
 * Shapes: x `[...batch, 2]`, y `[...batch, 3]`, log-det `[...batch]`.
 *
 * @throws {ShapeError} a value with another event shape.
 * @example
 * const geographic = new GeographicToSphere();
 * geographic.forward(tf.tensor2d([[90, 0], [0, 180]])); // → [[0, 0, 1], [-1, 0, 0]]
 * const uniform = new VonMisesFisher({ meanDirection: [0, 0, 1], concentration: 0 });
 * using onMap = new Flow(uniform, invert(geographic));
 * onMap.logProb([[0, 0], [60, 0]]); // → [-10.6275, -11.3206]
 */
export class GeographicToSphere extends AbstractSphereCoordinates {
  constructor() {
    super("GeographicToSphere");
  }

  protected pointAt(latitude: tf.Tensor, longitude: tf.Tensor): SpherePoint {
    const radians = tf.mul(clip(latitude, -90, 90), DEGREE);
    const radius = clip(tf.cos(radians), POLE, 1);
    return { angle: tf.mul(longitude, DEGREE), radius, height: tf.sin(radians) };
  }

  protected coordinatesOf({ angle, radius, height }: SpherePoint): readonly [tf.Tensor, tf.Tensor] {
    return [tf.div(tf.atan2(height, radius), DEGREE), tf.div(angle, DEGREE)];
  }

  protected logArea({ radius }: SpherePoint): tf.Tensor {
    return tf.add(tf.log(clip(radius, POLE, 1)), 2 * Math.log(DEGREE));
  }

  protected margin(latitude: tf.Tensor, longitude: tf.Tensor): tf.Tensor {
    return tf.minimum(tf.sub(90, tf.abs(latitude)), tf.sub(180, tf.abs(longitude)));
  }
}

/** Codec of {@link GeographicToSphere}. */
export const geographicToSphereCodec: Codec<GeographicToSphere> = classCodec(
  "pushforward/geographic-to-sphere",
  GeographicToSphere,
  {},
);
