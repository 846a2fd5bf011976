import {
  type Bijection,
  type Codec,
  type ConditionalDistribution,
  ContextError,
  type Distribution,
  type Key,
  OptionError,
  type ParameterTree,
  type Shape,
  type TensorLike,
} from "@pushforward/core";
import {
  AbstractModule,
  type AtContext,
  broadcastShapes,
  checkOptions,
  classCodec,
  field,
  GivenContext,
  isConditionalDistribution,
  parameterTree,
  shapesEqual,
} from "@pushforward/core/extend";
import { formatShape } from "@pushforward/core/plain";
import { Bernoulli, Categorical } from "@pushforward/distributions";
import { Joint } from "@pushforward/distributions/extend";
import { stopGradient } from "@pushforward/ops";
import { masked } from "@pushforward/transforms";
import * as tf from "@tensorflow/tfjs-core";

/** Parts of {@link MixedPosterior}. */
export interface MixedPosteriorOptions {
  /** For each parameter the number of its categories, 0 for a number. */
  readonly categories: readonly number[];
  /** Of each category, in order: events `[1]` of codes, given the data and the one-hot codes of the categories before. */
  readonly codes: readonly ConditionalDistribution[];
  /** Of the numbers together, given the data and the one-hot codes of all categories. */
  readonly numbers: ConditionalDistribution;
}

/**
 * A posterior of mixed parameters, categories (integer codes 0, 1, …) and numbers: `q(c, θ | x) = Πⱼ q(cⱼ | x, c₁ …
 * cⱼ₋₁) q(θ | x, c)`. The log-density is with respect to counting measure times Lebesgue measure, and `-Infinity` for
 * an invalid code.
 *
 * Events `[parameters]`, the columns as in the prior. It owns its parts: `dispose()` frees their parameters.
 *
 * @throws {OptionError} the parameters have no category or no number, or the number of parts differs from the number of
 * categories.
 * @throws {ContextError} a part takes a context of the wrong size.
 * @example
 * const codes = [distributionNetwork({ categories: [2], context: 3, key: createKey(0) })];
 * const numbers = nsf({ features: 1, context: 5, key: createKey(1) });
 * using posterior = new MixedPosterior({ categories: [2, 0], codes, numbers });
 * posterior.given([0.3, 1, -1]).sample(createKey(2), [100]); // → shape [100, 2]
 */
export class MixedPosterior extends AbstractModule implements ConditionalDistribution {
  readonly categories: readonly number[];
  readonly codes: readonly ConditionalDistribution[];
  readonly numbers: ConditionalDistribution;
  readonly contextShape: Shape;

  constructor(options: MixedPosteriorOptions) {
    checkOptions("MixedPosterior", options, { categories: true, codes: true, numbers: true });
    const { categories, codes, numbers } = options;
    super();
    const counts = categories.filter((count) => count !== 0);
    if (counts.length === 0 || counts.length === categories.length || counts.length !== codes.length) {
      throw new OptionError(
        `MixedPosterior: expected categories and numbers, and a distribution of codes for each category, got ` +
          `${counts.length} categories among ${categories.length} parameters and ${codes.length} distributions.`,
      );
    }
    const total = counts.reduce((a, b) => a + b);
    this.contextShape = [(numbers.contextShape[0] ?? 0) - total];
    let size = this.contextShape[0] as number;
    for (const [j, part] of [...codes, numbers].entries()) {
      if (!shapesEqual(part.contextShape, [size]) || (this.contextShape[0] as number) < 1) {
        throw new ContextError(
          `MixedPosterior: expected part ${j} to take a context of ${size} numbers, the data and the codes before, got ` +
            `${formatShape(part.contextShape)}.`,
        );
      }
      size += counts[j] ?? 0;
    }
    this.categories = [...categories];
    this.codes = [...codes];
    this.numbers = numbers;
  }

