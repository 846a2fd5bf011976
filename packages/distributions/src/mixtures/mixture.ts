import {
  type Codec,
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
  isDistribution,
  lowerDistribution,
  type PlanBuilder,
  type PlanMatrix,
  parameterTree,
  refuseToLower,
  requireSampling,
  type SampleRecipe,
} from "@pushforward/core/extend";
import { sizeOf } from "@pushforward/core/plain";
import { plannedLogProb } from "@pushforward/ops";
import * as tf from "@tensorflow/tfjs-core";
import { checkEvent } from "../config.ts";
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

/** Options of {@link Mixture}. */
export interface MixtureOptions {
  /** Relative weights of the components, not negative; they are normalized. Default: all equal. */
  readonly weights?: ArrayLike<number>;
  /** Any distributions with one event shape, flows too; their batch shapes broadcast. */
  readonly components: readonly Distribution[];
  /** Makes the weights a parameter `logits`. It does not affect the components. */
  readonly learnable?: boolean;
  /**
   * Indices of components that count in the density but are never drawn from, for fixed weights. Draws then follow the
   * mixture of the remaining components. Default: none.
   */
  readonly undrawn?: readonly number[];
}

/**
 * A finite mixture, `log p(x) = ln Σ wₖ pₖ(x)`.
 *
 * Draws are differentiable in the components but not in the weights: the choice of the component for a draw is
 * discrete. Each component makes only the needed draws, and a component with a weight of exactly 0 is never evaluated.
 *
 * It owns its components: `dispose()` frees their parameters too.
 *
 * @throws {ShapeError} the components differ in event shape, or the numbers of components and weights differ.
 * @throws {DomainError} a weight is negative or all are zero.
 * @see `mixtureWeights` for weights of existing components.
 * @example
 * new Mixture({
 *   weights: [0.3, 0.7],
 *   components: [new DiagonalNormal({ mean: [-2, 0] }), new DiagonalNormal({ mean: [2, 0], scale: [1, 3] })],
 * });
 */
export class Mixture extends AbstractModule implements Distribution {
  readonly batchShape: Shape;
  readonly eventShape: Shape;
  readonly components: readonly Distribution[];
  readonly learnable: boolean;
  private readonly mixing: MixtureWeights;

  constructor(options: MixtureOptions) {
    checkOptions("Mixture", options, { weights: true, components: true, learnable: true, undrawn: true });
    super();
    const { components } = options;
    if (components.length === 0) throw new OptionError("Mixture: expected at least one component, got none.");
    const { batchShape, eventShape } = mixedShapes("Mixture", components);
    this.components = [...components];
    this.batchShape = batchShape;
    this.eventShape = eventShape;
    this.mixing = new MixtureWeights("Mixture", components.length, options);
    this.learnable = this.mixing.learnable;
  }

  /** The weights as they are now, normalized; a copy. */
  get weights(): Float64Array {
    return this.mixing.read();
  }

  /** Indices of the components that are never drawn from. */
  get undrawn(): readonly number[] {
    return this.mixing.undrawn;
  }

  logProb(x: TensorLike): tf.Tensor {
    return tf.tidy(() => {
      const value = asTensor(x, "Mixture.logProb");
      checkEvent("Mixture.logProb", value.shape, this);
      const planned = plannedLogProb(this, { tensor: value, eventShape: this.eventShape });
      if (planned !== undefined) return planned;
      return mixedLogProb(this.components, this.mixing, this.batchShape, value);
    });
  }

  sample(key: Key, sampleShape: Shape = []): tf.Tensor {
    return tf.tidy(() => {
      requireSampling("Mixture.sample", key, sampleShape);
      const [choiceKey, ...keys] = key.split(this.components.length + 1) as [Key, ...Key[]];
      const count = sizeOf(sampleShape) * sizeOf(this.batchShape);
      if (currentTrace() !== undefined && this.batchShape.length === 0) {
        const drawn = tracedDraws(this.mixing.tracedChoice(choiceKey, count), this.mixing.drawn, (k) =>
          (this.components[k] as Distribution).sample(keys[k] as Key, [count]),
        );
        return tf.reshape(drawn, [...sampleShape, ...this.eventShape]);
      }
      const choices = this.mixing.choose(choiceKey, count);
      const draws =
        this.batchShape.length === 0
          ? mixedDraws(choices, this.eventShape, (k, { length }) =>
              (this.components[k] as Distribution).sample(keys[k] as Key, [length]),
            )
          : this.select(choices, keys, sampleShape);
      return tf.reshape(draws, [...sampleShape, ...this.batchShape, ...this.eventShape]);
    });
  }

