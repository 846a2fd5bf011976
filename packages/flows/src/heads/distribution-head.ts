import { type Codec, type Distribution, OptionError, type Shape } from "@pushforward/core";
import { checkOptions, classCodec, describeValue, field } from "@pushforward/core/extend";
import {
  Bernoulli,
  Beta,
  Categorical,
  Cauchy,
  DiagonalNormal,
  Exponential,
  Gamma,
  Gumbel,
  HalfNormal,
  Laplace,
  Logistic,
  LogNormal,
  NegativeBinomial,
  Poisson,
  StudentT,
  type UnivariateStatistics,
  VonMises,
} from "@pushforward/distributions";
import { softClip, softplus } from "@pushforward/ops";
import * as tf from "@tensorflow/tfjs-core";

/**
 * Maps network outputs to distribution parameters: a `UnivariateHead`, a `CategoricalHead`, or a custom object with these
 * members. A custom head needs a codec to be saved.
 *
 * @example
 * const head: DistributionHead<TruncatedNormal> = {
 *   eventShape: [1],
 *   parameterCount: 2,
 *   bind(raw) {
 *     const [location, logScale] = tf.split(raw, 2, -1) as [tf.Tensor, tf.Tensor];
 *     return new TruncatedNormal({ location, scale: tf.exp(logScale), low: [0] });
 *   },
 * };
 */
export interface DistributionHead<D extends Distribution = Distribution> {
  /** Shape of the events. */
  readonly eventShape: Shape;
  /** Number of outputs of the network. */
  readonly parameterCount: number;
  /**
   * The distribution with batch shape `[...batch]` for outputs `[...batch, parameterCount]`, which may be any finite numbers; zeros should
   * give a standard distribution. Gradients of its log-density flow into the outputs. Called within `tf.tidy`.
   */
  bind(raw: tf.Tensor): D;
}

/** True for a value with the members of a {@link DistributionHead}; a family of bijections has different members. */
export function isDistributionHead(value: unknown): value is DistributionHead {
  return typeof value === "object" && value !== null && "bind" in value && "eventShape" in value;
}

/** The parts of the last axis, of these widths. TensorFlow.js has no gradient of a split into one part. */
function splitOutputs(raw: tf.Tensor, widths: readonly number[]): tf.Tensor[] {
  return widths.length === 1 ? [raw] : tf.split(raw, [...widths], -1);
}

/** Options of {@link CategoricalHead}. */
export interface CategoricalHeadOptions {
  /** Number of categories of each feature. */
  readonly categories: readonly number[];
}

/** A logit with an exponential that is 0 relative to any other logit. */
const NEVER = -1e9;

/**
 * The head of independent categorical features: outputs are the logits of the categories 0, 1, … of the first feature, then of
 * the next. Zeros are equal probabilities.
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

/** Distributions of a {@link UnivariateHead}. */
export type UnivariateHeadName =
  | "bernoulli"
  | "beta"
  | "cauchy"
  | "exponential"
  | "gamma"
  | "gumbel"
  | "half-normal"
  | "laplace"
  | "log-normal"
  | "logistic"
  | "negative-binomial"
  | "normal"
  | "poisson"
  | "student-t"
  | "von-mises";

/** A distribution of independent features. */
type Features = Distribution & UnivariateStatistics;

/** The parameters of a distribution by their names, `[...batch, features]`. */
type Parameters = Readonly<Record<string, tf.Tensor>>;

interface Binding {
  /** Outputs for each feature. */
  readonly count: number;
  /** From the same number of tensors `[...batch, features]`. */
  readonly parameters: (...raw: readonly [tf.Tensor, tf.Tensor, tf.Tensor]) => Parameters;
  readonly make: (parameters: never) => Features;
}

/** No positive parameter is below it. */
const LEAST = 1e-6;
/** `log(eʸ − 1)` of y = 1 and 3: softplus returns these values at 0. */
const [ONE, THREE] = [Math.log(Math.E - 1), Math.log(Math.E ** 3 - 1)];
/** Largest logit for which float32 distinguishes the probability from 1. */
const MOST_LOGIT = 15;
/** Their ratio stays below the 1e6 that a Beta refuses. */
const MOST_LOG_POWER = Math.log(900);

const binding = <P extends Parameters>(
  count: number,
  parameters: (...raw: readonly [tf.Tensor, tf.Tensor, tf.Tensor]) => P,
  make: (parameters: P) => Features,
): Binding => ({ count, parameters, make });

const locationScale = (make: (options: { location: tf.Tensor; scale: tf.Tensor }) => Features): Binding =>
  binding(2, (location, scale) => ({ location, scale: positive(scale) }), make);

