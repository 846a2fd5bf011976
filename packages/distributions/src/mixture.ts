import {
  asTensor,
  broadcastShapes,
  type Codec,
  ConfigReader,
  type Distribution,
  DomainError,
  defineCodec,
  disposeParameters,
  formatShape,
  isDistribution,
  type Json,
  type Key,
  type Module,
  OptionError,
  type Parameter,
  type ParameterTree,
  parameter,
  parameterTree,
  requireBackend,
  type Shape,
  ShapeError,
  shapesEqual,
  sizeOf,
  type TensorLike,
} from "@pushforward/core";
import { logSumExp } from "@pushforward/ops";
import * as tf from "@tensorflow/tfjs-core";
import { componentAt, cumulativeWeights, orderByComponent, permuteRows } from "./component-choice.ts";
import { construct } from "./decode.ts";
import { checkEvent } from "./event-shape.ts";

/** Options of {@link Mixture}. */
export interface MixtureOptions {
  /** Relative weights of the components, not negative; they are normalised. All equal when omitted. */
  readonly weights?: ArrayLike<number>;
  /** Any distributions with one event shape; their batch shapes broadcast. */
  readonly components: readonly Distribution[];
  /** Makes the weights a parameter `logits`; whether a component learns is its own matter. */
  readonly learnable?: boolean;
}

/**
 * A finite mixture, `log p(x) = ln Σ wₖ pₖ(x)`.
 *
 * Draws are differentiable in the components but not in the weights: which component a draw comes from is discrete.
 *
 * @throws {ShapeError} the components differ in event shape, or their number from that of the weights.
 * @throws {DomainError} a weight is negative or all are zero.
 * @example
 * new Mixture({
 *   weights: [0.3, 0.7],
 *   components: [new DiagonalNormal({ mean: [-2, 0] }), new DiagonalNormal({ mean: [2, 0], scale: [1, 3] })],
 * });
 */
export class Mixture implements Distribution, Module {
  readonly batchShape: Shape;
  readonly eventShape: Shape;
  readonly components: readonly Distribution[];
  readonly learnable: boolean;
  private readonly weights: Float64Array;
  private readonly logits: Parameter | undefined;

  constructor(options: MixtureOptions) {
    const { components, learnable = false } = options;
    const [first] = components;
    if (first === undefined) throw new OptionError("Mixture: expected at least one component, got none.");
    let batchShape: Shape = [];
    for (const [k, component] of components.entries()) {
      if (!shapesEqual(component.eventShape, first.eventShape)) {
        throw new ShapeError(
          `Mixture: expected event shape ${formatShape(first.eventShape)} in every component, got ` +
            `${formatShape(component.eventShape)} in component ${k}.`,
        );
      }
      const broadcast = broadcastShapes(batchShape, component.batchShape);
      if (broadcast === undefined) {
        throw new ShapeError(
          `Mixture: expected batch shapes that broadcast with ${formatShape(batchShape)}, got ` +
            `${formatShape(component.batchShape)} in component ${k}.`,
        );
      }
      batchShape = broadcast;
    }
    this.components = [...components];
    this.batchShape = batchShape;
    this.eventShape = first.eventShape;
    this.learnable = learnable;
    this.weights = normalisedWeights(options.weights ?? new Float64Array(components.length).fill(1), components.length);
    if (learnable) {
      if (this.weights.includes(0)) {
        throw new DomainError("Mixture: expected positive weights as start of learnable ones, got 0.");
      }
      this.logits = parameter([components.length], this.weights.map(Math.log));
    }
  }

  logProb(x: TensorLike): tf.Tensor {
    return tf.tidy(() => {
      const value = asTensor(x, "Mixture.logProb");
      checkEvent("Mixture.logProb", value.shape, this);
      const batch = value.shape.slice(0, value.rank - this.eventShape.length);
      const shape = [...(broadcastShapes(batch, this.batchShape) as Shape)];
      const logWeights = this.logWeights();
      // A component without weight is left out: ln 0 would have no gradient.
      const used = this.components.flatMap((component, k) => (this.weights[k] === 0 ? [] : [{ component, k }]));
      const terms = used.map(({ component, k }) => {
        const term = tf.add(component.logProb(value), logWeights[k] as tf.Tensor);
        return shapesEqual(term.shape, shape) ? term : tf.add(term, tf.zeros(shape));
      });
      return logSumExp(tf.stack(terms), 0);
    });
  }

