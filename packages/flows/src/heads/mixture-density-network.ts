import {
  type Codec,
  type ConditionalDistribution,
  type Conditioner,
  type Distribution,
  type Json,
  type Key,
  type Module,
  OptionError,
  type ParameterTree,
  type Shape,
  ShapeError,
  type TensorLike,
} from "@pushforward/core";
import {
  type AtContext,
  broadcastShapes,
  checkOptions,
  currentTrace,
  defineCodec,
  describeValue,
  GivenContext,
  isConditioner,
  parameterTree,
} from "@pushforward/core/extend";
import { ConfigReader, sizeOf } from "@pushforward/core/plain";
import { tracedChoice } from "@pushforward/distributions/extend";
import { logSumExp, overflowToMinusInfinity } from "@pushforward/ops";
import * as tf from "@tensorflow/tfjs-core";

const COVARIANCES = ["full", "diagonal", "spherical"] as const;

/** Options of {@link MixtureDensityNetwork}. */
export interface MixtureDensityNetworkOptions {
  /**
   * A network from the context (its `inputSize` is the width of the context) to {@link mixtureDensityOutputSize}
   * numbers: logits, means, logarithms of the diagonals, and the entries below the diagonals, component by component,
   * row by row.
   */
  readonly conditioner: Conditioner;
  /** Size of the event. */
  readonly features: number;
  readonly components: number;
  /** Default: `"full"`. */
  readonly covariance?: "full" | "diagonal" | "spherical";
  /** One covariance for all components. Default: false. */
  readonly tied?: boolean;
  /** Added to each standard deviation, so that no component collapses. Default: 1e-6. */
  readonly epsilon?: number;
}

/**
 * A mixture density network (Bishop 1994, "Mixture density networks"): a mixture of normals with parameters that a
 * network computes from the context. `log p(x | c) = log Σₖ wₖ(c) N(x | μₖ(c), LₖLₖᵀ(c))`, in nats; `w =
 * softmax(logits)`, and Lₖ is lower triangular with the diagonal `exp(raw) + epsilon`: a separate number in each row
 * (full, diagonal) or a single number (spherical).
 *
 * Events `[features]`, batch axes from the context. It owns its network: `dispose()` frees the network.
 *
 * @throws {OptionError} a size is not a positive integer, or `epsilon` negative.
 * @throws {ShapeError} the output size of the network is wrong, or the network needs a context.
 * @example
 * const options = { features: 2, components: 3 };
 * const outputSize = mixtureDensityOutputSize(options);
 * using p = new MixtureDensityNetwork({ ...options, conditioner: new Mlp({ inputSize: 1, outputSize, key: createKey(0) }) });
 * const logProb = p.given([[0.3]]).logProb([[1, -1]]);
 */
export class MixtureDensityNetwork implements ConditionalDistribution, Module {
  readonly contextShape: Shape;
  readonly conditioner: Conditioner;
  readonly features: number;
  readonly components: number;
  readonly covariance: "full" | "diagonal" | "spherical";
  readonly tied: boolean;
  readonly epsilon: number;

  constructor(options: MixtureDensityNetworkOptions) {
    checkOptions("MixtureDensityNetwork", options, {
      conditioner: true,
      features: true,
      components: true,
      covariance: true,
      tied: true,
      epsilon: true,
    });
    const { conditioner, features, components, covariance = "full", tied = false, epsilon = 1e-6 } = options;
    const outputs = mixtureDensityOutputSize(options);
    if (conditioner.outputSize !== outputs || conditioner.contextSize !== 0) {
      throw new ShapeError(
        `MixtureDensityNetwork: expected a conditioner with outputSize ${outputs} and no context of its own, ` +
          `got outputSize ${conditioner.outputSize} and context size ${conditioner.contextSize}.`,
      );
    }
    if (!(epsilon >= 0 && Number.isFinite(epsilon))) {
      throw new OptionError(
        `MixtureDensityNetwork: expected epsilon to be a number of at least 0, got ${describeValue(epsilon)}.`,
      );
    }
    this.conditioner = conditioner;
    this.features = features;
    this.components = components;
    this.covariance = covariance;
    this.tied = tied;
    this.epsilon = epsilon;
    this.contextShape = [conditioner.inputSize];
  }

  /**
   * Returns the mixture at a context `[...batch, contextSize]`, with batch shape `[...batch]`. It borrows model and
   * context, owns no memory and needs no disposal.
   *
   * @throws {ContextError} the context has the wrong shape.
   */
  given(context: TensorLike): Distribution {
    const { features, contextShape } = this;
    return new GivenContext(context, {
      ...{ where: "MixtureDensityNetwork", contextShape, eventShape: [features] },
      logProb: (x, at) => {
        const batch = broadcastShapes(x.shape.slice(0, -1), at.batchShape) as Shape;
        const rows = sizeOf(at.batchShape);
        const copies = sizeOf(batch) / rows;
        const flat = tf.reshape(tf.broadcastTo(x, [...batch, features]), [copies, rows, 1, features]);
        const logProb = tf.reshape(this.density(flat, this.numbersAt(at)), [...batch]);
        return overflowToMinusInfinity(logProb, x, 1);
      },
      sample: (key, sampleShape, at) => {
        const numbers = this.numbersAt(at);
        const shape = [...sampleShape, ...at.batchShape, features];
        return currentTrace() !== undefined && sampleShape.length === 0
          ? tf.reshape(this.tracedDraw(key, numbers), shape)
          : tf.tensor(this.draw(key, sizeOf(sampleShape), numbers), shape);
      },
    });
  }

