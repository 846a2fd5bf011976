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
  type AtContext,
  checkOptions,
  currentTrace,
  defineCodec,
  formatShape,
  GivenContext,
  isConditionalDistribution,
  isDistribution,
  lowerDistribution,
  type PlanBuilder,
  type PlanMatrix,
  parameterTree,
  type SampleRecipe,
  shapesEqual,
  sizeOf,
} from "@pushforward/core/extend";
import { plannedLogProb } from "@pushforward/ops";
import * as tf from "@tensorflow/tfjs-core";
import {
  decodeMixed,
  encodeMixed,
  lowerMixed,
  mixedDraws,
  mixedLogProb,
  mixedOfVersion1,
  mixedRecipe,
  mixedShapes,
  tracedDraws,
} from "./mixed-components.ts";
import { MixtureWeights } from "./mixture-weights.ts";

/** Options of {@link ConditionalMixture}. */
export interface ConditionalMixtureOptions {
  /** Relative weights of the components, not negative; they are normalized. Default: all equal. */
  readonly weights?: ArrayLike<number>;
  /** With equal context and event shapes; unconditional components ignore the context. */
  readonly components: readonly (Distribution | ConditionalDistribution)[];
  /** Makes the weights a parameter `logits`. It does not affect the components. */
  readonly learnable?: boolean;
  /**
   * Indices of components that count in the density but are never drawn from, for fixed weights. Draws then follow the
   * mixture of the remaining components. Default: none.
   */
  readonly undrawn?: readonly number[];
}

/**
 * A mixture of conditional distributions with weights that do not depend on the context,
 * `log p(x | c) = ln Σ wₖ pₖ(x | c)`. {@link ConditionalMixture.given} returns the mixture at a context.
 *
 * It owns its components: `dispose()` frees their parameters too.
 *
 * @throws {ContextError} no component takes a context, or their contexts differ.
 * @throws {OptionError} no components, or a component without context that has batch axes.
 * @throws {ShapeError} the numbers of weights and components differ.
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

  /** Indices of the components that are never drawn from. */
  get undrawn(): readonly number[] {
    return this.mixing.undrawn;
  }

  /**
   * The mixture at a context `[...batch, ...contextShape]`, with batch shape `[...batch]`. It borrows model and
   * context, owns no tensors and needs no disposal.
   *
   * @throws {ContextError} the context has a wrong shape.
   * @throws {ShapeError} the components differ in event shape.
   */
  given(context: TensorLike): Distribution {
    const { contextShape } = this;
    return new GivenContext(context, {
      ...{ where: "ConditionalMixture", contextShape },
      eventShape: (raw) => mixedShapes("ConditionalMixture.given", this.partsAt(raw)).eventShape,
      logProb: (x, { context: raw, batchShape, eventShape }) =>
        plannedLogProb(this, { tensor: x, eventShape }, { tensor: raw, eventShape: contextShape }) ??
        mixedLogProb(this.partsAt(raw), this.mixing, batchShape, x),
      sample: (key, sampleShape, at) => this.sampleAt(key, sampleShape, at),
    });
  }

  /** Chooses a component for each of `count` draws. */
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

  private partsAt(context: tf.Tensor): Distribution[] {
    return this.components.map((component) =>
      isConditionalDistribution(component) ? component.given(context) : component,
    );
  }

  private sampleAt(key: Key, sampleShape: Shape, { context, batchShape, eventShape }: AtContext): tf.Tensor {
    const { components, contextShape } = this;
    const [choiceKey, ...keys] = key.split(components.length + 1) as [Key, ...Key[]];
    const contexts = sizeOf(batchShape);
    if (currentTrace() !== undefined && sampleShape.length === 0) {
      const drawn = tracedDraws(this.mixing.tracedChoice(choiceKey, contexts), this.mixing.drawn, (k) => {
        const component = components[k] as Distribution | ConditionalDistribution;
        return isConditionalDistribution(component)
          ? component.given(context).sample(keys[k] as Key)
          : component.sample(keys[k] as Key, [contexts]);
      });
      return tf.reshape(drawn, [...batchShape, ...eventShape]);
    }
    const choices = this.mixing.choose(choiceKey, sizeOf(sampleShape) * contexts);
    const rows = tf.reshape(context, [contexts, sizeOf(contextShape)]);
    const draws = mixedDraws(choices, eventShape, (k, numbers) => {
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
    return tf.reshape(draws, [...sampleShape, ...batchShape, ...eventShape]);
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
