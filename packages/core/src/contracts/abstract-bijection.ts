import * as tf from "@tensorflow/tfjs-core";
import { broadcastShapes, formatShape, type Shape, shapesEqual, sizeOf } from "../arrays/shape.ts";
import { asTensor } from "../arrays/tensor-like.ts";
import { ContextError, DomainError, ShapeError } from "../errors/errors.ts";
import { type PlanMatrix, refuseToLower } from "../plan/plan.ts";
import type { Bijection, ValueAndLogDet } from "./bijection.ts";
import { AbstractModule } from "./module.ts";

/**
 * Return value of the map of an author: the value, and the log-determinant of each event. A number is the
 * log-determinant of all events.
 */
export type MapResult = readonly [value: tf.Tensor, logDet: tf.Tensor | number];

/**
 * Base class of bijections with a fixed event shape. A subclass implements `forwardMap` and `inverseMap`, which return a value
 * and its log-determinant. The base class checks shapes, wraps each call in one `tf.tidy`, broadcasts a constant
 * log-determinant, and registers parameters that are fields. A context is rejected unless its size is given; the maps then
 * receive value and context with equal batch axes.
 *
 * A map that is not defined at the parameters throws a `DomainError` of the form `expected X, got Y.`; the base class puts
 * the class and the method before it.
 *
 * Where a value alone is much cheaper than the pair, override `forwardValue` or `inverseValue`. Where kernels exist,
 * implement `lower`, with {@link AbstractBijection.planEvent} for its input.
 *
 * @example
 * class Doubling extends AbstractBijection {
 *   constructor(features: number) {
 *     super("Doubling", [features]);
 *   }
 *   protected forwardMap(x: tf.Tensor): MapResult {
 *     return [tf.mul(x, 2), sizeOf(this.eventShape) * Math.log(2)];
 *   }
 *   protected inverseMap(y: tf.Tensor): MapResult {
 *     return [tf.div(y, 2), -sizeOf(this.eventShape) * Math.log(2)];
 *   }
 * }
 * new Doubling(2).forward(tf.tensor1d([1, 3])); // → [2, 6]
 */
export abstract class AbstractBijection extends AbstractModule implements Bijection {
  readonly eventShape: Shape;
  readonly eventRankIn: number;
  readonly eventRankOut: number;
  readonly inverseKind: Bijection["inverseKind"] = "analytic";
  readonly contextShape?: Shape;
  /** Name in error messages. It is passed explicitly, because a minifier renames classes. */
  protected readonly label: string;

  /**
   * @param label name in errors.
   * @param eventShape shape of the events on both sides. `[]`: every element is a separate event.
   * @param contextSize width of the context. 0: no context.
   */
  protected constructor(label: string, eventShape: Shape = [], contextSize = 0) {
    super();
    this.label = label;
    this.eventShape = eventShape;
    this.eventRankIn = eventShape.length;
    this.eventRankOut = eventShape.length;
    if (contextSize > 0) this.contextShape = [contextSize];
  }

  /** `[f(x), log|det ∂f/∂x|]`. */
  protected abstract forwardMap(x: tf.Tensor, context?: tf.Tensor): MapResult;

  /** `[f⁻¹(y), log|det ∂f⁻¹/∂y|]`. */
  protected abstract inverseMap(y: tf.Tensor, context?: tf.Tensor): MapResult;

  /** `f(x)` alone. */
  protected forwardValue(x: tf.Tensor, context?: tf.Tensor): tf.Tensor {
    return this.forwardMap(x, context)[0];
  }

  /** `f⁻¹(y)` alone. */
  protected inverseValue(y: tf.Tensor, context?: tf.Tensor): tf.Tensor {
    return this.inverseMap(y, context)[0];
  }

  forwardShape(eventShape: Shape): Shape {
    return this.sameShape("forwardShape", eventShape);
  }

  inverseShape(eventShape: Shape): Shape {
    return this.sameShape("inverseShape", eventShape);
  }

  forward(x: tf.Tensor, context?: tf.Tensor): tf.Tensor {
    return this.call("forward", x, context, (value, given) => owned(this.forwardValue(value, given), value));
  }

  inverse(y: tf.Tensor, context?: tf.Tensor): tf.Tensor {
    return this.call("inverse", y, context, (value, given) => owned(this.inverseValue(value, given), value));
  }

