import {
  type Bijection,
  type BijectionFamily,
  type Codec,
  type Key,
  OptionError,
  type Parameter,
  ShapeError,
} from "@pushforward/core";
import {
  AbstractModule,
  checkOptions,
  classCodec,
  field,
  formatShape,
  parameter,
  sizeOf,
} from "@pushforward/core/extend";
import { expm1, matMul } from "@pushforward/ops";
import * as tf from "@tensorflow/tfjs-core";
import { checkFeatures } from "../check-features.ts";
import { BoundBijection } from "../families/bound-bijection.ts";
import { type IncreasingMap, monotoneInverse } from "../roots.ts";

/** Shape and start of a {@link StackedLayer}. */
export interface StackedLayerOptions {
  readonly variables: number;
  readonly inputs: number;
  readonly outputs: number;
  /** Draws the weights from U(±1/√inputs); without one they are 0. */
  readonly key: Key | undefined;
}

/** A linear map of its own for each variable: weights `[variables, inputs, outputs]`, biases `[variables, outputs]`. */
class StackedLayer extends AbstractModule {
  readonly weight: Parameter;
  readonly bias: Parameter;

  constructor({ variables, inputs, outputs, key }: StackedLayerOptions) {
    super();
    const bound = 1 / Math.sqrt(inputs);
    const start = (name: string, count: number) =>
      key &&
      (() =>
        key
          .fold(name)
          .uniform(count)
          .map((u) => (2 * u - 1) * bound));
    this.weight = parameter([variables, inputs, outputs], start("weight", variables * inputs * outputs));
    this.bias = parameter([variables, outputs], start("bias", variables * outputs));
  }

  /** The arrays of some variables, of all where none are named. */
  tensors(variables?: readonly number[]): StackedTensors {
    return { weight: rows(this.weight.variable, variables), bias: rows(this.bias.variable, variables) };
  }
}

/** The arrays of a layer: weight `[v, inputs, outputs]`, bias `[v, outputs]`. */
export interface StackedTensors {
  readonly weight: tf.Tensor;
  readonly bias: tf.Tensor;
}

/** `x W + b` for x `[v, n, inputs]`. */
export function stacked(x: tf.Tensor, { weight, bias }: StackedTensors): tf.Tensor {
  return tf.add(matMul(x, weight), tf.expandDims(bias, 1));
}

/** Slices and not `gather`, which has no gradient on wasm. */
function rows(x: tf.Tensor, variables: readonly number[] | undefined): tf.Tensor {
  if (variables === undefined) return x;
  const size = [1, ...x.shape.slice(1)];
  const parts = variables.map((variable) => tf.slice(x, [variable, ...Array<number>(x.rank - 1).fill(0)], size));
  return parts.length === 1 ? (parts[0] as tf.Tensor) : tf.concat(parts, 0);
}

/** Options of families of networks. */
export interface NetworkFamilyOptions {
  /** Number of variables, each with a separate network. Default: 1. */
  readonly variables?: number;
  /** Number of network inputs in addition to the variable. Default: 16. */
  readonly signal?: number;
  /** Widths of its hidden layers, at least one. Default: `[64, 64]`. */
  readonly hidden?: readonly number[];
  /** Draws the weights; without one they are 0. */
  readonly key?: Key;
}

const SIGNAL = 16;
const HIDDEN = [64, 64] as const;

/**
 * Base class of families of maps by networks, one per variable, with weights of the family. The arguments of `bind` are
 * signals, which carry the dependence on further variables and on the context. A subclass defines the increasing map; {@link
 * monotoneInverse} inverts it.
 */
export abstract class AbstractNetworkFamily extends AbstractModule implements BijectionFamily {
  abstract readonly type: string;
  readonly inverseKind = "iterative";
  readonly parameterCount: number;
  readonly variables: number;
  readonly signal: number;
  readonly hidden: readonly number[];
  private readonly layers: readonly StackedLayer[];
  private readonly where: string;

  /**
   * @param extra number of parameters in addition to the signal.
   * @param drawsLast `true` to draw the last layer, too; otherwise it starts at 0.
   */
  protected constructor(where: string, options: NetworkFamilyOptions, extra: number, drawsLast: boolean) {
    super();
    this.where = where;
    this.variables = checkFeatures(where, options.variables ?? 1, "variables");
    this.signal = checkFeatures(where, options.signal ?? SIGNAL, "signal");
    this.hidden = [...(options.hidden ?? HIDDEN)];
    checkFeatures(where, this.hidden.length, "the number of hidden layers");
    for (const width of this.hidden) checkFeatures(where, width, "each width in hidden");
    this.parameterCount = this.signal + extra;
    const widths = [1 + this.signal, ...this.hidden, 1];
    this.layers = widths.slice(1).map((outputs, i) => {
      const key = i < this.hidden.length || drawsLast ? options.key?.fold(`layers.${i}`) : undefined;
      return new StackedLayer({ variables: this.variables, inputs: widths[i] as number, outputs, key });
    });
  }

