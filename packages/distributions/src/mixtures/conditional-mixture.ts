import {
  type Codec,
  type ConditionalDistribution,
  ContextError,
  type Distribution,
  type Json,
  type Key,
  OptionError,
  type ParameterTree,
  type Shape,
  type TensorLike,
} from "@pushforward/core";
import {
  AbstractModule,
  asTensor,
  checkOptions,
  currentTrace,
  defineCodec,
  formatShape,
  isConditionalDistribution,
  isDistribution,
  lowerDistribution,
  type PlanBuilder,
  type PlanMatrix,
  parameterTree,
  requireSampling,
  type SampleRecipe,
  shapesEqual,
  sizeOf,
} from "@pushforward/core/extend";
import { plannedLogProb } from "@pushforward/ops";
import * as tf from "@tensorflow/tfjs-core";
import { checkEvent } from "../config/event-shape.ts";
import { lowerMixed, mixedDraws, mixedLogProb, mixedRecipe, mixedShapes, tracedDraws } from "./mixed-density.ts";
import { decodeMixed, encodeMixed, mixedOfVersion1 } from "./mixture-config.ts";
import { MixtureWeights } from "./mixture-weights.ts";

/** Options of {@link ConditionalMixture}. */
export interface ConditionalMixtureOptions {
  /** Relative weights of the components, not negative; they are normalized. Default: all equal. */
  readonly weights?: ArrayLike<number>;
  /** With one context shape and one event shape; those that take no context are the same at every one. */
  readonly components: readonly (Distribution | ConditionalDistribution)[];
  /** Makes the weights a parameter `logits`; whether a component learns is its own matter. */
  readonly learnable?: boolean;
  /**
   * Indices of components that count in the density but that no draw comes from, for fixed weights: draws then follow the
   * mixture of the other components. Default: none.
   */
  readonly undrawn?: readonly number[];
}

/**
 * A mixture of conditional distributions with weights that do not depend on the context,
 * `log p(x | c) = ln Σ wₖ pₖ(x | c)`. {@link ConditionalMixture.given} gives the mixture at a context.
 *
 * It owns its components: `dispose()` frees their parameters too.
 *
 * @throws {ContextError} no component takes a context, or they take different ones.
 * @throws {OptionError} no components, or one without context that has batch axes.
 * @throws {ShapeError} the number of weights is not that of the components.
 * @throws {DomainError} a weight is negative or all are zero.
 * @example
 * const options = { features: 2, context: 1, key: createKey(0) };
 * using mixture = new ConditionalMixture({ components: [maf(options), nsf(options)], weights: [0.4, 0.6] });
 * mixture.given([[0.5], [2]]).sample(createKey(1), [100]); // → shape [100, 2, 2]
 */
export class ConditionalMixture extends AbstractModule implements ConditionalDistribution {
  readonly components: readonly (Distribution | ConditionalDistribution)[];
  readonly contextShape: Shape;
  readonly learnable: boolean;
  private readonly mixing: MixtureWeights;

  constructor(options: ConditionalMixtureOptions) {
    checkOptions("ConditionalMixture", options, { weights: true, components: true, learnable: true, undrawn: true });
    super();
    const { components } = options;
    if (components.length === 0)
      throw new OptionError("ConditionalMixture: expected at least one component, got none.");
    this.contextShape = commonContext(components);
    this.components = [...components];
    this.mixing = new MixtureWeights("ConditionalMixture", components.length, options);
    this.learnable = this.mixing.learnable;
  }

  /** All components that take a context do. */
  get acceptsMissing(): boolean {
    return this.components.every(
      (component) => !isConditionalDistribution(component) || component.acceptsMissing === true,
    );
  }

  /** The weights as they are now, normalized; a copy. */
  get weights(): Float64Array {
    return this.mixing.read();
  }

  /** Indices of the components that no draw comes from. */
  get undrawn(): readonly number[] {
    return this.mixing.undrawn;
  }

  /**
   * The mixture at a context `[...batch, ...contextShape]`, with batch shape `[...batch]`. It borrows model and context,
   * owns nothing and needs no disposal.
   *
   * @throws {ContextError} the context has another shape.
   * @throws {ShapeError} the components differ in event shape.
   */
  given(context: TensorLike): Distribution {
    const shape: Shape = tf.tidy(() => [...asTensor(context, "ConditionalMixture.given").shape]);
    const rank = shape.length - this.contextShape.length;
    if (rank < 0 || !shapesEqual(shape.slice(rank), this.contextShape)) {
      throw new ContextError(
        `ConditionalMixture.given: expected a context of shape [..., ${this.contextShape.join(", ")}], ` +
          `got ${formatShape(shape)}.`,
      );
    }
    return new GivenMixture(this, this.mixing, context, shape.slice(0, rank));
  }

  /** Which component each of `count` draws comes from. */
  choose(key: Key, count: number): Int32Array {
    return this.mixing.choose(key, count);
  }

  lower(plan: PlanBuilder, value: PlanMatrix, context?: PlanMatrix): readonly PlanMatrix[] {
    return lowerMixed(plan, this.mixing, (k) => {
      const component = this.components[k] as Distribution | ConditionalDistribution;
      return lowerDistribution(component, plan, value, isConditionalDistribution(component) ? context : undefined);
    });
  }

  lowerSample(): SampleRecipe {
    return mixedRecipe(this.mixing, this.components);
  }

  override parameters(): ParameterTree {
    return parameterTree({ logits: this.mixing.logits, components: this.components });
  }

