import {
  asTensor,
  ContextError,
  formatShape,
  OptionError,
  type Shape,
  ShapeError,
  shapesEqual,
} from "@pushforward/core";
import * as tf from "@tensorflow/tfjs-core";

/**
 * Runs one tensor method of a bijection that takes no context and whose event shape is known: checks the input, then
 * computes inside one `tf.tidy`. `compute` must not return its input itself, because the caller owns the result.
 */
export function onEvent<T extends tf.TensorContainer>(
  where: string,
  x: tf.Tensor,
  eventShape: Shape,
  context: tf.Tensor | undefined,
  compute: (x: tf.Tensor) => T,
): T {
  refuseContext(where, context);
  return tf.tidy(() => {
    const input = asTensor(x, where);
    // Without this check broadcasting would stretch one feature over many.
    if (!endsWith(input.shape, eventShape)) {
      throw new ShapeError(
        `${where}: expected a value with event shape ${formatShape(eventShape)}, got shape ${formatShape(input.shape)}.`,
      );
    }
    return compute(input);
  });
}

/** The event shape of the other side of a bijection that keeps shapes; axes to the left of its own event may follow. */
export function sameEventShape(where: string, got: Shape, eventShape: Shape): Shape {
  if (!endsWith(got, eventShape)) {
    throw new ShapeError(`${where}: expected event shape ${formatShape(eventShape)}, got ${formatShape(got)}.`);
  }
  return got;
}

/** Refuses a context. */
export function refuseContext(where: string, context: tf.Tensor | undefined): void {
  if (context !== undefined) {
    throw new ContextError(
      `${where}: expected no context, got one of shape ${formatShape(context.shape)}. Give it to a conditional flow.`,
    );
  }
}

/** A log-determinant that is the same for every event, with the batch shape of the value. */
export function constantLogDet(logDet: tf.Tensor | number, x: tf.Tensor, eventRank: number): tf.Tensor {
  const batchShape = x.shape.slice(0, x.rank - eventRank);
  return typeof logDet === "number" ? tf.fill(batchShape, logDet) : tf.add(tf.zeros(batchShape), logDet);
}

/** The count of features, checked. */
export function checkFeatures(where: string, features: number): number {
  if (!Number.isSafeInteger(features) || features < 1) {
    throw new OptionError(`${where}: expected features to be an integer of at least 1, got ${String(features)}.`);
  }
  return features;
}

function endsWith(shape: Shape, eventShape: Shape): boolean {
  return shape.length >= eventShape.length && shapesEqual(shape.slice(shape.length - eventShape.length), eventShape);
}