  sampleAndLogProb(key: Key, sampleShape: Shape = []): [sample: tf.Tensor, logProb: tf.Tensor] {
    return tf.tidy(() => {
      const sample = this.sample(key, sampleShape);
      return [sample, this.logProb(sample)];
    });
  }

  /** Chooses a component for each of `count` draws. */
  choose(key: Key, count: number): Int32Array {
    return this.mixing.choose(key, count);
  }

  lower(plan: PlanBuilder, value: PlanMatrix): readonly PlanMatrix[] {
    if (this.batchShape.length > 0) refuseToLower("Mixture has batch axes");
    return lowerMixed(plan, this.mixing, (k) => lowerDistribution(this.components[k] as Distribution, plan, value));
  }

  lowerSample(): SampleRecipe {
    if (this.batchShape.length > 0) refuseToLower("Mixture has batch axes");
    return mixedRecipe(this.mixing, this.components);
  }

  override parameters(): ParameterTree {
    return parameterTree({ logits: this.mixing.logits, components: this.components });
  }

  /** Weights for the config of a model file; learnable ones are a parameter. */
  config(): { readonly [key: string]: Json } {
    return this.mixing.config();
  }

  private select(choices: Int32Array, keys: readonly Key[], sampleShape: Shape): tf.Tensor {
    const rows = [...sampleShape, ...this.batchShape];
    const chosen = tf.tensor(choices, [...rows, ...this.eventShape.map(() => 1)], "int32");
    const shape = [...rows, ...this.eventShape];
    let result: tf.Tensor = tf.zeros(shape);
    for (const [k, component] of this.components.entries()) {
      // The axes that the component lacks are sampled, not stretched: each index of the batch has a draw of its own.
      const missing = this.batchShape.length - component.batchShape.length;
      const stretched = component.batchShape.some((axis, i) => axis !== this.batchShape[missing + i]);
      const draws = stretched
        ? drawStretched(component, keys[k] as Key, sampleShape, this.batchShape)
        : component.sample(keys[k] as Key, [...sampleShape, ...this.batchShape.slice(0, missing)]);
      const mask = tf.tile(tf.equal(chosen, k), [...rows.map(() => 1), ...this.eventShape]);
      result = tf.where(mask, draws, result);
    }
    return result;
  }
}

// A batch axis of size 1 is drawn as often as the axis it stretches to: extra sample axes, then moved into place.
function drawStretched(component: Distribution, key: Key, sampleShape: Shape, batchShape: Shape): tf.Tensor {
  const missing = batchShape.length - component.batchShape.length;
  const copies = batchShape.map((axis, i) => (i < missing || component.batchShape[i - missing] === 1 ? axis : 1));
  const draws = component.sample(key, [...sampleShape, ...copies]);
  const before = sampleShape.length;
  const rank = batchShape.length;
  const event = component.eventShape;
  // [sample, copies, batch, event] → pairs (copy, batch) for each axis, one of which is 1.
  const aligned = [...Array<number>(missing).fill(1), ...component.batchShape];
  const flat = tf.reshape(draws, [...sampleShape, ...copies, ...aligned, sizeOf(event)]);
  const order = [
    ...Array.from({ length: before }, (_, i) => i),
    ...batchShape.flatMap((_, i) => [before + i, before + rank + i]),
    before + 2 * rank,
  ];
  return tf.reshape(tf.transpose(flat, order), [...sampleShape, ...batchShape, ...event]);
}

/** Codec of {@link Mixture}. */
export const mixtureCodec: Codec<Mixture> = defineCodec({
  type: "pushforward/mixture",
  version: 2,
  migrate: mixedOfVersion1,
  is: (value): value is Mixture => value instanceof Mixture,
  encode: (value, registry) => encodeMixed(value, registry),
  decode: (config, registry) =>
    decodeMixed("pushforward/mixture", config, registry, isDistribution, (options) => new Mixture(options)),
});
