import { type Activation, OptionError, ShapeError } from "@pushforward/core";
import { type AutoregressiveSteps, formatShape } from "@pushforward/core/extend";
import { activate, matMul } from "@pushforward/ops";
import type { Tensor } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";
import type { DenseLayer } from "./dense-layers.ts";

/** Network data that {@link TensorAutoregressiveSteps} needs. */
export interface MadeNetwork {
  readonly layers: readonly DenseLayer[];
  degrees(layer: number): readonly number[];
  readonly order: readonly number[];
  readonly outputsPerVariable: number;
  readonly activation: Activation;
  /** True if the masks have more zeros than the degrees imply. */
  readonly isSparse: boolean;
}

/** Maximum number of variables for which one group of steps is cheaper than several. */
const SMALL = 12;

/**
 * Evaluates a MADE variable by variable. Once k variables are known, every unit of degree k can be computed and is
 * final. Units are sorted by degree, so the units of equal degree are a block of columns. Their inputs are the computed
 * prefix of the previous layer, so only graphs need masks.
 */
export class TensorAutoregressiveSteps implements AutoregressiveSteps {
  private readonly made: MadeNetwork;
  private readonly batchSize: number;
  private readonly layers: readonly GrowingLayer[];
  /** Steps per group. Inputs known before the group are multiplied once, in one large product. */
  private readonly groupSize: number;
  private readonly ranks: number;
  private rank = 0;

  constructor(made: MadeNetwork, batchSize: number, context: Tensor | undefined) {
    this.ranks = Math.max(...made.order) + 1;
    this.made = made;
    this.batchSize = batchSize;
    this.groupSize = this.ranks <= SMALL ? this.ranks : Math.ceil(Math.sqrt(this.ranks));
    const ranks = inOrder(made.order).map((variable) => made.order[variable] as number);
    const outputSteps = ranks.flatMap((rank) => Array<number>(made.outputsPerVariable).fill(rank));
    const last = made.layers.length - 1;
    this.layers = made.layers.map((layer, i) => {
      const [weight, offset] = tf.tidy(() => orderedLayer(made, layer, context, i === 0, i === last));
      return new GrowingLayer(weight, offset, i === last ? outputSteps : made.degrees(i + 1), batchSize);
    });
  }

  next(previous?: Tensor): Tensor {
    if (this.rank >= this.ranks) {
      throw new OptionError(`Made.next: expected at most ${this.ranks} steps, got one more.`);
    }
    this.checkPrevious(previous);
    const rank = this.rank++;
    // What the layers keep is returned too, so that it outlives this scope.
    return tf.tidy(() => ({ output: this.step(rank, previous), kept: this.layers.map((layer) => layer.kept()) }))
      .output;
  }

  private step(rank: number, previous: Tensor | undefined): Tensor {
    const last = this.layers.length - 1;
    if (previous !== undefined) this.layers[0]?.learn(previous);
    if (rank % this.groupSize === 0) {
      for (const layer of this.layers) layer.startGroup(rank, rank + this.groupSize);
    }
    const forms = this.made.layers.map(({ form }) => form);
    // What the last stream of a residual network has, to which blocks add where they close.
    let stream: Tensor | undefined;
    for (const [i, layer] of this.layers.entries()) {
      if (i === last) continue;
      const z = layer.at(rank);
      if (z === undefined) continue;
      const value = forms[i]?.adds ? tf.add(stream as Tensor, z) : z;
      const opensBlock = forms[i + 1]?.adds === true;
      if (!opensBlock) stream = value;
      this.layers[i + 1]?.learn(forms[i + 1]?.raw ? value : activate(value, this.made.activation));
    }
    return this.layers[last]?.at(rank) as Tensor;
  }

  private checkPrevious(previous: Tensor | undefined): void {
    if (this.rank === 0) {
      if (previous !== undefined) {
        throw new ShapeError(`Made.next: expected no value before the first variable, got one.`);
      }
      return;
    }
    const count = this.made.order.filter((rank) => rank === this.rank - 1).length;
    if (previous?.shape.length !== 2 || previous.shape[0] !== this.batchSize || previous.shape[1] !== count) {
      throw new ShapeError(
        `Made.next: expected the value${count === 1 ? "" : "s"} [${this.batchSize}, ${count}] of the ` +
          `variable${count === 1 ? "" : "s"} before, got ${previous === undefined ? "none" : formatShape(previous.shape)}.`,
      );
    }
  }
}

/**
 * A layer with inputs that become known in order. Column j can be computed at step `steps[j]` from all inputs known at
 * that step. The `steps` never decrease.
 */
