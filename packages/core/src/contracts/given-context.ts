import * as tf from "@tensorflow/tfjs-core";
import { broadcastShapes, formatShape, type Shape, shapesEqual } from "../arrays/shape.ts";
import { asTensor, requireSampling, type TensorLike } from "../arrays/tensor-like.ts";
import { ContextError, ShapeError } from "../errors/errors.ts";
import type { Key } from "../key.ts";
import type { Bijection } from "./bijection.ts";
import type { Distribution } from "./distribution.ts";

/** A context `[...batchShape, ...contextShape]` as a tensor, and the events there. */
export interface AtContext {
  readonly context: tf.Tensor;
  readonly batchShape: Shape;
  readonly eventShape: Shape;
}

/** Functions of a conditional distribution at a context. They run in a tidy of the caller. */
export interface ContextModel {
  /** Its name in errors. */
  readonly where: string;
  /** Shape of a single context. */
  readonly contextShape: Shape;
  /** Shape of an event, or a function that computes it from a context. */
  readonly eventShape: Shape | ((context: tf.Tensor) => Shape);
  readonly support?: () => Bijection | undefined;
  /** Log-densities of checked values `[...sample, ...batch, ...event]`. */
  readonly logProb: (x: tf.Tensor, at: AtContext) => tf.Tensor;
  readonly sample: (key: Key, sampleShape: Shape, at: AtContext) => tf.Tensor;
  /** Default: draws, then their log-densities. */
  readonly sampleAndLogProb?: (key: Key, sampleShape: Shape, at: AtContext) => [sample: tf.Tensor, logProb: tf.Tensor];
}

/**
 * A conditional distribution at a context. It borrows model and context, owns no memory and needs no disposal. Contexts
 * given as plain numbers are copied in each call.
 *
 * @throws {ContextError} the context has the wrong shape.
 */
export class GivenContext implements Distribution {
  readonly batchShape: Shape;
  readonly eventShape: Shape;
  private readonly context: TensorLike;
  private readonly model: ContextModel;

  constructor(context: TensorLike, model: ContextModel) {
    const { contextShape, eventShape } = model;
    const where = `${model.where}.given`;
    let shape: Shape = [];
    let event: Shape = [];
    tf.tidy(() => {
      const tensor = asTensor(context, where);
      shape = [...tensor.shape];
      if (!endsWith(shape, contextShape)) {
        throw new ContextError(
          `${where}: expected a context of shape [..., ${contextShape.join(", ")}], got ${formatShape(shape)}.`,
        );
      }
      event = [...(typeof eventShape === "function" ? eventShape(tensor) : eventShape)];
    });
    this.context = context;
    this.model = model;
    this.batchShape = shape.slice(0, shape.length - contextShape.length);
    this.eventShape = event;
  }

  get support(): Bijection | undefined {
    return this.model.support?.();
  }

  logProb(x: TensorLike): tf.Tensor {
    return tf.tidy(() => {
      const where = `${this.model.where}.given(…).logProb`;
      const value = asTensor(x, where);
      this.checkValue(where, value.shape);
      return this.model.logProb(value, this.at(where));
    });
  }

  sample(key: Key, sampleShape: Shape = []): tf.Tensor {
    const where = `${this.model.where}.given(…).sample`;
    requireSampling(where, key, sampleShape);
    return tf.tidy(() => this.model.sample(key, sampleShape, this.at(where)));
  }

  sampleAndLogProb(key: Key, sampleShape: Shape = []): [sample: tf.Tensor, logProb: tf.Tensor] {
    const where = `${this.model.where}.given(…).sampleAndLogProb`;
    requireSampling(where, key, sampleShape);
    return tf.tidy(() => {
      const at = this.at(where);
      if (this.model.sampleAndLogProb !== undefined) return this.model.sampleAndLogProb(key, sampleShape, at);
      const sample = this.model.sample(key, sampleShape, at);
      return [sample, this.model.logProb(sample, at)];
    });
  }

  private at(where: string): AtContext {
    return { context: asTensor(this.context, where), batchShape: this.batchShape, eventShape: this.eventShape };
  }

  private checkValue(where: string, shape: Shape): void {
    const { batchShape, eventShape } = this;
    if (!endsWith(shape, eventShape)) {
      throw new ShapeError(`${where}: expected x of shape [..., ${eventShape.join(", ")}], got ${formatShape(shape)}.`);
    }
    if (broadcastShapes(shape.slice(0, shape.length - eventShape.length), batchShape) === undefined) {
      throw new ShapeError(
        `${where}: expected x with batch axes that broadcast with ${formatShape(batchShape)}, got ${formatShape(shape)}.`,
      );
    }
  }
}

function endsWith(shape: Shape, end: Shape): boolean {
  return shape.length >= end.length && shapesEqual(shape.slice(shape.length - end.length), end);
}
