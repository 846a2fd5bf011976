import type { Parameter, ParameterTree } from "@pushforward/core";
import type * as tf from "@tensorflow/tfjs-core";

/** Gradients by path: the same map as before for the same ones, so that an optimizer can tell. */
export class NamedGradients {
  private readonly parameters: ParameterTree;
  private gradients: ReadonlyMap<Parameter, tf.Tensor> | undefined;
  private named: ReadonlyMap<string, tf.Tensor> = new Map();

  constructor(parameters: ParameterTree) {
    this.parameters = parameters;
  }

  of(gradients: ReadonlyMap<Parameter, tf.Tensor>): ReadonlyMap<string, tf.Tensor> {
    if (this.gradients === gradients) return this.named;
    const named = new Map<string, tf.Tensor>();
    for (const [path, parameter] of this.parameters) {
      const gradient = gradients.get(parameter);
      if (gradient !== undefined) named.set(path, gradient);
    }
    this.gradients = gradients;
    this.named = named;
    return named;
  }

  /** Holds no tensors any more. */
  clear(): void {
    this.gradients = undefined;
    this.named = new Map();
  }
}