class GrowingLayer {
  private readonly weight: Tensor;
  /** Contribution of bias and context, `[1 or batch, out]`. */
  private readonly offset: Tensor;
  private readonly steps: readonly number[];
  private readonly batchSize: number;
  /** Inputs known before the group of steps, and since. */
  private past: Tensor | undefined;
  private recent: Tensor | undefined;
  /** Contribution of past inputs and the offset to the columns of the group. */
  private group: Tensor | undefined;
  private groupStart = 0;

  constructor(weight: Tensor, offset: Tensor, steps: readonly number[], batchSize: number) {
    this.weight = weight;
    this.offset = offset;
    this.steps = steps;
    this.batchSize = batchSize;
  }

  learn(inputs: Tensor): void {
    this.recent = joined(this.recent, inputs);
  }

  /** Adds the contribution of the known inputs to the columns of the steps `from … to − 1`, all at once. */
  startGroup(from: number, to: number): void {
    this.past = joined(this.past, this.recent);
    this.recent = undefined;
    const { start, count } = this.columns(from, to);
    this.groupStart = start;
    this.group = undefined;
    if (count === 0) return;
    const offset = tf.slice(this.offset, [0, start], [-1, count]);
    const width = this.past?.shape[1] as number;
    this.group = this.past
      ? tf.add(matMul(this.past, tf.slice(this.weight, [0, start], [width, count])), offset)
      : offset;
  }

  /** Columns of a step, `[batch, count]`; undefined if the step has no columns. */
  at(step: number): Tensor | undefined {
    const { start, count } = this.columns(step, step + 1);
    if (count === 0) return undefined;
    const before = tf.slice(this.group as Tensor, [0, start - this.groupStart], [-1, count]);
    if (this.recent === undefined) {
      return before.shape[0] === this.batchSize ? before : tf.add(tf.zeros([this.batchSize, count]), before);
    }
    const rows = [this.past?.shape[1] ?? 0, this.recent.shape[1] as number] as const;
    return tf.add(matMul(this.recent, tf.slice(this.weight, [rows[0], start], [rows[1], count])), before);
  }

  /** The tensors that later steps need. */
  kept(): (Tensor | undefined)[] {
    return [this.past, this.recent, this.group];
  }

  private columns(from: number, to: number): { readonly start: number; readonly count: number } {
    const start = this.steps.findIndex((step) => step >= from);
    if (start < 0) return { start: 0, count: 0 };
    const end = this.steps.findIndex((step) => step >= to);
    return { start, count: (end < 0 ? this.steps.length : end) - start };
  }
}

/** Weight and offset of a layer, with the inputs of the network and its outputs in the order of the variables. */
function orderedLayer(
  made: MadeNetwork,
  layer: DenseLayer,
  context: Tensor | undefined,
  isFirst: boolean,
  isLast: boolean,
): [weight: Tensor, offset: Tensor] {
  const { mask, contextMask } = layer.tensors();
  let weight: Tensor = layer.weight.variable;
  if (made.isSparse && mask) weight = tf.mul(weight, mask);
  let offset: Tensor = tf.reshape(layer.bias.variable, [1, -1]);
  if (context && layer.contextWeight) {
    const contextWeight: Tensor = layer.contextWeight.variable;
    let given = matMul(context, contextMask ? tf.mul(contextWeight, contextMask) : contextWeight);
    if (layer.contextBias) given = tf.add(given, layer.contextBias.variable);
    offset = tf.add(layer.form.contextUse === "activate" ? activate(given, made.activation) : given, offset);
  }
  const variables = inOrder(made.order);
  if (isFirst) weight = blocksInOrder(weight, variables, 0, 1);
  if (isLast) {
    weight = blocksInOrder(weight, variables, 1, made.outputsPerVariable);
    offset = blocksInOrder(offset, variables, 1, made.outputsPerVariable);
  }
  // A view of the variable, so that it is not the variable itself that the caller's scope would hold.
  return [weight === layer.weight.variable ? tf.clone(weight) : weight, offset];
}

/** The variables by rank, stable. */
function inOrder(order: readonly number[]): number[] {
  return [...order.keys()].sort((a, b) => (order[a] as number) - (order[b] as number));
}

/** Permutes blocks of rows or columns without `gather`, which has no gradient on wasm. */
function blocksInOrder(matrix: Tensor, places: readonly number[], axis: 0 | 1, size: number): Tensor {
  if (places.every((place, i) => place === i)) return matrix;
  const blocks = places.map((place) => {
    const start = place * size;
    return axis === 0 ? tf.slice(matrix, [start, 0], [size, -1]) : tf.slice(matrix, [0, start], [-1, size]);
  });
  return tf.concat(blocks, axis);
}

function joined(before: Tensor | undefined, after: Tensor | undefined): Tensor | undefined {
  return before && after ? tf.concat([before, after], -1) : (before ?? after);
}
