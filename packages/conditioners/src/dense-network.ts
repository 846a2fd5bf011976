import type { Conditioner, Key, ParameterTree, PlanBuilder, PlanMatrix } from "@pushforward/core";
import { checkPlanColumns, disposeParameters, parameterTree } from "@pushforward/core";
import { type Activation, network, networkStep } from "@pushforward/ops";
import type { Tensor } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";
import { checkInputs } from "./check-inputs.ts";
import { checkHidden, checkSize, type DenseLayer, denseLayers } from "./dense-layers.ts";
import { checkDropout, currentDropout } from "./dropout.ts";

/** Options of `Mlp` and `ResidualMlp`. */
export interface MlpOptions {
  readonly inputSize: number;
  readonly outputSize: number;
  /** Number of context columns; 0 when omitted. */
  readonly context?: number;
  /** Widths of the hidden layers; `[64, 64]` when omitted. */
  readonly hidden?: readonly number[];
  /** `"relu"` when omitted. */
  readonly activation?: Activation;
  /**
   * The share of the hidden activations that each step of training drops, from 0 to below 1; those that are kept are
   * multiplied by `1/(1 − dropout)` (Srivastava et al. 2014). 0 when omitted.
   */
  readonly dropout?: number;
  /** Where the initial weights come from; without one they are all zero, for a model read from a file. */
  readonly key?: Key;
}

/** What the unmasked networks share; they differ in how their layers are put together. */
export abstract class DenseNetwork implements Conditioner {
  readonly inputSize: number;
  readonly outputSize: number;
  readonly contextSize: number;
  readonly hidden: readonly number[];
  readonly activation: Activation;
  readonly dropout: number;
  readonly layers: readonly DenseLayer[];
  private readonly where: string;
  private readonly isResidual: boolean;

  protected constructor(where: string, isResidual: boolean, options: MlpOptions) {
    this.where = where;
    this.isResidual = isResidual;
    this.inputSize = options.inputSize;
    this.outputSize = options.outputSize;
    this.contextSize = options.context ?? 0;
    this.hidden = [...(options.hidden ?? [64, 64])];
    this.activation = options.activation ?? "relu";
    this.dropout = options.dropout ?? 0;
    checkSize(where, "inputSize", this.inputSize);
    checkSize(where, "outputSize", this.outputSize);
    checkSize(where, "context", this.contextSize, 0);
    checkHidden(where, this.hidden, isResidual);
    checkDropout(where, this.dropout);
    this.layers = denseLayers({
      inputSize: this.inputSize,
      outputSize: this.outputSize,
      contextSize: this.contextSize,
      hidden: this.hidden,
      residual: isResidual,
      key: options.key,
    });
  }

  /** `[...batch, inputSize]` and a context `[...batch, contextSize]` → `[...batch, outputSize]`. */
  apply(x: Tensor, context?: Tensor): Tensor {
    checkInputs(`${this.where}.apply`, this, x, context);
    return tf.tidy(() => {
      const layers = this.layers.map((layer) => layer.tensors());
      const dropout = currentDropout(this.dropout, this.layers);
      return network(x, context, layers, { activation: this.activation, residual: this.isResidual, ...dropout });
    });
  }

  lower(plan: PlanBuilder, x: PlanMatrix, context?: PlanMatrix): PlanMatrix {
    checkPlanColumns(this.where, x, this.inputSize);
    const options = { activation: this.activation, residual: this.isResidual, dropout: this.dropout };
    return networkStep(
      plan,
      x,
      context,
      this.layers.map((layer) => layer.plan()),
      options,
    );
  }

  parameters(): ParameterTree {
    return parameterTree({ layers: this.layers });
  }

  dispose(): void {
    disposeParameters(this.parameters());
  }

  [Symbol.dispose](): void {
    this.dispose();
  }
}
