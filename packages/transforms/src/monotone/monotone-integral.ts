import { type Codec, OptionError } from "@pushforward/core";
import { checkOptions, classCodec, describeValue, field } from "@pushforward/core/extend";
import { clip, expm1, matMul, softClip } from "@pushforward/ops";
import * as tf from "@tensorflow/tfjs-core";
import type { IncreasingMap } from "../roots.ts";
import { AbstractNetworkFamily, type NetworkFamilyOptions, type StackedTensors, stacked } from "./monotone-network.ts";

/** Nodes and weights of a quadrature on [0, 1]. */
interface Quadrature {
  readonly nodes: Float64Array;
  readonly weights: Float64Array;
}

/**
 * The Gauss-Legendre quadrature of n nodes on [0, 1], which is exact for polynomials of a degree below 2n. Nodes are the roots
 * of the Legendre polynomial, by Newton's method from an asymptotic start.
 *
 * @see Press et al. 2007, Numerical Recipes, section 4.6
 */
export function gaussLegendre(n: number): Quadrature {
  const nodes = new Float64Array(n);
  const weights = new Float64Array(n);
  for (let i = 0; i < n; i++) {
    let x = Math.cos((Math.PI * (i + 0.75)) / (n + 0.5));
    let slope = 0;
    for (let step = 0; step < 20; step++) {
      let [before, value] = [0, 1];
      for (let k = 0; k < n; k++) [before, value] = [value, ((2 * k + 1) * x * value - k * before) / (k + 1)];
      slope = (n * (x * value - before)) / (x * x - 1);
      const change = value / slope;
      x -= change;
      if (Math.abs(change) < 1e-15) break;
    }
    nodes[i] = (1 - x) / 2;
    weights[i] = 1 / ((1 - x * x) * slope * slope);
  }
  return { nodes, weights };
}

/** Options of {@link monotoneIntegral}. */
export interface MonotoneIntegralOptions extends NetworkFamilyOptions {
  /** Beyond ±bound the map is linear; 0 disables this, and the quadrature covers all values. Default: 8. */
  readonly bound?: number;
  /** The activation of the network. Default: `"tanh"`. */
  readonly activation?: "tanh" | "elu";
  /** Bound L of log-slopes, above 0 and up to 20. Default: 7. */
  readonly limit?: number;
  /** How log-slopes are bounded: `"tanh"` is smooth, `"clip"` is `L n / (L + |n|)`. Default: `"tanh"`. */
  readonly scale?: "tanh" | "clip";
}

const NODES = 32;
const BOUND = 8;
const LIMIT = 7;
const LARGEST_LIMIT = 20;

/**
 * The family of integrals of positive networks: `y = c + ∫₀ˣ g(t; s) dt`, `g = exp(L tanh(n/L))` with n a network of t and
 * of the signal s. The parameters of a variable are s, then c.
 *
 * The integral is a Gauss-Legendre quadrature with 32 nodes, the slope is the integrand. Beyond ±`bound` the integrand is
 * constant, so the map is onto ℝ. The last layer of a new network is 0: for c = 0 the map is then the identity. The inverse
 * uses Newton's method in a bracket, with the gradient of the implicit function.
 *
 * @see Wehenkel and Louppe 2019, Unconstrained Monotonic Neural Networks, https://arxiv.org/abs/1908.05164
 */
export class MonotoneIntegralFamily extends AbstractNetworkFamily {
  override readonly type = "pushforward/monotone-integral";
  readonly bound: number;
  readonly activation: "tanh" | "elu";
  readonly limit: number;
  readonly scale: "tanh" | "clip";
  private readonly quadrature: Quadrature;

  constructor(options: MonotoneIntegralOptions = {}) {
    checkOptions("monotoneIntegral", options, {
      variables: true,
      signal: true,
      hidden: true,
      key: true,
      bound: true,
      activation: true,
      limit: true,
      scale: true,
    });
    super("monotoneIntegral", options, 1, false);
    const { bound = BOUND, activation = "tanh", limit = LIMIT, scale = "tanh" } = options;
    if (!(bound >= 0 && Number.isFinite(bound))) {
      throw new OptionError(`monotoneIntegral: expected bound of at least 0, got ${describeValue(bound)}.`);
    }
    if (activation !== "tanh" && activation !== "elu") {
      throw new OptionError(
        `monotoneIntegral: expected activation to be "tanh" or "elu", got ${JSON.stringify(activation)}.`,
      );
    }
    if (scale !== "tanh" && scale !== "clip") {
      throw new OptionError(`monotoneIntegral: expected scale to be "tanh" or "clip", got ${JSON.stringify(scale)}.`);
    }
    if (!(limit > 0 && limit <= LARGEST_LIMIT)) {
      throw new OptionError(
        `monotoneIntegral: expected limit above 0 and up to ${LARGEST_LIMIT}, got ${describeValue(limit)}.`,
      );
    }
    this.bound = bound;
    this.limit = limit;
    this.activation = activation;
    this.scale = scale;
    this.quadrature = gaussLegendre(NODES);
  }

