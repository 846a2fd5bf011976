import type { Activation, Conditioner, Key, ParameterTree } from "@pushforward/core";
import {
  AbstractModule,
  checkPlanColumns,
  type PlanBuilder,
  type PlanMatrix,
  parameterTree,
} from "@pushforward/core/extend";
import { network, networkStep } from "@pushforward/ops";
import type { Tensor } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";
import { checkInputs } from "./check-inputs.ts";
import { checkSize, checkWeights } from "./check-size.ts";
import { type ConditionerLayout, checkedLayout, layerLayouts } from "./conditioner-layout.ts";
import { type DenseLayer, denseLayers } from "./dense-layers.ts";
import { checkDropout, currentDropout } from "./dropout.ts";

/** Options of `Mlp` and `ResidualMlp`. */
export interface MlpOptions {
  readonly inputSize: number;
  readonly outputSize: number;
  /** Number of context columns. Default: 0. */
  readonly context?: number;
  /** Widths of the hidden layers. Default: `[64, 64]`. */
  readonly hidden?: readonly number[];
  /** The activation. Default: `"relu"`. */
  readonly activation?: Activation;
  /**
   * The share of the hidden activations that each step of training drops, from 0 to below 1; those that are kept are
   * multiplied by `1/(1 − dropout)` (Srivastava et al. 2014). Default: 0.
   */
  readonly dropout?: number;
  /**
   * How the layers are put together and how they start. What is omitted: a last layer that starts at zero, the context as
   * further inputs, activated blocks.
   */
  readonly layout?: Partial<ConditionerLayout>;
  /** Where the initial weights come from; without one they are all zero, for a model read from a file. */
  readonly key?: Key;
}

/** What the unmasked networks share; they differ in how their layers are put together. */
export abstract class DenseNetwork extends AbstractModule implements Conditioner {
  readonly inputSize: number;
  readonly outputSize: number;
  readonly contextSize: number;
  readonly hidden: readonly number[];
  readonly activation: Activation;
  readonly dropout: number;
  readonly layout: ConditionerLayout;
  readonly layers: readonly DenseLayer[];
  private readonly where: string;

  protected constructor(where: string, isResidual: boolean, options: MlpOptions) {
    super();
    this.where = where;
    this.inputSize = options.inputSize;
    this.outputSize = options.outputSize;
    this.contextSize = options.context ?? 0;
    this.hidden = [...(options.hidden ?? [64, 64])];
    this.activation = options.activation ?? "relu";
    this.dropout = options.dropout ?? 0;
    checkSize(where, "inputSize", this.inputSize);
    checkSize(where, "outputSize", this.outputSize);
    checkSize(where, "context", this.contextSize, 0);
    this.layout = checkedLayout(where, options.layout ?? {}, isResidual, this.hidden);
    checkDropout(where, this.dropout);
    const layouts = layerLayouts(this.layout, isResidual, this.inputSize, this.hidden, this.outputSize);
    for (const { inputs, outputs } of layouts) checkWeights(where, inputs, outputs);
    this.layers = denseLayers(layouts, this.contextSize, options.key);
  }

  /** `[...batch, inputSize]` and a context `[...batch, contextSize]` → `[...batch, outputSize]`. */
  apply(x: Tensor, context?: Tensor): Tensor {
    checkInputs(`${this.where}.apply`, this, x, context);
    return tf.tidy(() => {
      const layers = this.layers.map((layer) => layer.tensors());
      const dropout = currentDropout(this.dropout, this.layers);
      return network(x, context, layers, { activation: this.activation, residual: false, ...dropout });
    });
  }

  lower(plan: PlanBuilder, x: PlanMatrix, context?: PlanMatrix): PlanMatrix {
    checkPlanColumns(this.where, x, this.inputSize);
    const options = { activation: this.activation, residual: false, dropout: this.dropout };
    return networkStep(
      plan,
      x,
      context,
      this.layers.map((layer) => layer.plan()),
      options,
    );
  }

  override parameters(): ParameterTree {
    return parameterTree({ layers: this.layers });
  }
}
