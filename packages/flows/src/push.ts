import { type Bijection, type Distribution, type Key, type Shape, ShapeError } from "@pushforward/core";
import { broadcastShapes, formatShape, shapesEqual } from "@pushforward/core/extend";
import { plannedLogProb, sumRightmost } from "@pushforward/ops";
import * as tf from "@tensorflow/tfjs-core";
import { plannedForward, plannedForwardAndLogDet, plannedTail } from "./planned.ts";

/** The event shape of a transformed base with events `baseShape`. */
export function pushedShape(where: string, baseShape: Shape, transform: Bijection): Shape {
  const extra = baseShape.length - transform.eventRankIn;
  if (extra < 0) {
    throw new ShapeError(
      `${where}: expected a base with events of rank ${transform.eventRankIn}, ` +
        `got event shape ${formatShape(baseShape)}. Turn batch axes of the base into event axes with independent().`,
    );
  }
  return [...baseShape.slice(0, extra), ...transform.forwardShape(baseShape.slice(extra))];
}

/** `log p(x) = log p_base(T⁻¹(x)) + log|det ∂T⁻¹/∂x|`. */
export function pushedLogProb(
  base: Distribution,
  transform: Bijection,
  x: tf.Tensor,
  context: tf.Tensor | undefined,
): tf.Tensor {
  const split = plannedTail(base, transform, (tail) => pushedShape("logProb", base.eventShape, tail));
  if (split !== undefined) {
    const { head, tail, distribution } = split;
    const [between, logDet] = head.inverseAndLogDet(x);
    const planned = plannedLogProb(distribution, { tensor: between, eventShape: distribution.eventShape });
    const extra = pushedShape("logProb", distribution.eventShape, head).length - head.eventRankOut;
    const ofHead = extra === 0 ? logDet : sumRightmost(logDet, extra);
    return tf.add(planned ?? pushedByTensors(base, tail, between, undefined), ofHead);
  }
  return pushedByTensors(base, transform, x, context);
}

function pushedByTensors(
  base: Distribution,
  transform: Bijection,
  x: tf.Tensor,
  context: tf.Tensor | undefined,
): tf.Tensor {
  const given = contextFor(transform, context);
  const [u, logDet] = transform.inverseAndLogDet(x, given);
  return tf.add(base.logProb(u), overEvent(logDet, base, transform));
}

/** Base samples, pushed forward. `shape` is the argument of `sample` of the base. */
export function pushedSample(
  base: Distribution,
  transform: Bijection,
  key: Key,
  shape: Shape,
  context: tf.Tensor | undefined,
): tf.Tensor {
  const u = base.sample(key, shape);
  const given = contextFor(transform, context);
  return plannedForward(transform, u, base.eventShape, given) ?? transform.forward(u, given);
}

/** The same draws with their log-densities. */
export function pushedSampleAndLogProb(
  base: Distribution,
  transform: Bijection,
  key: Key,
  shape: Shape,
  context: tf.Tensor | undefined,
): [sample: tf.Tensor, logProb: tf.Tensor] {
  const [u, baseLogProb] = base.sampleAndLogProb(key, shape);
  const given = contextFor(transform, context);
  const planned = plannedForwardAndLogDet(transform, u, base.eventShape, given);
  if (planned !== undefined) return [planned[0], logProbOfDraws(baseLogProb, planned[1])];
  const [x, logDet] = transform.forwardAndLogDet(u, given);
  return [x, logProbOfDraws(baseLogProb, overEvent(logDet, base, transform))];
}

/**
 * The log-density of draws. A log-det of −∞ means that the draw is outside the image of the map: the density is 0, not
 * infinite.
 */
function logProbOfDraws(baseLogProb: tf.Tensor, logDet: tf.Tensor): tf.Tensor {
  const difference = tf.sub(baseLogProb, logDet);
  const isBeyond = tf.equal(tf.add(logDet, tf.zerosLike(difference)), Number.NEGATIVE_INFINITY);
  return tf.where(isBeyond, tf.fill(difference.shape, Number.NEGATIVE_INFINITY), difference);
}

/** Checks that x is `[...sample, ...batch, ...event]`. */
export function checkValue(where: string, x: tf.Tensor, batchShape: Shape, eventShape: Shape): void {
  const split = x.rank - eventShape.length;
  if (split < 0 || !shapesEqual(x.shape.slice(split), eventShape)) {
    throw new ShapeError(`${where}: expected x of shape [..., ${eventShape.join(", ")}], got ${formatShape(x.shape)}.`);
  }
  if (broadcastShapes(x.shape.slice(0, split), batchShape) === undefined) {
    throw new ShapeError(
      `${where}: expected x with batch axes that broadcast with ${formatShape(batchShape)}, got ${formatShape(x.shape)}.`,
    );
  }
}

function contextFor(transform: Bijection, context: tf.Tensor | undefined): tf.Tensor | undefined {
  return transform.contextShape === undefined ? undefined : context;
}

/** The log-det of an event: summed over the additional event axes of the base. */
function overEvent(logDet: tf.Tensor, base: Distribution, transform: Bijection): tf.Tensor {
  const extra = base.eventShape.length - transform.eventRankIn;
  return extra === 0 ? logDet : sumRightmost(logDet, extra);
}
