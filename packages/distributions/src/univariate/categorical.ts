import { type Codec, type Json, ShapeError, type TensorLike } from "@pushforward/core";
import { configCodec } from "../config/config-codec.ts";
import { configArray } from "../config/decode-config.ts";
import { type HostArray, hostArray, nestedArray } from "../config/host-array.ts";
import { AbstractDiscrete } from "./abstract-discrete.ts";
import type { DiscreteFamily, Values } from "./univariate-family.ts";

/** Options of {@link Categorical}. */
export interface CategoricalOptions {
  /** Probabilities of the categories 0, 1, … of each feature, `[...batch, features, categories]`; divided by their sum. */
  readonly probs: TensorLike;
}

/**
 * Independent categorical distributions, `log P(x) = Σ ln pᵢ[xᵢ]` for xᵢ = 0, 1, … K − 1. Event shape `[features]`; events
 * are integers in float32. Features with fewer categories than others have probabilities of 0 for the rest.
 *
 * The log-probability of anything else is `-Infinity`; the gradient is 0. Mean and variance are those of the numbers of the
 * categories.
 *
 * @throws {DomainError} a probability is negative, or all those of a feature are 0.
 * @throws {ShapeError} `probs` has fewer than two axes.
 * @example
 * new Categorical({ probs: [[0.2, 0.3, 0.5]] }).logProb([2]); // → -0.6931
 */
export class Categorical extends AbstractDiscrete<string> {
  private readonly probs: HostArray;

  constructor(options: CategoricalOptions) {
    const probs = hostArray(options.probs, "Categorical probs");
    if (probs.shape.length < 2) {
      throw new ShapeError(
        `Categorical: expected probs of shape [...batch, features, categories], got ${probs.shape.length} axes. ` +
          "Wrap the probabilities of a single feature in an array.",
      );
    }
    const categories = probs.shape.at(-1) as number;
    const family = familyOf(categories);
    const columns = Object.keys(family.parameters).map((name, k) => [
      name,
      nestedArray(
        probs.values.filter((_, i) => i % categories === k),
        probs.shape.slice(0, -1),
      ) as number[],
    ]);
    super(family, Object.fromEntries(columns));
    this.probs = probs;
  }

  /** The config of a model file. */
  override config(): { readonly [key: string]: Json } {
    return { probs: nestedArray(this.probs.values, this.probs.shape) };
  }
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
