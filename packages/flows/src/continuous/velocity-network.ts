import { Mlp } from "@pushforward/conditioners";
import { type Codec, type Key, type Module, OptionError, type ParameterTree } from "@pushforward/core";
import {
  AbstractModule,
  checkOptions,
  classCodec,
  describeValue,
  field,
  parameterTree,
} from "@pushforward/core/extend";
import { networkDivergence, type SmoothActivation } from "@pushforward/ops";
import type { Tensor } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";

/** Options of {@link VelocityNetwork}. */
export interface VelocityNetworkOptions {
  readonly features: number;
  /** Number of context columns. Default: 0. */
  readonly context?: number;
  /** Widths of the hidden layers. Default: `[64, 64]`, for which an exact divergence is cheap. */
  readonly hidden?: readonly number[];
  /** A smooth one. Default: `"silu"`. */
  readonly activation?: SmoothActivation;
  /** The time enters as `cos kπt` and `sin kπt` for k from 1 to this. Default: 3. */
  readonly frequencies?: number;
  /** Key that draws the initial weights. Without a key all weights are zero, for a model read from a file. */
  readonly key?: Key;
}

const ACTIVATIONS = ["tanh", "elu", "silu"] as const satisfies readonly SmoothActivation[];

/**
 * A velocity field that is a feed-forward network of the point, the time and the context. Its last layer starts at
 * zero, so that the initial velocity is zero.
 *
 * @throws {OptionError} a size is not a positive integer, or the activation is not smooth.
 * @example
 * using field = new VelocityNetwork({ features: 2, key: createKey(0) });
 * field.velocity(tf.zeros([5, 1]), tf.ones([5, 2])); // → shape [5, 2]
 */
export class VelocityNetwork extends AbstractModule implements VelocityField {
  readonly features: number;
  readonly context: number;
  readonly hidden: readonly number[];
  readonly activation: SmoothActivation;
  readonly frequencies: number;
  readonly network: Mlp;

  constructor(options: VelocityNetworkOptions) {
    checkOptions("VelocityNetwork", options, {
      features: true,
      context: true,
      hidden: true,
      activation: true,
      frequencies: true,
      key: true,
    });
    const { features, context = 0, hidden, activation = "silu", frequencies = 3, key } = options;
    super();
    if (!ACTIVATIONS.includes(activation)) {
      throw new OptionError(
        `VelocityNetwork: expected a smooth activation, ${ACTIVATIONS.map((name) => JSON.stringify(name)).join(" or ")}, ` +
          `because its derivative enters the density, got ${JSON.stringify(activation)}.`,
      );
    }
    if (!Number.isSafeInteger(frequencies) || frequencies < 1) {
      throw new OptionError(
        `VelocityNetwork: expected frequencies to be an integer of at least 1, got ${describeValue(frequencies)}.`,
      );
    }
    this.network = new Mlp({
      inputSize: features,
      outputSize: features,
      context: context + 2 * frequencies,
      activation,
      ...(hidden && { hidden }),
      ...(key && { key }),
    });
    this.features = features;
    this.context = context;
    this.hidden = this.network.hidden;
    this.activation = activation;
    this.frequencies = frequencies;
  }

  get contextSize(): number {
    return this.context;
  }

  velocity(t: tf.Tensor, x: tf.Tensor, context?: tf.Tensor): tf.Tensor {
    return tf.tidy(() => this.network.apply(x, this.given(t, context)));
  }

  velocityAndDivergence(
    t: tf.Tensor,
    x: tf.Tensor,
    context?: tf.Tensor,
    probe?: tf.Tensor,
  ): [velocity: tf.Tensor, divergence: tf.Tensor] {
    return tf.tidy(() => {
      const layers = this.network.layers.map((layer) => layer.tensors());
      return networkDivergence(x, this.given(t, context), layers, this.activation, probe);
    });
  }

  override parameters(): ParameterTree {
    return parameterTree({ network: this.network });
  }

  /** Inputs of the first layer in addition to the point: the time, as `[n, 2·frequencies]`, and the context. */
  private given(t: tf.Tensor, context: tf.Tensor | undefined): tf.Tensor {
    const waves = Float32Array.from({ length: this.frequencies }, (_, k) => (k + 1) * Math.PI);
    const angles = tf.mul(t, tf.tensor2d(waves, [1, waves.length]));
    return tf.concat([tf.cos(angles), tf.sin(angles), ...(context ? [context] : [])], -1);
  }
}

