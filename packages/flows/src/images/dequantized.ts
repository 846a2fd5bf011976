import {
  type Codec,
  type ConditionalDistribution,
  type Distribution,
  type Key,
  OptionError,
  type ParameterTree,
  type Shape,
  ShapeError,
  type TensorLike,
} from "@pushforward/core";
import {
  AbstractModule,
  asTensor,
  ConfigReader,
  checkKey,
  checkOptions,
  constructStored,
  defineCodec,
  describeValue,
  formatShape,
  isConditionalDistribution,
  isDistribution,
  parameterTree,
  shapesEqual,
  sizeOf,
} from "@pushforward/core/extend";
import * as tf from "@tensorflow/tfjs-core";
import { checkValue } from "../push.ts";

const MOST_LEVELS = 65_536;

/** Parts of {@link Dequantized}. */
export interface DequantizedOptions {
  /** The density of numbers in [0, 1]. */
  readonly density: Distribution;
  /** Number of levels of a pixel value, 0 to levels − 1: 256 for images of 8 bits. */
  readonly levels: number;
  /**
   * The distribution of the noise given the values, scaled to [0, 1): events have the event shape of the density and are in (0,
   * 1); the context is the event, with its shape or as a vector. Default: uniform noise.
   */
  readonly noise?: ConditionalDistribution;
}

/**
 * Models integers from 0 to levels − 1 by a density of real numbers. The density of the noisy values `v = (x +
 * u)/levels`, with noise u in [0, 1), bounds the probability of the integers,
 *
 * `log P(x) ≥ E_q[log p(v) − log q(u | x)] − dimensions·log levels`.
 *
 * With uniform noise q is 1 (Uria et al. 2013, arXiv:1306.0186; Theis et al. 2016, arXiv:1511.01844). Noise that is
 * learned with the density makes the bound tighter: variational dequantization (Ho et al. 2019, arXiv:1902.00275).
 *
 * It owns its parts: `dispose()` frees the parameters of both.
 *
 * @throws {OptionError} `levels` is not an integer from 2 to 65,536, or the density has batch axes.
 * @throws {ShapeError} the noise has events or a context of the wrong shape.
 * @example
 * using model = new Dequantized({ density: glow({ shape: [4, 4, 1], alpha: 0.05, key: createKey(0) }), levels: 256 });
 * const images = tf.fill([5, 4, 4, 1], 17);
 * model.logProbBound(images, createKey(1)); // → shape [5]
 * const loss: Loss<Dequantized> = (m, batch, key) => tf.neg(tf.mean(m.logProbBound(batch.x, key)));
 */
export class Dequantized extends AbstractModule {
  readonly density: Distribution;
  readonly levels: number;
  readonly noise?: ConditionalDistribution;
  /** Shape of an event. */
  readonly eventShape: Shape;

  constructor(options: DequantizedOptions) {
    checkOptions("Dequantized", options, { density: true, levels: true, noise: true });
    const { density, levels, noise } = options;
    super();
    if (!Number.isInteger(levels) || levels < 2 || levels > MOST_LEVELS) {
      throw new OptionError(
        `Dequantized: expected levels to be an integer from 2 to ${MOST_LEVELS}, got ${describeValue(levels)}.`,
      );
    }
    if (density.batchShape.length > 0) {
      throw new OptionError(
        `Dequantized: expected a density without batch axes, got ${formatShape(density.batchShape)}.`,
      );
    }
    this.density = density;
    this.levels = levels;
    this.eventShape = density.eventShape;
    if (noise === undefined) return;
    if (sizeOf(noise.contextShape) !== sizeOf(this.eventShape)) {
      throw new ShapeError(
        `Dequantized: expected noise with a context of the ${sizeOf(this.eventShape)} numbers of an event, ` +
          `got shape ${formatShape(noise.contextShape)}.`,
      );
    }
    this.noise = noise;
  }

  /**
   * A lower bound of the log-probability of integers x `[...batch, ...event]`, in nats, `[...batch]`, from one draw of the
   * noise: its mean over draws is the bound.
   *
   * @throws {ShapeError} wrong event shape of x or of the noise.
   */
  logProbBound(x: TensorLike, key: Key): tf.Tensor {
    const where = "Dequantized.logProbBound";
    checkKey(where, { key });
    return tf.tidy(() => {
      const values = asTensor(x, where);
      checkValue(where, values, [], this.eventShape);
      const [u, logNoise] = this.draw(values, key);
      const logProb = this.density.logProb(tf.div(tf.add(values, u), this.levels));
      const discrete = tf.sub(logProb, sizeOf(this.eventShape) * Math.log(this.levels));
      return logNoise === undefined ? discrete : tf.sub(discrete, logNoise);
    });
  }

