import { type Bijection, type Shape, ShapeError, type ValueAndLogDet } from "@pushforward/core";
import { asTensor, broadcastShapes, formatShape, shapesEqual } from "@pushforward/core/extend";
import * as tf from "@tensorflow/tfjs-core";
import { refuseContext } from "../refuse-context.ts";

/** An elementwise map and its log-derivative; x `[...batch]` and parameters `[...batch, count]` have one batch shape. */
export type ElementwiseKernel = (x: tf.Tensor, parameters: tf.Tensor, inverse: boolean) => ValueAndLogDet;

/**
 * A family with its parameters: an elementwise bijection of event rank 0. It borrows the parameters and owns nothing.
 * Batch axes of the value and of the parameters broadcast.
 */
export class BoundBijection implements Bijection {
  readonly eventRankIn = 0;
  readonly eventRankOut = 0;
  readonly inverseKind: Bijection["inverseKind"];
  private readonly where: string;
  private readonly bound: tf.Tensor;
  private readonly kernel: ElementwiseKernel;

  constructor(
    where: string,
    parameterCount: number,
    parameters: tf.Tensor,
    kernel: ElementwiseKernel,
    inverseKind: Bijection["inverseKind"] = "analytic",
  ) {
    if (parameters.shape.at(-1) !== parameterCount) {
      throw new ShapeError(
        `${where}.bind: expected parameters with a last axis of ${parameterCount}, got shape ${formatShape(parameters.shape)}.`,
      );
    }
    this.where = where;
    this.bound = parameters;
    this.kernel = kernel;
    this.inverseKind = inverseKind;
  }

  forwardShape(eventShape: Shape): Shape {
    return eventShape;
  }

  inverseShape(eventShape: Shape): Shape {
    return eventShape;
  }

  forward(x: tf.Tensor, context?: tf.Tensor): tf.Tensor {
    return tf.tidy(() => this.map("forward", x, context, false)[0]);
  }

  inverse(y: tf.Tensor, context?: tf.Tensor): tf.Tensor {
    return tf.tidy(() => this.map("inverse", y, context, true)[0]);
  }

  forwardAndLogDet(x: tf.Tensor, context?: tf.Tensor): ValueAndLogDet {
    return tf.tidy(() => this.map("forwardAndLogDet", x, context, false));
  }

  inverseAndLogDet(y: tf.Tensor, context?: tf.Tensor): ValueAndLogDet {
    return tf.tidy(() => this.map("inverseAndLogDet", y, context, true));
  }

  private map(method: string, x: tf.Tensor, context: tf.Tensor | undefined, isInverse: boolean): ValueAndLogDet {
    const where = `${this.where}.${method}`;
    refuseContext(where, context);
    const input = asTensor(x, where);
    const parameters = asTensor(this.bound, where);
    const parameterBatch = parameters.shape.slice(0, -1);
    const batch = broadcastShapes(input.shape, parameterBatch);
    if (batch === undefined) {
      throw new ShapeError(
        `${where}: expected a value that broadcasts with the batch shape ${formatShape(parameterBatch)} of the parameters, got shape ${formatShape(input.shape)}.`,
      );
    }
    return this.kernel(
      broadcast(input, batch),
      broadcast(parameters, [...batch, parameters.shape.at(-1) as number]),
      isInverse,
    );
  }
}

function broadcast(x: tf.Tensor, shape: Shape): tf.Tensor {
  return shapesEqual(x.shape, shape) ? x : tf.broadcastTo(x, [...shape]);
}
