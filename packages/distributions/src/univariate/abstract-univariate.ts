import {
  type Codec,
  type Distribution,
  DomainError,
  type Json,
  type Key,
  OptionError,
  type Shape,
  type TensorLike,
} from "@pushforward/core";
import { asTensor, checkOptions, requireSampling } from "@pushforward/core/extend";
import { type ConfigReader, sizeOf } from "@pushforward/core/plain";
import { stopGradient, sumRightmost } from "@pushforward/ops";
import type { Tensor } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";
import {
  askedShape,
  broadcastValues,
  checkEvent,
  configArray,
  configCodec,
  type HostArray,
  nestedArray,
  optionShape,
  parameterArray,
  sameShape,
} from "../config.ts";
import { ElementStatistics } from "./element-statistics.ts";
import { invertCdf, withSlopes } from "./invert-cdf.ts";
import { RandomStream } from "./random-stream.ts";
import type { UnivariateStatistics } from "./univariate-statistics.ts";

/** The numbers that a parameter may have: all finite ones, unless an end is given. */
export interface ParameterRange {
  readonly above?: number;
  readonly atLeast?: number;
  readonly atMost?: number;
  /** The default of the option; without it the option is required. */
  readonly default?: number;
}

/** Any finite number. */
export function real(fallback?: number): ParameterRange {
  return fallback === undefined ? {} : { default: fallback };
}

/** A number above 0. */
export function positive(fallback?: number): ParameterRange {
  return { above: 0, ...real(fallback) };
}

/** `true` if a number is in a range. */
function isInRange(value: number, { above, atLeast, atMost }: ParameterRange): boolean {
  return !(value <= (above ?? Number.NaN) || value < (atLeast ?? Number.NaN) || value > (atMost ?? Number.NaN));
}

/** A range in words. */
function describeRange({ above, atLeast, atMost }: ParameterRange): string {
  const low = above === undefined ? (atLeast === undefined ? "" : `of at least ${atLeast}`) : `above ${above}`;
  const high = atMost === undefined ? "" : `of at most ${atMost}`;
  return ["numbers", [low, high].filter(Boolean).join(" and ")].filter(Boolean).join(" ");
}

/** Options of a distribution of independent features. */
export type UnivariateOptions<N extends string> = { readonly features?: number } & {
  readonly [name in N]?: TensorLike | HostArray | undefined;
};

/**
 * A distribution of independent features from a single family, each with its own parameters. It implements shapes,
 * draws, statistics and the config; a family implements the univariate mathematics.
 */
export abstract class AbstractUnivariate<N extends string> implements Distribution, UnivariateStatistics {
  readonly batchShape: Shape;
  readonly eventShape: Shape;
  /** The parameters of each element of `[...batch, features]`. */
  protected readonly elements: readonly Values<N>[];
  protected readonly statistics: ElementStatistics<Values<N>>;
  private readonly family: UnivariateFamily<N>;
  /** The parameters that were given as tensors, for gradients: their values were read. */
  private readonly tensors: readonly (readonly [name: N, tensor: tf.Tensor])[];

  protected constructor(family: UnivariateFamily<N>, options: UnivariateOptions<N>) {
    const names = Object.keys({ features: true, ...family.parameters }).map((name) => [name, true]);
    checkOptions(family.name, options, Object.fromEntries(names));
    const arrays = readParameters(family, options);
    const shapes = Object.entries<HostArray>(arrays).map(([name, { shape }]): [string, Shape] => [name, shape]);
    const asked = askedShape(family.name, options as { readonly features?: number });
    const shape = optionShape(family.name, { features: asked, ...Object.fromEntries(shapes) });
    this.family = family;
    this.tensors = (Object.keys(family.parameters) as N[]).flatMap((name) => {
      const given: TensorLike | HostArray | undefined = options[name];
      return given instanceof tf.Tensor ? [[name, given] as const] : [];
    });
    this.batchShape = shape.slice(0, -1);
    this.eventShape = shape.slice(-1);
    const columns = Object.entries<HostArray>(arrays).map(([name, array]) => [name, broadcastValues(array, shape)]);
    this.elements = Array.from(
      { length: sizeOf(shape) },
      (_, i) => Object.fromEntries(columns.map(([name, values]) => [name, values?.[i]])) as unknown as Values<N>,
    );
    this.statistics = new ElementStatistics(family.name, this, this.elements, {
      ends: (element) => this.endsOf(element),
      cdf: (x, element) => this.cdfOf(x, element),
      icdf: (u, element) => this.icdfOf(u, element),
      mean: family.mean,
      variance: family.variance,
      entropy: (element) => this.entropyOf(element),
    });
    for (const element of this.elements) {
      const expected = isKnown(element) ? family.refuse?.(element) : undefined;
      if (expected !== undefined) {
        throw new DomainError(`${family.name}: expected ${expected}.`);
      }
    }
  }

