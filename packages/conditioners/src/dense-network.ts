import { type Activation, type Conditioner, type Key, OptionError, type ParameterTree } from "@pushforward/core";
import {
  AbstractModule,
  checkOptions,
  checkPlanColumns,
  type PlanBuilder,
  type PlanMatrix,
  parameterTree,
} from "@pushforward/core/extend";
import { network, networkStep } from "@pushforward/ops";
import type { Tensor } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";
import { checkInputs, checkSize, checkWeights } from "./check-inputs.ts";
import { type ConditionerLayout, checkedLayout, layerLayouts } from "./conditioner-layout.ts";
import { checkDropout, currentDropout, type DenseLayer, denseLayers } from "./dense-layers.ts";

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
   * Dropout rate of hidden activations in training, from 0 to below 1; kept activations are multiplied by `1/(1 − dropout)`
   * (Srivastava et al. 2014). Default: 0.
   */
  readonly dropout?: number;
  /**
   * Structure and initialization of the layers. Defaults: a last layer of zeros, the context as additional inputs, activated
   * blocks.
   */
  readonly layout?: Partial<ConditionerLayout>;
  /** Key of the initial weights. Without a key all weights are zero, for a model read from a file. */
  readonly key?: Key;
}

/** Common code of the unmasked networks; subclasses define the structure. */
abstract class DenseNetwork extends AbstractModule implements Conditioner {
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

/**
 * A feed-forward network: `h ← act(h · W + b)` for each hidden layer, then a linear one; the context enters the first layer, `x
 * · W + c · W_c + b`. The last layer is initialized with zeros, hidden layers with U(±1/√fan_in).
 *
 * @example
 * const net = new Mlp({ inputSize: 2, outputSize: 6, context: 3, key: createKey(0) });
 * const outputs = net.apply(tf.zeros([5, 2]), tf.ones([5, 3])); // → shape [5, 6]
 */
export class Mlp extends DenseNetwork {
  /** @throws {OptionError} a size is not a positive integer, or dropout is out of range. */
  constructor(options: MlpOptions) {
    checkOptions("Mlp", options, {
      inputSize: true,
      outputSize: true,
      context: true,
      hidden: true,
      activation: true,
      dropout: true,
      layout: true,
      key: true,
    });
    super("Mlp", false, options);
  }
}

/**
 * A residual network of pre-activation blocks (He et al. 2016, arXiv:1603.05027): `h = x · W + c · W_c + b`, then `h ←
 * h + W₂ act(W₁ act(h))` for each block, then a linear layer on `act(h)`. `hidden` has one entry for the first layer
 * and one for each block, all of the same width. The last layer is initialized with zeros, hidden layers with
 * U(±1/√fan_in).
 *
 * A `layout` changes the blocks, the use of the context and the initial values.
 * @example
 * const net = new ResidualMlp({ inputSize: 2, outputSize: 6, context: 3, key: createKey(0) });
 * const outputs = net.apply(tf.zeros([5, 2]), tf.ones([5, 3])); // → shape [5, 6]
 */
export class ResidualMlp extends DenseNetwork {
  /** @throws {OptionError} a size is not a positive integer, the widths differ, or an option is out of range. */
  constructor(options: MlpOptions) {
    checkOptions("ResidualMlp", options, {
      inputSize: true,
      outputSize: true,
      context: true,
      hidden: true,
      activation: true,
      dropout: true,
      layout: true,
      key: true,
    });
    super("ResidualMlp", true, options);
  }
}

/** Options of {@link Tapered}. */
export interface TaperedOptions {
  /** Inner conditioner, with a single input. */
  readonly conditioner: Conditioner;
}

/**
 * A conditioner of one number z from −1 to 1 that multiplies the outputs of an inner conditioner by `1 − z²`. The
 * outputs are 0 at −1 and 1, where a family of bijections is the identity.
 *
 * Use it if z is the height of a point on the sphere and the outputs move its angle. All angles are the same point at
 * the poles, and the density of a flow is continuous there.
 * @example
 * const net = new Tapered({ conditioner: new Mlp({ inputSize: 1, outputSize: 12, key: createKey(0) }) });
 * const outputs = net.apply(tf.tensor2d([[-1], [0.5], [1]])); // → shape [3, 12]
 */
export class Tapered extends AbstractModule implements Conditioner {
  readonly conditioner: Conditioner;
  readonly inputSize = 1;
  readonly outputSize: number;
  readonly contextSize: number;

  /** @throws {OptionError} the conditioner has several inputs. */
  constructor(options: TaperedOptions) {
    checkOptions("Tapered", options, { conditioner: true });
    const { conditioner } = options;
    super();
    if (conditioner.inputSize !== 1) {
      throw new OptionError(`Tapered: expected a conditioner of one input, got one of ${conditioner.inputSize}.`);
    }
    this.conditioner = conditioner;
    this.outputSize = conditioner.outputSize;
    this.contextSize = conditioner.contextSize;
  }

  /** `[...batch, 1]` and a context `[...batch, contextSize]` → `[...batch, outputSize]`. */
  apply(x: tf.Tensor, context?: tf.Tensor): tf.Tensor {
    checkInputs("Tapered.apply", this, x, context);
    return tf.tidy(() => {
      const taper = tf.mul(tf.sub(1, x), tf.add(1, x));
      return tf.mul(this.conditioner.apply(x, context), taper);
    });
  }

  override parameters(): ParameterTree {
    return parameterTree({ conditioner: this.conditioner });
  }
}
