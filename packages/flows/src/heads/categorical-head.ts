import { type Codec, OptionError, type Shape } from "@pushforward/core";
import { checkOptions, classCodec, field } from "@pushforward/core/extend";
import { Categorical } from "@pushforward/distributions";
import * as tf from "@tensorflow/tfjs-core";
import { type DistributionHead, splitOutputs } from "./distribution-head.ts";

/** Options of {@link CategoricalHead}. */
export interface CategoricalHeadOptions {
  /** Number of categories of each feature. */
  readonly categories: readonly number[];
}

/** Its exponential is 0 beside any logit. */
const NEVER = -1e9;

/**
 * The head of independent categorical features: outputs are the logits of the categories 0, 1, … of the first feature, then
 * those of the next. Zeros give equal probabilities.
 *
 * @throws {OptionError} no features, or a number of categories that is not an integer of at least 2.
 * @example
 * const head = new CategoricalHead({ categories: [2, 3] });
 * head.bind(tf.zeros([head.parameterCount])).logProb([1, 2]); // → -1.7918
 */
export class CategoricalHead implements DistributionHead<Categorical> {
  readonly categories: readonly number[];
  readonly eventShape: Shape;
  readonly parameterCount: number;

  constructor(options: CategoricalHeadOptions) {
    checkOptions("CategoricalHead", options, { categories: true });
    const { categories } = options;
    const bad = categories.find((count) => !Number.isSafeInteger(count) || count < 2);
    if (bad !== undefined || categories.length === 0) {
      throw new OptionError(
        `CategoricalHead: expected categories to be integers of at least 2, one for each feature, got ${bad ?? "none"}.`,
      );
    }
    this.categories = [...categories];
    this.eventShape = [categories.length];
    this.parameterCount = categories.reduce((a, b) => a + b);
  }

  bind(raw: tf.Tensor): Categorical {
    const most = Math.max(...this.categories);
    const logits = splitOutputs(raw, this.categories).map((part, i) => {
      const missing = most - (this.categories[i] as number);
      const before = part.shape.slice(0, -1).map((): [number, number] => [0, 0]);
      return missing === 0 ? part : tf.pad(part, [...before, [0, missing]], NEVER);
    });
    return new Categorical({ logits: tf.stack(logits, -2) });
  }
}

/** Codec of {@link CategoricalHead}. */
export const categoricalHeadCodec: Codec<CategoricalHead> = classCodec(
  "pushforward/categorical-head",
  CategoricalHead,
  {
    categories: field.counts({ min: 2 }),
  },
);
