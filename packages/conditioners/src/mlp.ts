import type { Conditioner, Key, ParameterTree } from "@pushforward/core";
import { disposeParameters, parameterTree } from "@pushforward/core";
import { type Activation, network } from "@pushforward/ops";
import type { Tensor } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";
import { checkInputs } from "./check-inputs.ts";
import { checkHidden, checkSize, type DenseLayer, denseLayers } from "./dense-layers.ts";

/** Options of {@link Mlp} and `ResidualMlp`. */
export interface MlpOptions {
  readonly inputSize: number;
  readonly outputSize: number;
  /** Number of context columns; 0 when omitted. */
  readonly context?: number;
  /** Widths of the hidden layers; `[64, 64]` when omitted. */
  readonly hidden?: readonly number[];
  /** `"relu"` when omitted. */
  readonly activation?: Activation;
  /** Where the initial weights come from; without one they are all zero, for a model read from a file. */
  readonly key?: Key;
}

/**
 * A feed-forward network: `h ← act(h · W + b)` for each hidden layer, then a linear one; the context enters the first
 * layer, `x · W + c · W_c + b`. The last layer starts at zero, the others at U(±1/√fan_in).
 *
 * @example
 * const net = new Mlp({ inputSize: 2, outputSize: 6, context: 3, key: createKey(0) });
 * const parameters = net.apply(x, context); // [..., 2], [..., 3] → [..., 6]
 */
export class Mlp implements Conditioner {
  readonly inputSize: number;
  readonly outputSize: number;
  readonly contextSize: number;
  readonly hidden: readonly number[];
  readonly activation: Activation;
  readonly layers: readonly DenseLayer[];

  /** @throws {OptionError} a size is not a positive integer. */
  constructor(options: MlpOptions) {
    this.inputSize = options.inputSize;
    this.outputSize = options.outputSize;
    this.contextSize = options.context ?? 0;
    this.hidden = [...(options.hidden ?? [64, 64])];
    this.activation = options.activation ?? "relu";
    checkSize("Mlp", "inputSize", this.inputSize);
    checkSize("Mlp", "outputSize", this.outputSize);
    checkSize("Mlp", "context", this.contextSize, 0);
    checkHidden("Mlp", this.hidden, false);
    this.layers = denseLayers({ ...this, residual: false, key: options.key });
  }

  /** `[...batch, inputSize]` and a context `[...batch, contextSize]` → `[...batch, outputSize]`. */
  apply(x: Tensor, context?: Tensor): Tensor {
    checkInputs("Mlp.apply", this, x, context);
    return tf.tidy(() =>
      network(
        x,
        context,
        this.layers.map((l) => l.tensors()),
        { activation: this.activation, residual: false },
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