/** Codec of {@link VelocityNetwork}. */
export const velocityNetworkCodec: Codec<VelocityNetwork> = classCodec(
  "pushforward/velocity-network",
  VelocityNetwork,
  {
    features: field.count(),
    context: field.count({ min: 0 }),
    hidden: field.counts(),
    activation: field.oneOf(...ACTIVATIONS),
    frequencies: field.count(),
  },
);

/**
 * The right-hand side of `dx/dt = v(t, x, c)` in ℝᵈ for t from 0, the base, to 1, the data. Its methods take rows: x
 * `[n, features]`, and a context `[n, contextSize]` if it is conditional.
 */
export interface VelocityField extends Module {
  readonly features: number;
  /** Number of context columns; 0: it takes none. */
  readonly contextSize: number;
  /** `v` `[n, features]` at the times `[n, 1]` of the rows. */
  velocity(t: Tensor, x: Tensor, context?: Tensor): Tensor;
  /**
   * `v` and its divergence `Σᵢ ∂vᵢ/∂xᵢ` `[n]`, differentiable by x, the context and the parameters.
   *
   * @param probe `[n, features]`: the divergence may then be the estimate `eᵀ (∂v/∂x) e` of Hutchinson.
   */
  velocityAndDivergence(
    t: Tensor,
    x: Tensor,
    context?: Tensor,
    probe?: Tensor,
  ): readonly [velocity: Tensor, divergence: Tensor];
}

/** True for a value with the methods of a {@link VelocityField}. */
export function isVelocityField(value: unknown): value is VelocityField {
  return typeof value === "object" && value !== null && "velocityAndDivergence" in value && "velocity" in value;
}

/**
 * The assignment of n rows to n columns of least total cost: shortest augmenting paths, O(n³).
 *
 * @param cost `[n·n]`, row by row, finite.
 * @returns the column of each row.
 * @see Jonker and Volgenant 1987, A shortest augmenting path algorithm for dense and sparse linear assignment problems
 */
export function assignment(cost: Float64Array, n: number): Int32Array {
  const NONE = -1;
  const rowPrice = new Float64Array(n);
  const columnPrice = new Float64Array(n);
  const rowOf = new Int32Array(n).fill(NONE);
  const columnOf = new Int32Array(n).fill(NONE);
  const distance = new Float64Array(n);
  const cameFrom = new Int32Array(n);
  // Each column to its cheapest row, where that is free: most rows then need no path.
  for (let column = n - 1; column >= 0; column--) {
    let cheapest = 0;
    for (let row = 1; row < n; row++) {
      if ((cost[row * n + column] as number) < (cost[cheapest * n + column] as number)) cheapest = row;
    }
    columnPrice[column] = cost[cheapest * n + column] as number;
    if (columnOf[cheapest] !== NONE) continue;
    columnOf[cheapest] = column;
    rowOf[column] = cheapest;
  }
  for (let start = 0; start < n; start++) {
    if (columnOf[start] !== NONE) continue;
    distance.fill(Number.POSITIVE_INFINITY);
    const isDone = new Uint8Array(n);
    const seen: number[] = [];
    let row = start;
    let reached = 0;
    let end = NONE;
    while (end === NONE) {
      let nearest = NONE;
      for (let column = 0; column < n; column++) {
        if (isDone[column]) continue;
        const length =
          reached + (cost[row * n + column] as number) - (rowPrice[row] as number) - (columnPrice[column] as number);
        if (length < (distance[column] as number)) {
          distance[column] = length;
          cameFrom[column] = row;
        }
        if (nearest === NONE || (distance[column] as number) < (distance[nearest] as number)) nearest = column;
      }
      isDone[nearest] = 1;
      seen.push(nearest);
      reached = distance[nearest] as number;
      if (rowOf[nearest] === NONE) end = nearest;
      else row = rowOf[nearest] as number;
    }
    rowPrice[start] = (rowPrice[start] as number) + reached;
    for (const column of seen) {
      if (column === end) continue;
      const slack = reached - (distance[column] as number);
      columnPrice[column] = (columnPrice[column] as number) - slack;
      const owner = rowOf[column] as number;
      rowPrice[owner] = (rowPrice[owner] as number) + slack;
    }
    for (let column = end; ; ) {
      const owner = cameFrom[column] as number;
      rowOf[column] = owner;
      const before = columnOf[owner] as number;
      columnOf[owner] = column;
      if (owner === start) break;
      column = before;
    }
  }
  return columnOf;
}
