import { type Bijection, type Shape, ShapeError, type ValueAndLogDet } from "@pushforward/core";
import { asTensor, formatShape } from "@pushforward/core/extend";
import { clip, stopGradient } from "@pushforward/ops";
import * as tf from "@tensorflow/tfjs-core";
import { outside } from "../outside.ts";
import { refuseContext } from "../refuse-context.ts";

/** How much the squared length of a vector may differ from 1. */
const OFF_SPHERE = 1e-4;
/** Stands for the distance of a pole from the axis, where the logarithm and the angle have no gradient. */
const POLE = 1e-15;

/** Components of unit vectors as angles need them, each `[...batch]`. */
export interface SpherePoint {
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
export abstract class AbstractSphereCoordinates implements Bijection {
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
  /** How far inside of their range coordinates are, at least; negative outside. */
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

/** The length of a vector in a plane, with a gradient of 0 where it is 0. */
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