  protected override map(parameters: tf.Tensor, layers: readonly StackedTensors[]): IncreasingMap {
    const [first, ...others] = layers as readonly [StackedTensors, ...StackedTensors[]];
    const signal = tf.slice(parameters, [0, 0, 0], [-1, -1, this.signal]);
    const constant = tf.squeeze(tf.slice(parameters, [0, 0, this.signal], [-1, -1, 1]), [2]);
    const [variables, inputs, width] = first.weight.shape as [number, number, number];
    const ofValue = tf.slice(first.weight, [0, 0, 0], [variables, 1, width]);
    const ofSignal = tf.slice(first.weight, [0, 1, 0], [variables, inputs - 1, width]);
    // The signal is the same at all nodes.
    const base = stacked(signal, { weight: ofSignal, bias: first.bias });
    const rows = signal.shape[1] as number;
    // Repeated here, because a sum that broadcasts is slow on cpu.
    const ofNodes = tf.reshape(tf.tile(tf.expandDims(base, 2), [1, 1, NODES + 1, 1]), [variables, -1, width]);
    const logSlopes = (at: tf.Tensor): tf.Tensor => {
      let h = tf.add(matMul(tf.reshape(at, [variables, -1, 1]), ofValue), ofNodes);
      for (const layer of others) h = stacked(this.activate(h), layer);
      const raw = tf.reshape(h, [variables, rows, NODES + 1]);
      if (this.scale === "clip") return softClip(raw, this.limit);
      return tf.mul(tf.tanh(tf.div(raw, this.limit)), this.limit);
    };
    return (x) => {
      const inside = this.bound > 0 ? clip(x, -this.bound, this.bound) : x;
      // The slope is the integrand at one node more, the value itself.
      const nodes = tf.tensor1d([...this.quadrature.nodes, 1]);
      const all = logSlopes(tf.mul(tf.expandDims(inside, 2), nodes));
      const logSlope = tf.squeeze(tf.slice(all, [0, 0, NODES], [-1, -1, 1]), [2]);
      const values = tf.exp(tf.slice(all, [0, 0, 0], [-1, -1, NODES]));
      const mean = tf.sum(tf.mul(values, tf.tensor1d([...this.quadrature.weights])), -1);
      const integral = tf.add(tf.mul(inside, mean), tf.mul(tf.sub(x, inside), tf.exp(logSlope)));
      return [tf.add(integral, constant), logSlope];
    };
  }

  private activate(x: tf.Tensor): tf.Tensor {
    return this.activation === "tanh" ? tf.tanh(x) : tf.add(tf.maximum(x, 0), expm1(tf.minimum(x, 0)));
  }
}

/**
 * The family of integrals of positive networks, see {@link MonotoneIntegralFamily}.
 *
 * @throws {OptionError} a size is not an integer of at least 1, or `bound` is negative.
 * @example
 * const family = monotoneIntegral({ variables: 2, signal: 3, hidden: [8], key: createKey(0) });
 * family.bind(tf.zeros([5, 2, 4])).forward(tf.ones([5, 2])); // → shape [5, 2]
 */
export function monotoneIntegral(options: MonotoneIntegralOptions = {}): MonotoneIntegralFamily {
  return new MonotoneIntegralFamily(options);
}

/** Codec of {@link MonotoneIntegralFamily}. */
export const monotoneIntegralCodec: Codec<MonotoneIntegralFamily> = classCodec(
  "pushforward/monotone-integral",
  MonotoneIntegralFamily,
  {
    variables: field.count(),
    signal: field.count(),
    hidden: field.counts(),
    bound: field.number({ min: 0 }),
    activation: field.oneOf("tanh", "elu"),
    limit: field.number(),
    scale: field.oneOf("tanh", "clip"),
  },
);
