import { type Codec, type Json, OptionError, ShapeError, type TensorLike } from "@pushforward/core";
import { checkOptions } from "@pushforward/core/extend";
import { softmax } from "@pushforward/core/plain";
import { stopGradient } from "@pushforward/ops";
import * as tf from "@tensorflow/tfjs-core";
import { configArray, configCodec, type HostArray, nestedArray, parameterArray } from "../config.ts";
import type { DiscreteFamily, Values } from "./abstract-univariate.ts";
import { AbstractDiscrete } from "./counts.ts";
import { withSlopes } from "./invert-cdf.ts";

/** Options of {@link Categorical}. */
export interface CategoricalOptions {
  /** Probabilities of the categories 0, 1, … of each feature, `[...batch, features, categories]`; divided by their sum. */
  readonly probs?: TensorLike;
  /** Their logarithms, but for a constant of each feature, in their place. */
  readonly logits?: TensorLike;
}

/**
 * Independent categorical distributions, `log P(x) = Σ ln pᵢ[xᵢ]` for xᵢ = 0, 1, … K − 1. Event shape `[features]`;
 * events are integers in float32. Features with fewer than K categories have probabilities of 0 for the rest.
 *
 * The log-probability of a value that is not a category is `-Infinity`; the gradient with respect to x is 0. Mean and
 * variance use the category numbers.
 *
 * Parameters may be tensors: they are borrowed, and gradients of the log-density flow into the tensors.
 *
 * @throws {DomainError} a probability is negative, or all probabilities of a feature are 0.
 * @throws {OptionError} neither probabilities nor logits, or both.
 * @throws {ShapeError} `probs` has fewer than two axes.
 * @example
 * new Categorical({ probs: [[0.2, 0.3, 0.5]] }).logProb([2]); // → -0.6931
 */
export class Categorical extends AbstractDiscrete<string> {
  /** Number of categories of each feature. */
  readonly categories: number;
  private readonly probs: HostArray;
  private readonly given: TensorLike;
  private readonly isOfLogits: boolean;

  constructor(options: CategoricalOptions) {
    checkOptions("Categorical", options, { probs: true, logits: true });
    const given = options.probs ?? options.logits;
    if (given === undefined || (options.probs !== undefined && options.logits !== undefined)) {
      throw new OptionError(`Categorical: expected probs or logits, got ${given === undefined ? "neither" : "both"}.`);
    }
    const name = options.probs === undefined ? "logits" : "probs";
    const numbers = parameterArray(given, `Categorical ${name}`);
    if (numbers.shape.length < 2) {
      throw new ShapeError(
        `Categorical: expected ${name} of shape [...batch, features, categories], got ${numbers.shape.length} axes. ` +
          "Wrap the probabilities of a single feature in an array.",
      );
    }
    const categories = numbers.shape.at(-1) as number;
    const probs = name === "probs" ? numbers : probabilities(numbers, categories);
    const family = familyOf(categories);
    const columns = Object.keys(family.parameters).map((parameter, k): [string, HostArray] => [
      parameter,
      { shape: probs.shape.slice(0, -1), values: probs.values.filter((_, i) => i % categories === k) },
    ]);
    super(family, Object.fromEntries(columns));
    this.categories = categories;
    this.probs = probs;
    this.given = given;
    this.isOfLogits = name === "logits";
  }

  /** The config of a model file. */
  override config(): { readonly [key: string]: Json } {
    if (this.given instanceof tf.Tensor) {
      throw new OptionError("Categorical: expected numbers to save, got tensors. Make it of numbers.");
    }
    return { probs: nestedArray(this.probs.values, this.probs.shape) };
  }

  protected override elementLogProb(x: tf.Tensor): tf.Tensor {
    const logProb = super.elementLogProb(x);
    if (!(this.given instanceof tf.Tensor)) return logProb;
    const { categories } = this;
    const values = tf.broadcastTo(stopGradient(x), logProb.shape).dataSync();
    const slopes = (): Float32Array => this.probSlopes(values, categories);
    return withSlopes(logProb, this.given, [...logProb.shape, categories], slopes);
  }

  /** The derivatives of each log-probability by its probabilities or logits. */
  private probSlopes(x: ArrayLike<number>, categories: number): Float32Array {
    const result = new Float32Array(x.length * categories);
    for (let i = 0; i < x.length; i++) {
      const from = (i * categories) % this.probs.values.length;
      const probs = this.probs.values.subarray(from, from + categories);
      const k = x[i] as number;
      // Outside of the support there is no slope.
      if (!((probs[k] as number) > 0)) continue;
      const total = probs.reduce((sum, prob) => sum + prob, 0);
      for (let j = 0; j < categories; j++) {
        const [prob, isDrawn] = [probs[j] as number, Number(j === k)];
        result[i * categories + j] = this.isOfLogits ? isDrawn - prob : (isDrawn && 1 / prob) - 1 / total;
      }
    }
    return result;
  }
}

/** Probabilities of each feature, in float64. */
function probabilities({ shape, values }: HostArray, categories: number): HostArray {
  const probs = new Float64Array(values.length);
  for (let from = 0; from < values.length; from += categories) {
    probs.set(softmax(values.subarray(from, from + categories)), from);
  }
  return { shape, values: probs };
}

function familyOf(categories: number): DiscreteFamily<string> {
  const names = Array.from({ length: categories }, (_, k) => `probs of category ${k}`);
  const massOf = (k: number, p: Values<string>): number => (p[names[k] as string] as number) / total(p);
  const total = (p: Values<string>): number => names.reduce((sum, name) => sum + (p[name] as number), 0);
  const expect = (p: Values<string>, f: (k: number) => number): number =>
    names.reduce((sum, _, k) => sum + massOf(k, p) * f(k), 0);
  const mean = (p: Values<string>): number => expect(p, (k) => k);
  return {
    name: "Categorical",
    parameters: Object.fromEntries(names.map((name) => [name, { atLeast: 0 }])),
    refuse: (p) => (total(p) > 0 ? undefined : "a category with a positive probability, got only zeros"),
    ends: () => [0, categories - 1],
    // By the probabilities together: see `probSlopes`.
    slopes: () => ({}),
    logMass: (k, p) => Math.log(massOf(k, p)),
    cdf: (k, p) => expect(p, (j) => (j <= k ? 1 : 0)),
    icdf: (u, p) => {
      let [sum, last] = [0, 0];
      for (let k = 0; k < categories; k++) {
        const mass = massOf(k, p);
        if (mass > 0) last = k;
        sum += mass;
        if (sum >= u && mass > 0) return k;
      }
      return last;
    },
    mean,
    variance: (p) => expect(p, (k) => (k - mean(p)) ** 2),
    entropy: (p) => -expect(p, (k) => Math.log(massOf(k, p) || 1)),
  };
}

/** Codec of {@link Categorical}. */
export const categoricalCodec: Codec<Categorical> = configCodec("pushforward/categorical", Categorical, (c, type) => ({
  probs: configArray(c, type, "probs"),
}));