  logProb(x: TensorLike): tf.Tensor {
    return tf.tidy(() => {
      const where = `${this.family.name}.logProb`;
      const value = asTensor(x, where);
      checkEvent(where, value.shape, this);
      return sumRightmost(this.followed(this.elementLogProb(value), value), 1);
    });
  }

  sample(key: Key, sampleShape: Shape = []): tf.Tensor {
    requireSampling(`${this.family.name}.sample`, key, sampleShape);
    const shape = [...sampleShape, ...this.batchShape, ...this.eventShape];
    const random = new RandomStream(key);
    const period = this.elements.length;
    const values = Float32Array.from({ length: sizeOf(shape) }, (_, i) => {
      const element = this.elements[i % period] as Values<N>;
      // Rejection would never end.
      return isKnown(element) ? this.drawElement(random, element) : Number.NaN;
    });
    return tf.tensor(values, shape);
  }

  sampleAndLogProb(key: Key, sampleShape: Shape = []): [sample: tf.Tensor, logProb: tf.Tensor] {
    const sample = this.sample(key, sampleShape);
    return [sample, this.logProb(sample)];
  }

  cdf(x: TensorLike): tf.Tensor {
    return this.statistics.cdf(x);
  }

  icdf(p: TensorLike): tf.Tensor {
    return this.statistics.icdf(p);
  }

  mean(): tf.Tensor {
    return this.statistics.mean();
  }

  variance(): tf.Tensor {
    return this.statistics.variance();
  }

  entropy(): tf.Tensor {
    return this.statistics.entropy();
  }

  /** The config of a model file. Missing bounds are omitted. */
  config(): { readonly [key: string]: Json } {
    if (this.tensors.length > 0) {
      throw new OptionError(`${this.family.name}: expected numbers to save, got tensors. Make it of numbers.`);
    }
    const shape = [...this.batchShape, ...this.eventShape];
    const names = Object.keys(this.family.parameters) as N[];
    const columns = names.map((name) => [name, this.elements.map((element) => element[name])] as const);
    return Object.fromEntries(
      columns
        .filter(([, values]) => values.every(Number.isFinite))
        .map(([name, values]) => [name, nestedArray(values, shape)]),
    );
  }

  /** The log-density of each element, broadcast against the parameters. */
  protected abstract elementLogProb(x: tf.Tensor): tf.Tensor;
  /** One draw, as it is rounded to float32. */
  protected abstract drawElement(random: RandomStream, element: Values<N>): number;
  protected abstract entropyOf(element: Values<N>): number;
  /** `P(X ≤ x)` for a single element, everywhere. */
  protected abstract cdfOf(x: number, element: Values<N>): number;
  /** Its inverse for 0 < u < 1. */
  protected abstract icdfOf(u: number, element: Values<N>): number;

  /** The derivatives of the log-density by the parameters, 0 outside of the support. */
  protected abstract slopesOf(x: number, element: Values<N>): Values<N>;

  protected endsOf(element: Values<N>): readonly [low: number, high: number] {
    return this.family.ends?.(element) ?? [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY];
  }

  /** Log-densities of the elements with their gradients by the parameters that are tensors. */
  private followed(logProb: tf.Tensor, x: tf.Tensor): tf.Tensor {
    if (this.tensors.length === 0) return logProb;
    const { shape } = logProb;
    const period = this.elements.length;
    let slopes: readonly Values<N>[] | undefined;
    const values = tf.broadcastTo(stopGradient(x), shape).dataSync();
    const slopesOf = (name: N): Float32Array => {
      slopes ??= Array.from(values, (value, i) => this.slopesOf(value, this.elements[i % period] as Values<N>));
      return Float32Array.from(slopes, (slope) => slope[name]);
    };
    return this.tensors.reduce((sum, [name, tensor]) => withSlopes(sum, tensor, shape, () => slopesOf(name)), logProb);
  }

  protected inverseOfCdf(u: number, element: Values<N>): number {
    const ends = this.endsOf(element);
    const [mean, variance] = [this.family.mean(element), this.family.variance(element)];
    const [low, high] = ends;
    const start = Number.isFinite(mean) ? mean : Number.isFinite(low) ? low : Number.isFinite(high) ? high : 0;
    const scale = Number.isFinite(variance) && variance > 0 ? Math.sqrt(variance) : 1;
    return invertCdf((x) => this.cdfOf(x, element), u, { ends, start, scale });
  }
}