  /**
   * Draws integers, `[...sampleShape, ...event]`, as float32: `⌊levels·v⌋`, clamped to the range if v is outside of [0,
   * 1).
   */
  sample(key: Key, sampleShape: Shape = []): tf.Tensor {
    return tf.tidy(() => {
      const values = tf.floor(tf.mul(this.density.sample(key, sampleShape), this.levels));
      return tf.minimum(tf.maximum(values, 0), this.levels - 1);
    });
  }

  override parameters(): ParameterTree {
    return parameterTree({ density: this.density, noise: this.noise });
  }

  private draw(values: tf.Tensor, key: Key): [u: tf.Tensor, logNoise: tf.Tensor | undefined] {
    if (this.noise === undefined) {
      return [tf.tensor(key.uniform(values.size), values.shape, "float32"), undefined];
    }
    const batch = values.shape.slice(0, values.rank - this.eventShape.length);
    const scaled = tf.reshape(tf.div(values, this.levels), [...batch, ...this.noise.contextShape]);
    const [u, logNoise] = this.noise.given(scaled).sampleAndLogProb(key);
    const shape = [...batch, ...this.eventShape];
    if (sizeOf(u.shape) !== sizeOf(shape) || !shapesEqual(logNoise.shape, batch)) {
      throw new ShapeError(`Dequantized: expected noise of shape ${formatShape(shape)}, got ${formatShape(u.shape)}.`);
    }
    return [tf.reshape(u, shape), logNoise];
  }
}

/** Codec of {@link Dequantized}. */
export const dequantizedCodec: Codec<Dequantized> = defineCodec<Dequantized>({
  type: "pushforward/dequantized",
  version: 1,
  is: (value): value is Dequantized => value instanceof Dequantized,
  encode: ({ density, levels, noise }, registry) => ({
    density: { ...registry.encode(density) },
    levels,
    ...(noise && { noise: { ...registry.encode(noise) } }),
  }),
  decode: (config, registry) => {
    const type = "pushforward/dequantized";
    const c = new ConfigReader(type, config);
    const density = c.object("density", registry, isDistribution, "a distribution");
    const levels = c.count("levels", { min: 2, max: MOST_LEVELS });
    const noise = c.has("noise")
      ? c.object("noise", registry, isConditionalDistribution, "a conditional distribution")
      : undefined;
    c.end();
    return constructStored(type, () => new Dequantized({ density, levels, ...(noise && { noise }) }));
  },
});

/** Options of {@link bitsPerDimension}. */
export interface BitsPerDimensionOptions {
  /** Numbers in one event: height × width × channels of an image. */
  readonly dimensions: number;
  /**
   * Number of levels of a value, if `logProb` is the log-density of numbers that were scaled to [0, 1]: 256 for images
   * of 8 bits. Default: 1, for a log-probability of the values themselves or a density in their units.
   */
  readonly levels?: number;
}

/**
 * A log-density in nats as bits per dimension, `log₂ levels − logProb/(dimensions · ln 2)`: the code length per number of an
 * event. Lower is better; uniform 8-bit pixels have 8.
 *
 * @throws {OptionError} `dimensions` or `levels` is not an integer of at least 1.
 * @see Theis et al. 2016, A note on the evaluation of generative models, https://arxiv.org/abs/1511.01844
 * @example
 * bitsPerDimension(0, { dimensions: 784, levels: 256 }); // → 8
 */
export function bitsPerDimension(logProb: number, options: BitsPerDimensionOptions): number {
  checkOptions("bitsPerDimension", options, { dimensions: true, levels: true });
  const { dimensions, levels = 1 } = options;
  for (const [name, value] of [
    ["dimensions", dimensions],
    ["levels", levels],
  ] as const) {
    if (!Number.isSafeInteger(value) || value < 1) {
      throw new OptionError(
        `bitsPerDimension: expected ${name} to be an integer of at least 1, got ${describeValue(value)}.`,
      );
    }
  }
  return Math.log2(levels) - logProb / (dimensions * Math.LN2);
}