  /**
   * The map of parameters `[...batch, v, count]`, which it borrows, for all or for named variables. Throws `ShapeError` for a
   * wrong shape.
   */
  bind(parameters: tf.Tensor, variables?: readonly number[]): Bijection {
    const count = variables?.length ?? this.variables;
    if (parameters.shape.at(-2) !== count) {
      throw new ShapeError(
        `${this.where}.bind: expected parameters of shape [..., ${count}, ${this.parameterCount}], one row for each ` +
          `variable, got shape ${formatShape(parameters.shape)}.`,
      );
    }
    return new BoundBijection(
      this.where,
      this.parameterCount,
      parameters,
      (x, bound, isInverse) => {
        const layers = this.layers.map((layer) => layer.tensors(variables));
        const rows = sizeOf(x.shape) / count;
        const map = this.map(byVariable(tf.reshape(bound, [rows, count, this.parameterCount])), layers);
        const value = byVariable(tf.reshape(x, [rows, count]));
        const back = (result: tf.Tensor): tf.Tensor => tf.reshape(byVariable(result), x.shape);
        if (!isInverse) {
          const [y, logSlope] = map(value);
          return [back(y), back(logSlope)];
        }
        const root = monotoneInverse(map, value);
        return [back(root), tf.neg(back(map(root)[1]))];
      },
      "iterative",
    );
  }

  /** The map of values `[v, rows]` for parameters `[v, rows, count]`. */
  protected abstract map(parameters: tf.Tensor, layers: readonly StackedTensors[]): IncreasingMap;
}

/** The first two axes exchanged. */
function byVariable(x: tf.Tensor): tf.Tensor {
  const [a, b, ...rest] = x.shape as [number, number, ...number[]];
  return a === 1 || b === 1 ? tf.reshape(x, [b, a, ...rest]) : tf.transpose(x, [1, 0, ...rest.map((_, i) => i + 2)]);
}

/** Options of {@link monotoneNetwork}. */
export type MonotoneNetworkOptions = NetworkFamilyOptions;

/**
 * The family of networks with positive weights: y is a network of x and of the signal, with the absolute values of its
 * parameters as weights. One half of the hidden units has the activation `elu(a)`, the second half `−elu(−a)`, so that
 * the network is linear in both tails and its image is all of ℝ. The parameters of a variable are the signal.
 *
 * It does not start as the identity. Our `deepSigmoid` does, and has no further weights; this one is the usual neural
 * autoregressive flow.
 *
 * @see Huang et al. 2018, Neural Autoregressive Flows, https://arxiv.org/abs/1804.00779
 */
export class MonotoneNetworkFamily extends AbstractNetworkFamily {
  override readonly type = "pushforward/monotone-network";

  constructor(options: MonotoneNetworkOptions = {}) {
    checkOptions("monotoneNetwork", options, { variables: true, signal: true, hidden: true, key: true });
    super("monotoneNetwork", options, 0, true);
    const odd = this.hidden.find((width) => width % 2 === 1);
    if (odd !== undefined) {
      throw new OptionError(
        `monotoneNetwork: expected even widths in hidden, whose halves have two activations, got ${odd}.`,
      );
    }
  }

  protected override map(signal: tf.Tensor, layers: readonly StackedTensors[]): IncreasingMap {
    const positive = layers.map(({ weight, bias }) => ({ weight: tf.abs(weight), bias }));
    return (x) => {
      let h = tf.concat([tf.expandDims(x, 2), signal], 2);
      // The slope of each unit for x, layer by layer.
      let slope = tf.concat([tf.onesLike(tf.expandDims(x, 2)), tf.zerosLike(signal)], 2);
      for (const [i, layer] of positive.entries()) {
        h = stacked(h, layer);
        slope = matMul(slope, layer.weight);
        if (i === positive.length - 1) break;
        const [a, b] = tf.split(h, 2, 2) as [tf.Tensor, tf.Tensor];
        const [low, high] = [tf.minimum(a, 0), tf.maximum(b, 0)];
        h = tf.concat([tf.add(tf.maximum(a, 0), expm1(low)), tf.sub(tf.minimum(b, 0), expm1(tf.neg(high)))], 2);
        slope = tf.mul(slope, tf.exp(tf.concat([low, tf.neg(high)], 2)));
      }
      return [tf.squeeze(h, [2]), tf.log(tf.squeeze(slope, [2]))];
    };
  }
}

/**
 * Creates the family of networks with positive weights, see {@link MonotoneNetworkFamily}.
 *
 * @throws {OptionError} a size is not an integer of at least 1, or a width in `hidden` is odd.
 * @example
 * const family = monotoneNetwork({ variables: 2, signal: 3, hidden: [8], key: createKey(0) });
 * family.bind(tf.zeros([5, 2, 3])).forward(tf.ones([5, 2])); // → shape [5, 2]
 */
export function monotoneNetwork(options: MonotoneNetworkOptions = {}): MonotoneNetworkFamily {
  return new MonotoneNetworkFamily(options);
}

/** Codec of {@link MonotoneNetworkFamily}. */
export const monotoneNetworkCodec: Codec<MonotoneNetworkFamily> = classCodec(
  "pushforward/monotone-network",
  MonotoneNetworkFamily,
  { variables: field.count(), signal: field.count(), hidden: field.counts() },
);
