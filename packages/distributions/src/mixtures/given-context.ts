import {
  type ConditionalDistribution,
  ContextError,
  type Distribution,
  type Key,
  type Shape,
  type TensorLike,
} from "@pushforward/core";
import { asTensor, broadcastShapes, formatShape, requireSampling, shapesEqual, sizeOf } from "@pushforward/core/extend";
import { plannedLogProb } from "@pushforward/ops";
import * as tf from "@tensorflow/tfjs-core";
import { checkEvent } from "../config/event-shape.ts";

/** A conditional distribution of vectors that is computed row by row. */
export interface RowModel {
  /** Its name in errors. */
  readonly where: string;
  readonly contextFeatures: number;
  readonly features: number;
  readonly distribution: ConditionalDistribution;
  /** `[rows]` of x `[rows, features]` and contexts `[rows, contextFeatures]`, in the caller's tidy. */
  logProb(x: tf.Tensor, context: tf.Tensor): tf.Tensor;
  /** `copies` draws at each of the contexts `[count, contextFeatures]`, `[copies · count, features]`. */
  sample(key: Key, context: tf.Tensor, copies: number): tf.Tensor;
}

/** A conditional distribution at a context, which it borrows. */
export class GivenContext implements Distribution {
  readonly batchShape: Shape;
  readonly eventShape: Shape;
  private readonly model: RowModel;
  private readonly context: TensorLike;

  /** @throws {ContextError} the context has another shape. */
  constructor(model: RowModel, context: TensorLike) {
    const { where, contextFeatures, features } = model;
    const shape: Shape = tf.tidy(() => [...asTensor(context, `${where}.given`).shape]);
    if (!shapesEqual(shape.slice(-1), [contextFeatures])) {
      throw new ContextError(
        `${where}.given: expected a context of shape [..., ${contextFeatures}], got ${formatShape(shape)}.`,
      );
    }
    this.model = model;
    this.context = context;
    this.batchShape = shape.slice(0, -1);
    this.eventShape = [features];
  }

  logProb(x: TensorLike): tf.Tensor {
    return tf.tidy(() => {
      const { model, eventShape } = this;
      const where = `${model.where}.given(…).logProb`;
      const value = asTensor(x, where);
      checkEvent(where, value.shape, this);
      const context = asTensor(this.context, where);
      const inputs = [
        { tensor: value, eventShape },
        { tensor: context, eventShape: [model.contextFeatures] },
      ] as const;
      const planned = plannedLogProb(model.distribution, ...inputs);
      if (planned !== undefined) return planned;
      const batch = [...(broadcastShapes(value.shape.slice(0, -1), this.batchShape) as Shape)];
      const rows = inputs.map(({ tensor, eventShape: [width] }) =>
        tf.reshape(tf.broadcastTo(tensor, [...batch, width as number]), [sizeOf(batch), width as number]),
      ) as [tf.Tensor, tf.Tensor];
      return tf.reshape(model.logProb(...rows), batch);
    });
  }

  sample(key: Key, sampleShape: Shape = []): tf.Tensor {
    return tf.tidy(() => {
      const { model, batchShape, eventShape } = this;
      requireSampling(`${model.where}.given(…).sample`, key, sampleShape);
      const context = asTensor(this.context, `${model.where}.given(…).sample`);
      const rows = tf.reshape(context, [sizeOf(batchShape), model.contextFeatures]);
      return tf.reshape(model.sample(key, rows, sizeOf(sampleShape)), [...sampleShape, ...batchShape, ...eventShape]);
    });
  }

  sampleAndLogProb(key: Key, sampleShape: Shape = []): [sample: tf.Tensor, logProb: tf.Tensor] {
    return tf.tidy(() => {
      const sample = this.sample(key, sampleShape);
      return [sample, this.logProb(sample)];
    });
  }
}