  parameters(): ParameterTree {
    return parameterTree({ conditioner: this.conditioner });
  }

  dispose(): void {
    this.conditioner.dispose();
  }

  [Symbol.dispose](): void {
    this.dispose();
  }

  private numbersAt({ context, batchShape }: AtContext): MixtureRows {
    const { conditioner, features, components, covariance, tied, epsilon } = this;
    const rows = sizeOf(batchShape);
    const outputs = conditioner.apply(tf.reshape(context, [rows, conditioner.inputSize]));
    let at = 0;
    const take = (count: number, width: number): tf.Tensor => {
      const part = tf.slice(outputs, [0, at], [rows, count * width]);
      at += count * width;
      return tf.reshape(part, [rows, count, width]);
    };
    const logits = tf.reshape(take(components, 1), [rows, components]);
    const means = take(components, features);
    const matrices = tied ? 1 : components;
    const diagonals = tf.add(tf.exp(take(matrices, covariance === "spherical" ? 1 : features)), epsilon);
    if (covariance !== "full" || features === 1) return { logits, means, diagonals };
    return { logits, means, diagonals, below: take(matrices, (features * (features - 1)) / 2) };
  }

  /** Log-densities `[copies, rows]` of x `[copies, rows, 1, features]`. */
  private density(x: tf.Tensor, { logits, means, diagonals, below }: MixtureRows): tf.Tensor {
    const { features } = this;
    const away = tf.sub(x, means);
    const z = below === undefined ? tf.div(away, diagonals) : whiten(away, diagonals, below);
    const repeats = features / (diagonals.shape[2] as number);
    const logDets = tf.mul(tf.sum(tf.log(diagonals), 2), repeats);
    const logWeights = tf.sub(logits, logSumExp(logits, 1, true));
    const constant = tf.sub(tf.sub(logWeights, logDets), (features / 2) * Math.log(2 * Math.PI));
    return logSumExp(tf.add(tf.mul(tf.sum(tf.square(z), 3), -0.5), constant), 2);
  }

  /** One draw at each context from the same random numbers by tensor operations alone: for where these are written down. */
  private tracedDraw(key: Key, { logits, means, diagonals, below }: MixtureRows): tf.Tensor {
    const [choiceKey, noiseKey] = key.split();
    const { features, components } = this;
    const rows = logits.shape[0] as number;
    const choice = tracedChoice(tf.tensor1d(choiceKey.uniform(rows)), tf.cumsum(tf.softmax(logits), 1));
    const isChosen = tf.equal(
      tf.expandDims(choice, 1),
      tf.tensor2d([[...new Array(components).keys()]], undefined, "int32"),
    );
    // Of one matrix for all components there is nothing to choose.
    const of = (all: tf.Tensor): tf.Tensor =>
      all.shape[1] === 1
        ? tf.squeeze(all, [1])
        : tf.sum(tf.where(tf.expandDims(isChosen, 2), all, tf.zerosLike(all)), 1);
    const z = tf.tensor2d(noiseKey.normal(rows * features), [rows, features]);
    const scaled = tf.add(of(means), tf.mul(of(diagonals), z));
    if (below === undefined) return scaled;
    const entries = of(below);
    const sums = Array.from({ length: features - 1 }, (_, i) => {
      const row = tf.slice(entries, [0, (i * (i + 1)) / 2], [rows, i + 1]);
      return tf.sum(tf.mul(row, tf.slice(z, [0, 0], [rows, i + 1])), 1, true);
    });
    return tf.add(scaled, tf.concat([tf.zeros([rows, 1]), ...sums], 1));
  }

  /** `copies` draws at each context, on the host: a choice has no gradient. */
  private draw(key: Key, copies: number, numbers: MixtureRows): Float32Array {
    const [choiceKey, noiseKey] = key.split();
    const { features, components } = this;
    const rows = numbers.logits.shape[0] as number;
    const [weights, means, diagonals] = [
      tf.softmax(numbers.logits).dataSync(),
      numbers.means.dataSync(),
      numbers.diagonals.dataSync(),
    ];
    const below = numbers.below?.dataSync();
    const [, matrices, width] = numbers.diagonals.shape as [number, number, number];
    const belowCount = (features * (features - 1)) / 2;
    const choices = choiceKey.uniform(copies * rows);
    const noise = noiseKey.normal(copies * rows * features);
    const result = new Float32Array(noise.length);
    for (let i = 0; i < copies * rows; i++) {
      const row = i % rows;
      const k = chosen(weights.subarray(row * components, (row + 1) * components), choices[i] as number);
      const matrix = row * matrices + (matrices === 1 ? 0 : k);
      for (let d = 0; d < features; d++) {
        const scale = diagonals[matrix * width + (width === 1 ? 0 : d)] as number;
        let value =
          (means[(row * components + k) * features + d] as number) + scale * (noise[i * features + d] as number);
        if (below !== undefined) {
          for (let j = 0; j < d; j++) {
            const entry = below[matrix * belowCount + (d * (d - 1)) / 2 + j] as number;
            value += entry * (noise[i * features + j] as number);
          }
        }
        result[i * features + d] = value;
      }
    }
    return result;
  }
}

