import { type Bijection, type Codec, type Shape, ShapeError, type ValueAndLogDet } from "@pushforward/core";
import { asTensor, classCodec, formatShape } from "@pushforward/core/extend";
import { clip, stopGradient } from "@pushforward/ops";
import * as tf from "@tensorflow/tfjs-core";
import { refuseContext } from "./combinators/members.ts";
import { outside } from "./positive-scale.ts";

/** How much the squared length of a vector may differ from 1. */
const OFF_SPHERE = 1e-4;
/** Distance of a pole from the axis in computations, because the logarithm and the angle have no gradient at 0. */
const POLE = 1e-15;

/** Components of unit vectors for angles, each `[...batch]`. */
interface SpherePoint {
  /** Angle around the axis, from −π to π; 0 at a pole. */
  readonly angle: tf.Tensor;
  /** Distance from the axis, above 0. */
  readonly radius: tf.Tensor;
  /** Height along the axis, from −1 to 1. */
  readonly height: tf.Tensor;
}

/**
 * Base class of coordinates of the sphere S²: bijections from two numbers to a unit vector of three. Log-determinants compare
 * area on the sphere with area in the plane of the coordinates. They are −∞ outside of the range of the coordinates and off
 * the sphere.
 */
abstract class AbstractSphereCoordinates implements Bijection {
  readonly eventRankIn = 1;
  readonly eventRankOut = 1;
  readonly inverseKind = "analytic";
  private readonly label: string;

  protected constructor(label: string) {
    this.label = label;
  }

  /** The point with coordinates a and b, each `[...batch]`. */
  protected abstract pointAt(a: tf.Tensor, b: tf.Tensor): SpherePoint;
  /** The coordinates of a point. */
  protected abstract coordinatesOf(point: SpherePoint): readonly [a: tf.Tensor, b: tf.Tensor];
  /** Log of the area of the sphere for each area of the coordinates at a point. */
  protected abstract logArea(point: SpherePoint): tf.Tensor;
  /** Minimum distance of coordinates from the bounds of their range; negative outside. */
  protected abstract margin(a: tf.Tensor, b: tf.Tensor): tf.Tensor;

  forwardShape(eventShape: Shape): Shape {
    this.check("forwardShape", 2, eventShape);
    return [3];
  }

  inverseShape(eventShape: Shape): Shape {
    this.check("inverseShape", 3, eventShape);
    return [2];
  }

  forward(x: tf.Tensor, context?: tf.Tensor): tf.Tensor {
    return this.call("forward", 2, x, context, ([a, b]) => vectorOf(this.pointAt(a as tf.Tensor, b as tf.Tensor)));
  }

  inverse(y: tf.Tensor, context?: tf.Tensor): tf.Tensor {
    return this.call("inverse", 3, y, context, (vector) => tf.stack([...this.coordinatesOf(pointOf(vector))], -1));
  }

  forwardAndLogDet(x: tf.Tensor, context?: tf.Tensor): ValueAndLogDet {
    return this.call("forwardAndLogDet", 2, x, context, ([a, b]): ValueAndLogDet => {
      const point = this.pointAt(a as tf.Tensor, b as tf.Tensor);
      return [vectorOf(point), outside(this.margin(a as tf.Tensor, b as tf.Tensor), this.logArea(point))];
    });
  }

  inverseAndLogDet(y: tf.Tensor, context?: tf.Tensor): ValueAndLogDet {
    return this.call("inverseAndLogDet", 3, y, context, (vector): ValueAndLogDet => {
      const point = pointOf(vector);
      const squares = tf.addN(vector.map((component) => tf.square(stopGradient(component))));
      const margin = tf.sub(OFF_SPHERE, tf.abs(tf.sub(squares, 1)));
      return [tf.stack([...this.coordinatesOf(point)], -1), outside(margin, tf.neg(this.logArea(point)))];
    });
  }

  private call<T extends tf.TensorContainer>(
    method: string,
    size: number,
    x: tf.Tensor,
    context: tf.Tensor | undefined,
    compute: (components: tf.Tensor[]) => T,
  ): T {
    refuseContext(`${this.label}.${method}`, context);
    return tf.tidy(() => {
      const value = asTensor(x, `${this.label}.${method}`);
      this.check(method, size, value.shape.slice(-1));
      return compute(tf.split(value, size, -1).map((component) => tf.squeeze(component, [-1])));
    });
  }

