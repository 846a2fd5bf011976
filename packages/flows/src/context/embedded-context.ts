import {
  type Codec,
  type ConditionalDistribution,
  type Conditioner,
  ContextError,
  type Distribution,
  type Key,
  type Module,
  type ParameterTree,
  type Shape,
  type TensorLike,
} from "@pushforward/core";
import {
  asTensor,
  checkOptions,
  classCodec,
  disposeParameters,
  field,
  isConditionalDistribution,
  isConditioner,
  isModule,
  lowerConditioner,
  lowerDistribution,
  type PlanBuilder,
  type PlanMatrix,
  parameterTree,
  shapesEqual,
} from "@pushforward/core/extend";
import { formatShape } from "@pushforward/core/plain";
import { plannedLogProb } from "@pushforward/ops";
import * as tf from "@tensorflow/tfjs-core";
import { checkValue } from "../push.ts";

/** Parts of {@link EmbeddedContext}. */
export interface EmbeddedContextOptions {
  /** Turns a context of the caller into the one that the distribution takes; it takes no context itself. */
  readonly embedding: Conditioner;
  readonly distribution: ConditionalDistribution;
}

/**
 * A conditional distribution behind a network that reads its context: `p(x | c) = q(x | h(c))`. Both are trained
 * together, so that the network learns which summaries of a long context matter.
 *
 * It owns its parts: `dispose()` frees the parameters of both.
 *
 * @throws {ContextError} the network gives another number of outputs than the distribution takes, or takes a context.
 * @example
 * using q = new EmbeddedContext({
 *   embedding: new Mlp({ inputSize: 100, outputSize: 8, key: createKey(0) }),
 *   distribution: nsf({ features: 2, context: 8, key: createKey(1) }),
 * });
 * const series = tf.zeros([100]);
 * q.given(series).sample(createKey(2), [1000]); // → shape [1000, 2]
 */
export class EmbeddedContext implements ConditionalDistribution, Module {
  readonly embedding: Conditioner;
  readonly distribution: ConditionalDistribution;
  readonly contextShape: Shape;

  constructor(options: EmbeddedContextOptions) {
    checkOptions("EmbeddedContext", options, { embedding: true, distribution: true });
    const { embedding, distribution } = options;
    if (!shapesEqual(distribution.contextShape, [embedding.outputSize])) {
      throw new ContextError(
        `EmbeddedContext: expected an embedding with ${formatShape(distribution.contextShape)} outputs, the context of the ` +
          `distribution, got ${embedding.outputSize}.`,
      );
    }
    if (embedding.contextSize > 0) {
      throw new ContextError(
        `EmbeddedContext: expected an embedding without context, got one of ${embedding.contextSize}.`,
      );
    }
    this.embedding = embedding;
    this.distribution = distribution;
    this.contextShape = [embedding.inputSize];
  }

  /** That of the embedding. */
  get acceptsMissing(): boolean {
    return this.embedding.acceptsMissing === true;
  }

  /**
   * The distribution at a context `[...batch, contextSize]`, with batch shape `[...batch]`: a view that borrows both.
   *
   * @throws {ContextError} the context has another shape.
   */
  given(context: TensorLike): Distribution {
    const shape: Shape = tf.tidy(() => [...asTensor(context, "EmbeddedContext.given").shape]);
    if (shape.length === 0 || shape.at(-1) !== this.contextShape[0]) {
      throw new ContextError(
        `EmbeddedContext.given: expected a context of shape [..., ${this.contextShape[0]}], got ${formatShape(shape)}.`,
      );
    }
    return new GivenEmbedded(this, context, shape.slice(0, -1));
  }

  lower(plan: PlanBuilder, value: PlanMatrix, context?: PlanMatrix): readonly PlanMatrix[] {
    const embedded = lowerConditioner(this.embedding, plan, context as PlanMatrix);
    return lowerDistribution(this.distribution, plan, value, embedded);
  }

  parameters(): ParameterTree {
    return parameterTree({ embedding: this.embedding, distribution: this.distribution });
  }

  dispose(): void {
    if (isModule(this.distribution)) this.distribution.dispose();
    disposeParameters(this.embedding.parameters());
  }

  [Symbol.dispose](): void {
    this.dispose();
  }
}

/** It at a context, which it borrows. */
class GivenEmbedded implements Distribution {
  readonly batchShape: Shape;
  readonly eventShape: Shape;
  private readonly model: EmbeddedContext;
  private readonly context: TensorLike;

  constructor(model: EmbeddedContext, context: TensorLike, batchShape: Shape) {
    this.model = model;
    this.context = context;
    this.batchShape = batchShape;
    this.eventShape = tf.tidy(() => [...this.inner().eventShape]);
  }

  logProb(x: TensorLike): tf.Tensor {
    return tf.tidy(() => {
      const where = "EmbeddedContext.given(…).logProb";
      const value = asTensor(x, where);
      checkValue(where, value, this.batchShape, this.eventShape);
      const { eventShape } = this;
      const context = { tensor: asTensor(this.context, where), eventShape: this.model.contextShape };
      return plannedLogProb(this.model, { tensor: value, eventShape }, context) ?? this.inner().logProb(value);
    });
  }

  sample(key: Key, sampleShape: Shape = []): tf.Tensor {
    return tf.tidy(() => this.inner().sample(key, sampleShape));
  }

  sampleAndLogProb(key: Key, sampleShape: Shape = []): [sample: tf.Tensor, logProb: tf.Tensor] {
    return tf.tidy(() => this.inner().sampleAndLogProb(key, sampleShape));
  }

  private inner(): Distribution {
    const { embedding, distribution } = this.model;
    return distribution.given(embedding.apply(asTensor(this.context, "EmbeddedContext.given")));
  }
}

/** Codec of {@link EmbeddedContext}. */
export const embeddedContextCodec: Codec<EmbeddedContext> = classCodec("pushforward/embedded", EmbeddedContext, {
  embedding: field.object(isConditioner, "a conditioner"),
  distribution: field.object(isConditionalDistribution, "a conditional distribution"),
});
