import {
  type Bijection,
  type Codec,
  type ConditionalDistribution,
  type Conditioner,
  ContextError,
  type Distribution,
  type Module,
  type ParameterTree,
  type Shape,
  type TensorLike,
  type ValueAndLogDet,
} from "@pushforward/core";
import {
  AbstractModule,
  checkOptions,
  classCodec,
  type Direction,
  disposeParameters,
  field,
  GivenContext,
  isBijection,
  isConditionalDistribution,
  isConditioner,
  isModule,
  type LoweredMap,
  lowerBijection,
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
 * @throws {ContextError} the output size of the network differs from the context size of the distribution, or the network needs
 * a context.
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

  /** `true` if the embedding accepts missing numbers. */
  get acceptsMissing(): boolean {
    return this.embedding.acceptsMissing === true;
  }

  /**
   * The distribution at a context `[...batch, contextSize]`, with batch shape `[...batch]`: a view that borrows both.
   *
   * @throws {ContextError} the context has a wrong shape.
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

/** Options of {@link embedContext}. */
export interface EmbedContextOptions {
  /** Turns a context of the caller into the one that the bijection takes; it takes no context itself. */
  readonly embedding: Conditioner;
  readonly bijection: Bijection;
}

/** A bijection behind a network that reads its context. See {@link embedContext}. */
export class EmbedContext extends AbstractModule implements Bijection {
  readonly eventRankIn: number;
  readonly eventRankOut: number;
  readonly inverseKind: Bijection["inverseKind"];
  readonly contextShape: Shape;
  readonly embedding: Conditioner;
  readonly bijection: Bijection;

  constructor(options: EmbedContextOptions) {
    checkOptions("EmbedContext", options, { embedding: true, bijection: true });
    const { embedding, bijection } = options;
    super();
    const { contextShape } = bijection;
    if (contextShape === undefined || !shapesEqual(contextShape, [embedding.outputSize])) {
      throw new ContextError(
        `embedContext: expected an embedding with as many outputs as the bijection has context, got ${embedding.outputSize} ` +
          `outputs for ${contextShape === undefined ? "no context" : `a context of shape ${formatShape(contextShape)}`}.`,
      );
    }
    if (embedding.contextSize > 0) {
      throw new ContextError(
        `embedContext: expected an embedding without context, got one with a context of ${embedding.contextSize}.`,
      );
    }
    this.embedding = embedding;
    this.bijection = bijection;
    this.contextShape = [embedding.inputSize];
    this.eventRankIn = bijection.eventRankIn;
    this.eventRankOut = bijection.eventRankOut;
    this.inverseKind = bijection.inverseKind;
  }

  /** Support of the bijection. */
  get support(): Bijection | undefined {
    return this.bijection.support;
  }

  forwardShape(eventShape: Shape): Shape {
    return this.bijection.forwardShape(eventShape);
  }

  inverseShape(eventShape: Shape): Shape {
    return this.bijection.inverseShape(eventShape);
  }

  forward(x: tf.Tensor, context?: tf.Tensor): tf.Tensor {
    return tf.tidy(() => this.bijection.forward(x, this.embed("forward", context)));
  }

  inverse(y: tf.Tensor, context?: tf.Tensor): tf.Tensor {
    return tf.tidy(() => this.bijection.inverse(y, this.embed("inverse", context)));
  }

  forwardAndLogDet(x: tf.Tensor, context?: tf.Tensor): ValueAndLogDet {
    return tf.tidy(() => this.bijection.forwardAndLogDet(x, this.embed("forwardAndLogDet", context)));
  }

  inverseAndLogDet(y: tf.Tensor, context?: tf.Tensor): ValueAndLogDet {
    return tf.tidy(() => this.bijection.inverseAndLogDet(y, this.embed("inverseAndLogDet", context)));
  }

  lower(plan: PlanBuilder, direction: Direction, value: PlanMatrix, context?: PlanMatrix): LoweredMap {
    const embedded = lowerConditioner(this.embedding, plan, context as PlanMatrix);
    return lowerBijection(this.bijection, plan, direction, value, embedded);
  }

  override parameters(): ParameterTree {
    return parameterTree({ embedding: this.embedding, bijection: this.bijection });
  }

  private embed(method: string, context: tf.Tensor | undefined): tf.Tensor {
    const size = this.embedding.inputSize;
    if (context === undefined || context.shape.at(-1) !== size) {
      throw new ContextError(
        `embedContext.${method}: expected a context of shape [..., ${size}], got ${context === undefined ? "none" : formatShape(context.shape)}.`,
      );
    }
    return this.embedding.apply(context);
  }
}

/**
 * A bijection with a network that reads its context: `f(x | c) = g(x | h(c))`. Both are trained together. Members of
 * one chain may have different embeddings of the same context. To embed the context of a whole distribution, including
 * its base, use `EmbeddedContext`.
 *
 * It owns its parts: `dispose()` frees the parameters of both.
 *
 * @throws {ContextError} the output size of the network differs from the context size of the bijection, or the network
 * needs a context.
 * @example
 * const layer = new Coupling({
 *   mask: [false, true],
 *   conditioner: new Mlp({ inputSize: 1, outputSize: 2, context: 3, key: createKey(0) }),
 *   family: affine(),
 * });
 * const embedding = new Mlp({ inputSize: 100, outputSize: 3, key: createKey(1) });
 * const transform = embedContext({ embedding, bijection: layer });
 * transform.forward(tf.zeros([5, 2]), tf.ones([5, 100])); // → shape [5, 2]
 */
export function embedContext(options: EmbedContextOptions): EmbedContext {
  return new EmbedContext(options);
}

/** Codec of {@link EmbedContext}. */
export const embedContextCodec: Codec<EmbedContext> = classCodec("pushforward/embed-context", EmbedContext, {
  embedding: field.object(isConditioner, "a conditioner"),
  bijection: field.object(isBijection, "a bijection"),
});