  /**
   * Returns the posterior at observations `[...batch, data]`, with batch shape `[...batch]`: a view that borrows both.
   *
   * @throws {ContextError} the observations have the wrong shape.
   */
  given(context: TensorLike): Distribution {
    const { categories, contextShape } = this;
    return new GivenContext(context, {
      ...{ where: "MixedPosterior", contextShape, eventShape: [categories.length] },
      // The support of the numbers, whatever the codes.
      support: () => {
        let support: Bijection | undefined;
        tf.tidy(() => {
          support = this.numbers.given(tf.zeros([...this.numbers.contextShape])).support;
        });
        return support && masked({ bijection: support, mask: categories.map((count) => count === 0) });
      },
      logProb: (x, at) => this.logProbAt(x, at),
      sample: (key, sampleShape, at) => this.sampleAt(key, sampleShape, at),
    });
  }

  override parameters(): ParameterTree {
    return parameterTree({ codes: this.codes, numbers: this.numbers });
  }

  private logProbAt(value: tf.Tensor, at: AtContext): tf.Tensor {
    const { categories, codes, numbers } = this;
    const batch = broadcastShapes(value.shape.slice(0, -1), at.batchShape) as Shape;
    const columns = tf.split(tf.broadcastTo(value, [...batch, categories.length]), categories.length, -1);
    let context = repeated(at, batch);
    const logProbs: tf.Tensor[] = [];
    for (const [i, column] of columns.entries()) {
      const count = categories[i] as number;
      if (count === 0) continue;
      const part = codes[logProbs.length] as ConditionalDistribution;
      logProbs.push(part.given(context).logProb(column));
      context = tf.concat([context, oneHot(column, count)], -1);
    }
    const ofNumbers = columns.filter((_, i) => categories[i] === 0);
    const rest = ofNumbers.length === 1 ? (ofNumbers[0] as tf.Tensor) : tf.concat(ofNumbers, -1);
    return logProbs.reduce((sum, logProb) => tf.add(sum, logProb), numbers.given(context).logProb(rest));
  }

  private sampleAt(key: Key, sampleShape: Shape, at: AtContext): tf.Tensor {
    const { categories, codes, numbers } = this;
    let context = repeated(at, [...sampleShape, ...at.batchShape]);
    const drawn: tf.Tensor[] = [];
    for (const count of categories) {
      if (count === 0) continue;
      const part = codes[drawn.length] as ConditionalDistribution;
      const column = part.given(context).sample(key.fold(drawn.length));
      drawn.push(column);
      context = tf.concat([context, oneHot(column, count)], -1);
    }
    const sample = numbers.given(context).sample(key.fold("numbers"));
    const width = sample.shape.at(-1) as number;
    const ofNumbers = width === 1 ? [sample] : tf.split(sample, width, -1);
    return tf.concat(
      categories.map((count) => (count === 0 ? ofNumbers : drawn).shift() as tf.Tensor),
      -1,
    );
  }
}

/** The context of each event of a batch. */
function repeated({ context }: AtContext, batch: Shape): tf.Tensor {
  return tf.broadcastTo(context, [...batch, context.shape.at(-1) as number]);
}

/** Codes `[..., 1]` → `[..., count]`; all zeros for an invalid code. */
function oneHot(codes: tf.Tensor, count: number): tf.Tensor {
  return tf.cast(tf.equal(stopGradient(codes), tf.range(0, count)), "float32");
}

/** Codec of {@link MixedPosterior}. */
export const mixedPosteriorCodec: Codec<MixedPosterior> = classCodec("pushforward/mixed-posterior", MixedPosterior, {
  categories: field.counts({ min: 0 }),
  codes: field.objects(isConditionalDistribution, "conditional distributions"),
  numbers: field.object(isConditionalDistribution, "a conditional distribution"),
});

/** Number of categories per parameter of a prior, 0 for a number, from its `Categorical` and `Bernoulli` parts. */
export function priorCategories(prior: Distribution): readonly number[] {
  if (prior instanceof Joint) return prior.parts.flatMap(priorCategories);
  const categories = prior instanceof Categorical ? prior.categories : prior instanceof Bernoulli ? 2 : 0;
  return Array.from({ length: prior.eventShape[0] ?? 1 }, () => categories);
}
