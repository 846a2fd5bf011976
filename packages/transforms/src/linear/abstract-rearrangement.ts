import { type Bijection, type Shape, ShapeError, type ValueAndLogDet } from "@pushforward/core";
import { asTensor, formatShape } from "@pushforward/core/extend";
import * as tf from "@tensorflow/tfjs-core";
import { refuseContext } from "../refuse-context.ts";

/** What a rearrangement does in one direction: events of a batch `[rows, ...from]` become `[rows, ...to]`. */
type Rearrange = (x: tf.Tensor, from: Shape, to: Shape) => tf.Tensor;

/** Base class of bijections that put the numbers of an event into another shape: `log|det| = 0`. */
export abstract class AbstractRearrangement implements Bijection {
  readonly eventRankIn: number;
  readonly eventRankOut: number;
  readonly inverseKind = "analytic";
  /** What errors call it. */
  protected readonly label: string;

  protected constructor(label: string, eventRankIn: number, eventRankOut: number) {
    this.label = label;
    this.eventRankIn = eventRankIn;
    this.eventRankOut = eventRankOut;
  }

  /** The shape of y; undefined where x does not fit. */
  protected abstract shapeAfter(eventShape: Shape): Shape | undefined;
  /** The shape of x; undefined where y does not fit. */
  protected abstract shapeBefore(eventShape: Shape): Shape | undefined;
  /** What the shapes must be, for errors. */
  protected abstract expected(isForward: boolean): string;
  /** The values in their new places. */
  protected abstract rearrange(x: tf.Tensor, from: Shape, to: Shape): tf.Tensor;
  /** The values back in their old places. */
  protected abstract restore(y: tf.Tensor, from: Shape, to: Shape): tf.Tensor;

  forwardShape(eventShape: Shape): Shape {
    return this.after("forwardShape", eventShape, true);
  }

  inverseShape(eventShape: Shape): Shape {
    return this.after("inverseShape", eventShape, false);
  }

  forward(x: tf.Tensor, context?: tf.Tensor): tf.Tensor {
    return this.map("forward", x, context, true)[0];
  }

  inverse(y: tf.Tensor, context?: tf.Tensor): tf.Tensor {
    return this.map("inverse", y, context, false)[0];
  }

  forwardAndLogDet(x: tf.Tensor, context?: tf.Tensor): ValueAndLogDet {
    const [value, batch] = this.map("forwardAndLogDet", x, context, true);
    return [value, tf.zeros([...batch])];
  }

  inverseAndLogDet(y: tf.Tensor, context?: tf.Tensor): ValueAndLogDet {
    const [value, batch] = this.map("inverseAndLogDet", y, context, false);
    return [value, tf.zeros([...batch])];
  }

  private map(method: string, x: tf.Tensor, context: tf.Tensor | undefined, isForward: boolean): [tf.Tensor, Shape] {
    const where = `${this.label}.${method}`;
    refuseContext(where, context);
    const apply: Rearrange = (value, from, to) =>
      isForward ? this.rearrange(value, from, to) : this.restore(value, from, to);
    let batch: Shape = [];
    const value = tf.tidy(() => {
      const input = asTensor(x, where);
      const rank = isForward ? this.eventRankIn : this.eventRankOut;
      const from = input.shape.slice(Math.max(0, input.rank - rank));
      const to = this.after(method, from, isForward);
      batch = input.shape.slice(0, input.rank - rank);
      return tf.reshape(apply(tf.reshape(input, [-1, ...from]), from, to), [...batch, ...to]);
    });
    return [value, batch];
  }

  private after(method: string, eventShape: Shape, isForward: boolean): Shape {
    const rank = isForward ? this.eventRankIn : this.eventRankOut;
    const found =
      eventShape.length !== rank ? undefined : isForward ? this.shapeAfter(eventShape) : this.shapeBefore(eventShape);
    if (found !== undefined) return found;
    throw new ShapeError(
      `${this.label}.${method}: expected ${this.expected(isForward)}, got shape ${formatShape(eventShape)}.`,
    );
  }
}