/** Sizes of the mixture of a {@link MixtureDensityNetwork}. */
export type MixtureDensitySizes = Omit<MixtureDensityNetworkOptions, "conditioner" | "epsilon">;

/**
 * Required output size of the network of a {@link MixtureDensityNetwork}: for each component a logit, a mean and,
 * unless tied, a covariance.
 *
 * @throws {OptionError} a size is not a positive integer, or `covariance` unknown.
 * @example
 * mixtureDensityOutputSize({ features: 2, components: 3 }); // → 3 + 3 * 2 + 3 * (2 + 1)
 */
export function mixtureDensityOutputSize(sizes: MixtureDensitySizes): number {
  const { features, components, covariance = "full", tied = false } = sizes;
  for (const [name, size] of Object.entries({ features, components })) {
    if (!Number.isSafeInteger(size) || size < 1) {
      throw new OptionError(
        `MixtureDensityNetwork: expected ${name} to be an integer of at least 1, got ${describeValue(size)}.`,
      );
    }
  }
  if (!COVARIANCES.includes(covariance)) {
    throw new OptionError(
      `MixtureDensityNetwork: expected covariance to be one of ${COVARIANCES.join(", ")}, got ${JSON.stringify(covariance)}.`,
    );
  }
  const diagonal = covariance === "spherical" ? 1 : features;
  const below = covariance === "full" ? (features * (features - 1)) / 2 : 0;
  return components * (1 + features) + (tied ? 1 : components) * (diagonal + below);
}

/** The numbers of the mixtures at `rows` contexts. */
interface MixtureRows {
  /** `[rows, components]`. */
  readonly logits: tf.Tensor;
  /** `[rows, components, features]`. */
  readonly means: tf.Tensor;
  /** The diagonals of L `[rows, components or 1, features or 1]`. */
  readonly diagonals: tf.Tensor;
  /** The entries below, row by row, `[rows, components or 1, features·(features − 1)/2]`; absent unless full. */
  readonly below?: tf.Tensor;
}

/** Solves `L z = away` variable by variable; L has the diagonals and, row by row, the entries below. */
function whiten(away: tf.Tensor, diagonals: tf.Tensor, below: tf.Tensor): tf.Tensor {
  const features = away.shape[3] as number;
  const solved: tf.Tensor[] = [];
  for (let d = 0; d < features; d++) {
    const rest = tf.slice(away, [0, 0, 0, d], [-1, -1, -1, 1]);
    const scale = tf.slice(diagonals, [0, 0, d], [-1, -1, 1]);
    if (d === 0) {
      solved.push(tf.div(rest, scale));
      continue;
    }
    const row = tf.slice(below, [0, 0, (d * (d - 1)) / 2], [-1, -1, d]);
    const known = solved.length === 1 ? (solved[0] as tf.Tensor) : tf.concat(solved, 3);
    solved.push(tf.div(tf.sub(rest, tf.sum(tf.mul(known, row), 3, true)), scale));
  }
  return tf.concat(solved, 3);
}

/** The component that a uniform draw chooses. */
function chosen(weights: ArrayLike<number>, u: number): number {
  let sum = 0;
  let last = 0;
  for (let k = 0; k < weights.length; k++) {
    const weight = weights[k] as number;
    sum += weight;
    if (weight > 0) last = k;
    if (u < sum) return k;
  }
  // Rounding can leave the sum below 1.
  return last;
}

/** Codec of {@link MixtureDensityNetwork}. */
export const mixtureDensityNetworkCodec: Codec<MixtureDensityNetwork> = defineCodec<MixtureDensityNetwork>({
  type: "pushforward/mixture-density-network",
  version: 1,
  is: (value): value is MixtureDensityNetwork => value instanceof MixtureDensityNetwork,
  encode: ({ conditioner, features, components, covariance, tied, epsilon }, registry) => ({
    conditioner: { ...registry.encode(conditioner) } as Json,
    features,
    components,
    covariance,
    tied,
    epsilon,
  }),
  decode: (config, registry) => {
    const c = new ConfigReader("pushforward/mixture-density-network", config);
    const options = {
      conditioner: c.object("conditioner", registry, isConditioner, "a conditioner"),
      features: c.count("features"),
      components: c.count("components"),
      covariance: c.oneOf("covariance", COVARIANCES),
      tied: c.boolean("tied"),
      epsilon: c.number("epsilon", { min: 0 }),
    };
    c.end();
    return new MixtureDensityNetwork(options);
  },
});