const bindings: Readonly<Record<UnivariateHeadName, Binding>> = {
  bernoulli: binding(
    1,
    (logit) => ({ probs: probability(logit) }),
    (options) => new Bernoulli(options),
  ),
  beta: binding(
    2,
    (alpha, beta) => ({ alpha: boundedPositive(alpha), beta: boundedPositive(beta) }),
    (options) => new Beta(options),
  ),
  cauchy: locationScale((options) => new Cauchy(options)),
  exponential: binding(
    1,
    (rate) => ({ rate: positive(rate) }),
    (options) => new Exponential(options),
  ),
  gamma: binding(
    2,
    (concentration, rate) => ({ concentration: positive(concentration), rate: positive(rate) }),
    (options) => new Gamma(options),
  ),
  gumbel: locationScale((options) => new Gumbel(options)),
  "half-normal": binding(
    1,
    (scale) => ({ scale: positive(scale) }),
    (options) => new HalfNormal(options),
  ),
  laplace: locationScale((options) => new Laplace(options)),
  "log-normal": locationScale((options) => new LogNormal(options)),
  logistic: locationScale((options) => new Logistic(options)),
  "negative-binomial": binding(
    2,
    (totalCount, logit) => ({ totalCount: positive(totalCount), probs: probability(logit) }),
    (options) => new NegativeBinomial(options),
  ),
  normal: locationScale(({ location, scale }) => new DiagonalNormal({ mean: location, scale })),
  poisson: binding(
    1,
    (rate) => ({ rate: positive(rate) }),
    (options) => new Poisson(options),
  ),
  "student-t": binding(
    3,
    (degrees, location, scale) => ({
      degreesOfFreedom: tf.add(softplus(tf.add(degrees, THREE)), 1),
      location,
      scale: positive(scale),
    }),
    (options) => new StudentT(options),
  ),
  "von-mises": binding(2, directionAndLength, (options) => new VonMises(options)),
};

const NAMES = Object.keys(bindings) as UnivariateHeadName[];

/** Options of {@link UnivariateHead}. */
export interface UnivariateHeadOptions {
  readonly distribution: UnivariateHeadName;
  /** Size of the event; each feature has its own parameters. */
  readonly features: number;
}

/**
 * The head of independent features of one distribution: `normal`, `student-t`, `laplace`, `logistic`, `cauchy`,
 * `gumbel`, `log-normal`, `half-normal`, `exponential`, `gamma`, `beta`, `von-mises`, `bernoulli`, `poisson` or
 * `negative-binomial`.
 *
 * Outputs are the first parameter of all features, then the second, in the order of the options of the class. Locations
 * are used unchanged. Positive parameters are `softplus(raw + ln(e − 1)) + 1e-6`, which is 1 at 0. Degrees of freedom
 * are `1 + softplus(…)`, 4 at 0. Probabilities are the sigmoid of a logit softly bounded by ±15. The parameters of a
 * Beta are exponentials, softly bounded by 1/900 and 900. A von Mises has the mean direction and the length of the
 * vector `(1 + raw₁, raw₂)`, so that the parameters do not jump where an angle does.
 *
 * @throws {OptionError} an unknown distribution, or `features` no positive integer.
 * @example
 * const head = new UnivariateHead({ distribution: "gamma", features: 2 });
 * head.bind(tf.zeros([head.parameterCount])).mean(); // → [1, 1]
 */
export class UnivariateHead implements DistributionHead<Features> {
  readonly distribution: UnivariateHeadName;
  readonly features: number;
  readonly eventShape: Shape;
  readonly parameterCount: number;

  constructor(options: UnivariateHeadOptions) {
    checkOptions("UnivariateHead", options, { distribution: true, features: true });
    const { distribution, features } = options;
    if (!NAMES.includes(distribution)) {
      throw new OptionError(
        `UnivariateHead: expected distribution to be one of ${NAMES.join(", ")}, got ${JSON.stringify(distribution)}.`,
      );
    }
    if (!Number.isSafeInteger(features) || features < 1) {
      throw new OptionError(
        `UnivariateHead: expected features to be an integer of at least 1, got ${describeValue(features)}.`,
      );
    }
    this.distribution = distribution;
    this.features = features;
    this.eventShape = [features];
    this.parameterCount = bindings[distribution].count * features;
  }

  bind(raw: tf.Tensor): Features {
    return bindings[this.distribution].make(this.parameters(raw) as never);
  }

  /**
   * The parameters of the distribution by the names that the options of its class have, each `[...batch, features]`.
   *
   * @param raw outputs `[...batch, parameterCount]`.
   * @example
   * new UnivariateHead({ distribution: "gamma", features: 2 }).parameters(tf.zeros([4])).rate; // → [1, 1]
   */
  parameters(raw: tf.Tensor): Readonly<Record<string, tf.Tensor>> {
    const { count, parameters } = bindings[this.distribution];
    const widths = Array.from({ length: count }, () => this.features);
    return parameters(...(splitOutputs(raw, widths) as [tf.Tensor, tf.Tensor, tf.Tensor]));
  }
}

function positive(raw: tf.Tensor): tf.Tensor {
  return tf.add(softplus(tf.add(raw, ONE)), LEAST);
}

function boundedPositive(raw: tf.Tensor): tf.Tensor {
  return tf.exp(softClip(raw, MOST_LOG_POWER));
}

function probability(logit: tf.Tensor): tf.Tensor {
  return tf.sigmoid(softClip(logit, MOST_LOGIT));
}

function directionAndLength(
  first: tf.Tensor,
  second: tf.Tensor,
): { readonly location: tf.Tensor; readonly concentration: tf.Tensor } {
  const x = tf.add(first, 1);
  const length = tf.sqrt(tf.add(tf.add(tf.square(x), tf.square(second)), LEAST));
  return { location: tf.atan2(second, x), concentration: length };
}

/** Codec of {@link UnivariateHead}. */
export const univariateHeadCodec: Codec<UnivariateHead> = classCodec("pushforward/univariate-head", UnivariateHead, {
  distribution: field.oneOf(...NAMES),
  features: field.count(),
});
