import type { Conditioner, ParameterTree } from "@pushforward/core";
import { disposeParameters, parameterTree } from "@pushforward/core";
import { type Activation, network } from "@pushforward/ops";
import type { Tensor } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";
import { checkInputs } from "./check-inputs.ts";
import { checkHidden, checkSize, type DenseLayer, denseLayers } from "./dense-layers.ts";
import type { MlpOptions } from "./mlp.ts";

/**
 * A residual network of pre-activation blocks (He et al. 2016, arXiv:1603.05027): `h = x · W + c · W_c + b`, then
 * `h ← h + W₂ act(W₁ act(h))` for each block, then a linear layer on `act(h)`. `hidden` has one entry for the first
 * layer and one for each block, all of the same width. The last layer starts at zero, the others at U(±1/√fan_in).
 *
 * @example
 * const net = new ResidualMlp({ inputSize: 2, outputSize: 6, context: 3, key: createKey(0) });
 * const parameters = net.apply(x, context); // [..., 2], [..., 3] → [..., 6]
 */
export class ResidualMlp implements Conditioner {
  readonly inputSize: number;
  readonly outputSize: number;
  readonly contextSize: number;
  readonly hidden: readonly number[];
  readonly activation: Activation;
  readonly layers: readonly DenseLayer[];

  /** @throws {OptionError} a size is not a positive integer, or the widths differ. */
  constructor(options: MlpOptions) {
    this.inputSize = options.inputSize;
    this.outputSize = options.outputSize;
    this.contextSize = options.context ?? 0;
    this.hidden = [...(options.hidden ?? [64, 64])];
    this.activation = options.activation ?? "relu";
    checkSize("ResidualMlp", "inputSize", this.inputSize);
    checkSize("ResidualMlp", "outputSize", this.outputSize);
    checkSize("ResidualMlp", "context", this.contextSize, 0);
    checkHidden("ResidualMlp", this.hidden, true);
    this.layers = denseLayers({ ...this, residual: true, key: options.key });
  }

  /** `[...batch, inputSize]` and a context `[...batch, contextSize]` → `[...batch, outputSize]`. */
  apply(x: Tensor, context?: Tensor): Tensor {
    checkInputs("ResidualMlp.apply", this, x, context);
    return tf.tidy(() =>
      network(
        x,
        context,
        this.layers.map((l) => l.tensors()),
        { activation: this.activation, residual: true },
      ),
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