  sample(key: Key, sampleShape: Shape = []): tf.Tensor {
    return tf.tidy(() => {
      requireBackend("Mixture.sample");
      const [choiceKey, ...keys] = key.split(this.components.length + 1) as [Key, ...Key[]];
      const choices = this.choose(choiceKey, sizeOf(sampleShape) * sizeOf(this.batchShape));
      const draws =
        this.batchShape.length === 0 ? this.assemble(choices, keys) : this.select(choices, keys, sampleShape);
      return tf.reshape(draws, [...sampleShape, ...this.batchShape, ...this.eventShape]);
    });
  }

  sampleAndLogProb(key: Key, sampleShape: Shape = []): [sample: tf.Tensor, logProb: tf.Tensor] {
    return tf.tidy(() => {
      const sample = this.sample(key, sampleShape);
      return [sample, this.logProb(sample)];
    });
  }

  parameters(): ParameterTree {
    return parameterTree({ logits: this.logits, components: this.components });
  }

  dispose(): void {
    disposeParameters(this.parameters());
  }

  [Symbol.dispose](): void {
    this.dispose();
  }

  /** Weights for the config of a model file; learnable ones are a parameter. */
  config(): { readonly [key: string]: Json } {
    return this.learnable ? { learnable: true } : { learnable: false, weights: [...this.weights] };
  }

  private logWeights(): tf.Tensor[] {
    if (this.logits === undefined) return [...this.weights].map((weight) => tf.scalar(Math.log(weight)));
    const logits = this.logits.variable;
    return tf.unstack(tf.sub(logits, logSumExp(logits)));
  }

  private choose(key: Key, count: number): Int32Array {
    let weights = this.weights;
    if (this.logits !== undefined) {
      const logits = Float64Array.from(this.logits.read());
      const peak = Math.max(...logits);
      weights = normalisedWeights(
        logits.map((logit) => Math.exp(logit - peak)),
        logits.length,
      );
    }
    const bounds = cumulativeWeights(weights);
    return Int32Array.from(key.uniform(count), (u) => componentAt(bounds, u));
  }

  /** Draws from each component only what it needs, then puts the rows in the order of the choices. */
  private assemble(choices: Int32Array, keys: readonly Key[]): tf.Tensor {
    const { counts, sources, targets } = orderByComponent(choices, this.components.length);
    const parts = this.components.flatMap((component, k) =>
      counts[k] === 0 ? [] : [component.sample(keys[k] as Key, [counts[k] as number])],
    );
    if (parts.length === 0) return tf.zeros([0, ...this.eventShape]);
    return permuteRows(tf.concat(parts, 0), sources, targets);
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

function normalisedWeights(weights: ArrayLike<number>, count: number): Float64Array {
  if (weights.length !== count) {
    throw new ShapeError(`Mixture: expected ${count} weights, one for each component, got ${weights.length}.`);
  }
  const values = Float64Array.from(weights);
  const bad = values.find((weight) => !(weight >= 0 && weight < Number.POSITIVE_INFINITY));
  if (bad !== undefined)
    throw new DomainError(`Mixture: expected weights that are finite and not negative, got ${bad}.`);
  const total = values.reduce((a, b) => a + b, 0);
  if (total === 0) throw new DomainError("Mixture: expected a positive weight, got only zeros.");
  return values.map((weight) => weight / total);
}

/** Codec of {@link Mixture}. */
export const mixtureCodec: Codec<Mixture> = defineCodec({
  type: "pushforward/mixture",
  version: 1,
  is: (value): value is Mixture => value instanceof Mixture,
  encode: (value, registry) => ({
    ...value.config(),
    components: value.components.map((component) => ({ ...registry.encode(component) })),
  }),
  decode: (config, registry) => {
    const type = "pushforward/mixture";
    const c = new ConfigReader(type, config);
    const learnable = c.boolean("learnable");
    const weights = learnable ? undefined : c.numbers("weights", { min: 0 });
    const components = c.objects("components", registry, isDistribution, "a distribution");
    c.end();
    return construct(type, () => new Mixture({ components, learnable, ...(weights && { weights }) }));
  },
});