  /** Weights for the config of a model file; learnable ones are a parameter. */
  config(): { readonly [key: string]: Json } {
    return this.mixing.config();
  }
}

/** A conditional mixture at a context. */
class GivenMixture implements Distribution {
  readonly batchShape: Shape;
  readonly eventShape: Shape;
  private readonly mixture: ConditionalMixture;
  private readonly weights: MixtureWeights;
  private readonly context: TensorLike;

  constructor(mixture: ConditionalMixture, weights: MixtureWeights, context: TensorLike, batchShape: Shape) {
    this.mixture = mixture;
    this.weights = weights;
    this.context = context;
    this.batchShape = batchShape;
    this.eventShape = tf.tidy(() => [...mixedShapes("ConditionalMixture.given", this.parts(this.tensor())).eventShape]);
  }

  logProb(x: TensorLike): tf.Tensor {
    return tf.tidy(() => {
      const where = "ConditionalMixture.given(…).logProb";
      const value = asTensor(x, where);
      checkEvent(where, value.shape, this);
      const context = this.tensor();
      const planned = plannedLogProb(
        this.mixture,
        { tensor: value, eventShape: this.eventShape },
        { tensor: context, eventShape: this.mixture.contextShape },
      );
      if (planned !== undefined) return planned;
      return mixedLogProb(this.parts(context), this.weights, this.batchShape, value);
    });
  }

  sample(key: Key, sampleShape: Shape = []): tf.Tensor {
    return tf.tidy(() => {
      requireSampling("ConditionalMixture.given(…).sample", key, sampleShape);
      const { components, contextShape } = this.mixture;
      const [choiceKey, ...keys] = key.split(components.length + 1) as [Key, ...Key[]];
      const contexts = sizeOf(this.batchShape);
      if (currentTrace() !== undefined && sampleShape.length === 0) {
        const drawn = tracedDraws(this.weights.tracedChoice(choiceKey, contexts), this.weights.drawn, (k) => {
          const component = components[k] as Distribution | ConditionalDistribution;
          return isConditionalDistribution(component)
            ? component.given(this.tensor()).sample(keys[k] as Key)
            : component.sample(keys[k] as Key, [contexts]);
        });
        return tf.reshape(drawn, [...this.batchShape, ...this.eventShape]);
      }
      const choices = this.weights.choose(choiceKey, sizeOf(sampleShape) * contexts);
      const rows = tf.reshape(this.tensor(), [contexts, sizeOf(contextShape)]);
      const draws = mixedDraws(choices, this.eventShape, (k, numbers) => {
        const component = components[k] as Distribution | ConditionalDistribution;
        const own = keys[k] as Key;
        if (!isConditionalDistribution(component)) return component.sample(own, [numbers.length]);
        if (contexts === 1) return component.given(tf.reshape(rows, [...contextShape])).sample(own, [numbers.length]);
        const chosen = tf.gather(
          rows,
          tf.tensor1d(
            numbers.map((i) => i % contexts),
            "int32",
          ),
        );
        return component.given(tf.reshape(chosen, [numbers.length, ...contextShape])).sample(own);
      });
      return tf.reshape(draws, [...sampleShape, ...this.batchShape, ...this.eventShape]);
    });
  }

  sampleAndLogProb(key: Key, sampleShape: Shape = []): [sample: tf.Tensor, logProb: tf.Tensor] {
    return tf.tidy(() => {
      const sample = this.sample(key, sampleShape);
      return [sample, this.logProb(sample)];
    });
  }

  private tensor(): tf.Tensor {
    return asTensor(this.context, "ConditionalMixture.given");
  }

  private parts(context: tf.Tensor): Distribution[] {
    return this.mixture.components.map((component) =>
      isConditionalDistribution(component) ? component.given(context) : component,
    );
  }
}

function commonContext(components: readonly (Distribution | ConditionalDistribution)[]): Shape {
  let common: Shape | undefined;
  for (const [k, component] of components.entries()) {
    if (!isConditionalDistribution(component)) {
      if (component.batchShape.length > 0) {
        throw new OptionError(
          `ConditionalMixture: expected components without batch axes, got batch shape ` +
            `${formatShape(component.batchShape)} in component ${k}. Turn them into event axes with independentDistribution().`,
        );
      }
      continue;
    }
    common ??= component.contextShape;
    if (!shapesEqual(component.contextShape, common)) {
      throw new ContextError(
        `ConditionalMixture: expected context shape ${formatShape(common)} in every component, got ` +
          `${formatShape(component.contextShape)} in component ${k}.`,
      );
    }
  }
  if (common === undefined) {
    throw new ContextError("ConditionalMixture: expected a component with a context, got none. Use Mixture.");
  }
  return common;
}

/** Codec of {@link ConditionalMixture}. */
export const conditionalMixtureCodec: Codec<ConditionalMixture> = defineCodec({
  type: "pushforward/conditional-mixture",
  version: 2,
  migrate: mixedOfVersion1,
  is: (value): value is ConditionalMixture => value instanceof ConditionalMixture,
  encode: (value, registry) => encodeMixed(value, registry),
  decode: (config, registry) =>
    decodeMixed(
      "pushforward/conditional-mixture",
      config,
      registry,
      isAnyDistribution,
      (options) => new ConditionalMixture(options),
    ),
});

function isAnyDistribution(value: unknown): value is Distribution | ConditionalDistribution {
  return isDistribution(value) || isConditionalDistribution(value);
}
