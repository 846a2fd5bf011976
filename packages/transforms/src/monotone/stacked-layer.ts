import type { Key, Parameter } from "@pushforward/core";
import { AbstractModule, parameter } from "@pushforward/core/extend";
import { matMul } from "@pushforward/ops";
import * as tf from "@tensorflow/tfjs-core";

/** Shape and start of a {@link StackedLayer}. */
export interface StackedLayerOptions {
  readonly variables: number;
  readonly inputs: number;
  readonly outputs: number;
  /** Draws the weights from U(±1/√inputs); without one they are 0. */
  readonly key: Key | undefined;
}

/** A linear map of its own for each variable: weights `[variables, inputs, outputs]`, biases `[variables, outputs]`. */
export class StackedLayer extends AbstractModule {
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