  forwardAndLogDet(x: tf.Tensor, context?: tf.Tensor): ValueAndLogDet {
    return this.call("forwardAndLogDet", x, context, (value, given) => this.pair(this.forwardMap(value, given), value));
  }

  inverseAndLogDet(y: tf.Tensor, context?: tf.Tensor): ValueAndLogDet {
    return this.call("inverseAndLogDet", y, context, (value, given) => this.pair(this.inverseMap(value, given), value));
  }

  /** The log-determinant per event, `[...batch]`, from the result of a map. */
  protected logDetOf(logDet: tf.Tensor | number, x: tf.Tensor): tf.Tensor {
    const batch = x.shape.slice(0, x.rank - this.eventRankIn);
    if (typeof logDet === "number") return tf.fill(batch, logDet);
    return shapesEqual(logDet.shape, batch) ? logDet : tf.add(tf.zeros(batch), logDet);
  }

  /** Checks that the rows of a plan matrix are events, and returns the matrix. */
  protected planEvent(value: PlanMatrix): PlanMatrix {
    const columns = sizeOf(this.eventShape);
    if (value.columns !== columns) {
      refuseToLower(`${this.label} maps ${columns} columns, and the events have ${value.columns}`);
    }
    return value;
  }

  private pair([value, logDet]: MapResult, x: tf.Tensor): ValueAndLogDet {
    return [owned(value, x), owned(this.logDetOf(logDet, x), x)];
  }

  private call<T extends tf.TensorContainer>(
    method: string,
    x: tf.Tensor,
    context: tf.Tensor | undefined,
    compute: (x: tf.Tensor, context: tf.Tensor | undefined) => T,
  ): T {
    const where = `${this.label}.${method}`;
    this.checkContext(where, context);
    return tf.tidy(() => {
      const input = asTensor(x, where);
      // Without this check broadcasting would stretch one feature over many.
      if (!endsWith(input.shape, this.eventShape)) {
        throw new ShapeError(
          `${where}: expected a value with event shape ${formatShape(this.eventShape)}, got shape ${formatShape(input.shape)}.`,
        );
      }
      const [value, given] = context === undefined ? [input] : this.withContext(where, input, context);
      try {
        return compute(value, given);
      } catch (error) {
        // A map knows what is wrong, not which method was called.
        if (!(error instanceof DomainError) || !error.message.startsWith("expected")) throw error;
        throw new DomainError(`${where}: ${error.message}`, { cause: error });
      }
    });
  }

  private checkContext(where: string, context: tf.Tensor | undefined): void {
    const width = this.contextShape?.[0];
    if (width === undefined) {
      if (context === undefined) return;
      throw new ContextError(
        `${where}: expected no context, got one of shape ${formatShape(context.shape)}. Give it to a conditional flow.`,
      );
    }
    if (context?.shape.at(-1) === width) return;
    const got = context === undefined ? "none" : formatShape(context.shape);
    throw new ContextError(`${where}: expected a context of shape [..., ${width}], got ${got}.`);
  }

  /** A value and a context with the same batch axes. */
  private withContext(where: string, x: tf.Tensor, context: tf.Tensor): [value: tf.Tensor, context: tf.Tensor] {
    const batch = broadcastShapes(x.shape.slice(0, x.rank - this.eventRankIn), context.shape.slice(0, -1));
    if (batch === undefined) {
      throw new ContextError(
        `${where}: expected a context with batch axes that broadcast with a value of shape ${formatShape(x.shape)}, ` +
          `got ${formatShape(context.shape)}.`,
      );
    }
    const over = (value: tf.Tensor, end: Shape): tf.Tensor =>
      shapesEqual(value.shape, [...batch, ...end]) ? value : tf.broadcastTo(value, [...batch, ...end]);
    return [over(x, this.eventShape), over(context, context.shape.slice(-1))];
  }

  private sameShape(method: string, got: Shape): Shape {
    if (endsWith(got, this.eventShape)) return got;
    throw new ShapeError(
      `${this.label}.${method}: expected event shape ${formatShape(this.eventShape)}, got ${formatShape(got)}.`,
    );
  }
}

/** A copy of a tensor of the caller, who owns every result. */
function owned(result: tf.Tensor, input: tf.Tensor): tf.Tensor {
  return result === input ? tf.clone(result) : result;
}

function endsWith(shape: Shape, end: Shape): boolean {
  return shape.length >= end.length && shapesEqual(shape.slice(shape.length - end.length), end);
}