  private check(method: string, size: number, eventShape: Shape): void {
    if (eventShape.length === 1 && eventShape[0] === size) return;
    const expected = size === 2 ? "two coordinates, an event of shape [2]" : "unit vectors, an event of shape [3]";
    throw new ShapeError(`${this.label}.${method}: expected ${expected}, got shape ${formatShape(eventShape)}.`);
  }
}

/** Length of a vector in a plane, with a gradient of 0 at length 0. */
function hypotenuse(x: tf.Tensor, y: tf.Tensor): tf.Tensor {
  return tf.sqrt(clip(tf.add(tf.square(x), tf.square(y)), POLE ** 2, Number.POSITIVE_INFINITY));
}

function vectorOf({ angle, radius, height }: SpherePoint): tf.Tensor {
  return tf.stack([tf.mul(radius, tf.cos(angle)), tf.mul(radius, tf.sin(angle)), height], -1);
}

/** A vector that is a little too long or too short, by rounding, counts as its direction. */
function pointOf([x, y, z]: tf.Tensor[]): SpherePoint {
  const [east, north, up] = [x as tf.Tensor, y as tf.Tensor, z as tf.Tensor];
  const across = hypotenuse(east, north);
  const length = hypotenuse(across, up);
  // At a pole any angle will do; this one has a gradient.
  const isPole = tf.lessEqual(stopGradient(across), POLE);
  const angle = tf.atan2(tf.where(isPole, tf.zerosLike(north), north), tf.where(isPole, tf.onesLike(east), east));
  return { angle, radius: tf.div(across, length), height: clip(tf.div(up, length), -1, 1) };
}

/** Maximum excess of coordinates over their range by rounding. */
const ROUNDING = 1e-4;
/** Square of the radius used at a pole, where the root has no gradient. */
const POLE_HEIGHT = 1e-30;

/**
 * Cylindrical coordinates of the unit sphere: from an angle φ in radians and a height z to the unit vector
 * `(√(1 − z²)·cos φ, √(1 − z²)·sin φ, z)`. The map preserves area, `log|det| = 0`: a density of (φ, z) on
 * [−π, π] × [−1, 1] is the density on the sphere per unit area.
 *
 * A bijection of the plane becomes a bijection of the sphere in `chain([invert(c), bijection, c])`, and a `Rotation` of
 * three features a bijection of the plane in `chain([c, rotation, invert(c)])`. The log-det is −∞ for coordinates out
 * of range and for vectors with a squared length that differs from 1 by more than 1e-4. The inverse has the angle 0 at
 * the poles. In float32, z is a coarse coordinate near ±1: a point at a distance r from the axis has an error of about
 * 1e-7/r after a round trip.
 *
 * Shapes: x `[...batch, 2]`, y `[...batch, 3]`, log-det `[...batch]`.
 *
 * @throws {ShapeError} a value with a different event shape.
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
    return { angle, radius: tf.sqrt(clip(square, POLE_HEIGHT, 1)), height };
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

const DEGREE = Math.PI / 180;

/**
 * Geographic coordinates of the unit sphere: from latitude λ and longitude φ, in this order and in degrees, to the unit
 * vector `(cos λ·cos φ, cos λ·sin φ, sin λ)`, with `log|det| = log cos λ + 2·log(π/180)`, steradians for each square
 * degree.
 *
 * It prepares rows for a density on the sphere and reads its samples. Inverted, at the data side of a flow, it makes a
 * density of latitude and longitude per square degree, as in the example. The log-density per steradian is the
 * log-density per square degree minus the log-det.
 *
 * The log-det is −∞ outside of [−90, 90] × [−180, 180], and for vectors with a squared length that differs from 1 by
 * more than 1e-4. Values are defined for all longitudes. The inverse has the longitude 0 at the poles.
 *
 * Shapes: x `[...batch, 2]`, y `[...batch, 3]`, log-det `[...batch]`.
 *
 * @throws {ShapeError} a value with a different event shape.
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