/** The codec of a distribution of independent features. */
export function univariateCodec<N extends string, T extends AbstractUnivariate<N>, O>(
  type: string,
  construct: new (options: O) => T,
  { parameters }: Pick<UnivariateFamily<N>, "parameters">,
): Codec<T> {
  const read = (reader: ConfigReader, name: string): O => {
    const ranges = Object.entries(parameters) as [N, UnivariateFamily<N>["parameters"][N]][];
    const written = ranges.filter(([parameter, range]) => Number.isFinite(range.default ?? 0) || reader.has(parameter));
    const arrays = written.map(([parameter]) => [parameter, configArray(reader, name, parameter)]);
    return sameShape(name, Object.fromEntries(arrays)) as O;
  };
  return configCodec(type, construct, read);
}

function isKnown(element: Values<string>): boolean {
  return !Object.values(element).some(Number.isNaN);
}

function readParameters<N extends string>(
  { name, parameters }: UnivariateFamily<N>,
  options: UnivariateOptions<N>,
): Record<N, HostArray> {
  const result: Partial<Record<N, HostArray>> = {};
  for (const parameter of Object.keys(parameters) as N[]) {
    const range = parameters[parameter];
    const given: TensorLike | HostArray | undefined = options[parameter];
    if (given === undefined) {
      if (range.default === undefined) throw new OptionError(`${name}: expected the option ${parameter}, got none.`);
      result[parameter] = { shape: [], values: Float64Array.of(range.default) };
      continue;
    }
    const array = parameterArray(given, `${name} ${parameter}`);
    const bad = array.values.find((value) => !isInRange(value, range));
    if (bad !== undefined) {
      throw new DomainError(`${name}: expected ${parameter} to be ${describeRange(range)}, got ${bad}.`);
    }
    result[parameter] = array;
  }
  return result as Record<N, HostArray>;
}

/** The parameters of an element, in float64. */
export type Values<N extends string> = { readonly [name in N]: number };

/** The mathematics of a scalar distribution: plain functions of numbers in float64. */
interface UnivariateFamily<N extends string> {
  /** The name of the class, for errors. */
  readonly name: string;
  readonly parameters: Readonly<Record<N, ParameterRange>>;
  /** Rejects parameters that are valid separately, but not together. */
  readonly refuse?: (p: Values<N>) => string | undefined;
  /** Bounds of the support. Default: none. */
  readonly ends?: (p: Values<N>) => readonly [low: number, high: number];
  /** The derivatives of the log-density by the parameters, inside of the support. */
  readonly slopes: (x: number, p: Values<N>) => Values<N>;
  /** `P(X ≤ x)` inside of the support. */
  readonly cdf: (x: number, p: Values<N>) => number;
  /** The inverse of the cdf for 0 < u < 1. Default: found by bisection. */
  readonly icdf?: (u: number, p: Values<N>) => number;
  /** One draw. Default: `icdf` of a uniform number. */
  readonly draw?: (random: RandomStream, p: Values<N>) => number;
  readonly mean: (p: Values<N>) => number;
  readonly variance: (p: Values<N>) => number;
}

/** A family with a density with respect to Lebesgue measure. */
export interface ContinuousFamily<N extends string, C extends string = string> extends UnivariateFamily<N> {
  /** Precomputed numbers of the log-density: expensive ones, or ones that would lose digits in float32. */
  readonly constants: (p: Values<N>) => Readonly<Record<C, number>>;
  /** The log-density of each element inside of the support; the tape computes its gradient. */
  logDensity(x: Tensor, constants: Readonly<Record<C, Tensor>>): Tensor;
  /**
   * The log-density at the bounds of the support. It is a number, or `Infinity` to use the finite log-density of the
   * next float32 inside. Default: `-Infinity`.
   */
  readonly atEnds?: (p: Values<N>) => readonly [low: number, high: number];
  readonly entropy: (p: Values<N>) => number;
}

/** A family of integers, with probabilities. */
export interface DiscreteFamily<N extends string> extends UnivariateFamily<N> {
  /** `ln P(X = k)` for an integer k in the support. */
  readonly logMass: (k: number, p: Values<N>) => number;
  /** In nats. Default: summed over the support. */
  readonly entropy?: (p: Values<N>) => number;
}

/** Where a log-density is -Infinity it has no slope. */
export function withoutSlopes<N extends string>(element: Values<N>): Values<N> {
  return Object.fromEntries(Object.keys(element).map((name) => [name, 0])) as Values<N>;
}
