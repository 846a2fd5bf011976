import {
  type Codec,
  type ConditionalDistribution,
  type Conditioner,
  ContextError,
  type Distribution,
  type Module,
  type ParameterTree,
  type Shape,
  type TensorLike,
} from "@pushforward/core";
import {
  checkOptions,
  classCodec,
  disposeParameters,
  field,
  GivenContext,
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
import type * as tf from "@tensorflow/tfjs-core";

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
    const { contextShape } = this;
    const inner = (raw: tf.Tensor): Distribution => this.distribution.given(this.embedding.apply(raw));
    return new GivenContext(context, {
      ...{ where: "EmbeddedContext", contextShape },
      eventShape: (raw) => inner(raw).eventShape,
      logProb: (x, { context: raw, eventShape }) =>
        plannedLogProb(this, { tensor: x, eventShape }, { tensor: raw, eventShape: contextShape }) ??
        inner(raw).logProb(x),
      sample: (key, sampleShape, at) => inner(at.context).sample(key, sampleShape),
      sampleAndLogProb: (key, sampleShape, at) => inner(at.context).sampleAndLogProb(key, sampleShape),
    });
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

/** Codec of {@link EmbeddedContext}. */
export const embeddedContextCodec: Codec<EmbeddedContext> = classCodec("pushforward/embedded", EmbeddedContext, {
  embedding: field.object(isConditioner, "a conditioner"),
  distribution: field.object(isConditionalDistribution, "a conditional distribution"),
});
