import type {
  Activation,
  AutoregressiveConditioner,
  AutoregressiveSteps,
  Key,
  LoweredAutoregressiveSteps,
  ParameterTree,
  PlanBuilder,
  PlanMatrix,
} from "@pushforward/core";
import { AbstractModule, checkPlanColumns, OptionError, parameterTree } from "@pushforward/core";
import { autoregressiveSteps, network, networkStep } from "@pushforward/ops";
import type { Tensor } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";
import { TensorAutoregressiveSteps } from "./autoregressive-steps.ts";
import { checkContext, checkInputs } from "./check-inputs.ts";
import { checkSize } from "./check-size.ts";
import { type ConditionerLayout, checkedLayout, layerLayouts } from "./conditioner-layout.ts";
import { type DenseLayer, denseLayers } from "./dense-layers.ts";
import { checkDropout, currentDropout } from "./dropout.ts";
import { degreeMask, hiddenDegrees } from "./made-degrees.ts";

/** Options of {@link Made}. */
export interface MadeOptions {
  /** Number of variables. */
  readonly features: number;
  /** Number of outputs for each variable. */
  readonly outputsPerVariable: number;
  /** Number of context columns. Default: 0. */
  readonly context?: number;
  /** Widths of the hidden layers. Default: `[64, 64]`. */
  readonly hidden?: readonly number[];
  /**
   * Residual blocks instead of plain layers: one for each entry of `hidden` after the first; widening ones for each entry.
   * Default: false.
   */
  readonly residual?: boolean;
  /** The activation. Default: `"relu"`. */
  readonly activation?: Activation;
  /**
   * The share of the hidden activations that each step of training drops, from 0 to below 1; those that are kept are
   * multiplied by `1/(1 − dropout)` (Srivastava et al. 2014). Default: 0.
   */
  readonly dropout?: number;
  /**
   * `order[i]` is the rank of variable i. Default: `[0, 1, 2, …]`. Variables of one rank do not see each other and are
   * generated together.
   */
  readonly order?: readonly number[];
  /**
   * How the layers are put together and how they start. What is omitted: a last layer that starts at zero, the context as
   * further inputs, activated blocks, degrees that are spread.
   */
  readonly layout?: Partial<ConditionerLayout>;
  /** Where the initial weights come from; without one they are all zero, for a model read from a file. */
  readonly key?: Key;
}

/**
 * A masked autoregressive network, MADE (Germain et al. 2015, arXiv:1502.03509): one network whose outputs for variable
 * i depend only on the variables before i in `order` and on the context. Masks are derived from order and sizes; they
 * are no parameters and are not stored.
 *
 * The outputs of the first variable are its biases and, with a context, a network of the context alone; one feature
 * works. The last layer starts at zero, the others at U(±1/√fan_in).
 *
 * A `layout` has other layers, initial values and degrees. Hidden units are sorted by degree.
 *
 * @example
 * const net = new Made({ features: 3, outputsPerVariable: 2, order: [2, 1, 0], key: createKey(0) });
 * const outputs = net.apply(tf.zeros([5, 3])); // → shape [5, 6]
 */
export class Made extends AbstractModule implements AutoregressiveConditioner {
  readonly inputSize: number;
  readonly outputSize: number;
  readonly contextSize: number;
  readonly outputsPerVariable: number;
  readonly order: readonly number[];
  readonly hidden: readonly number[];
  readonly residual: boolean;
  readonly activation: Activation;
  readonly dropout: number;
  readonly layout: ConditionerLayout;
  readonly layers: readonly DenseLayer[];

  /** @throws {OptionError} a size is not a positive integer, `order` leaves out a rank, or an option is out of range. */
  constructor(options: MadeOptions) {
    super();
    const { features, outputsPerVariable } = options;
    checkSize("Made", "features", features);
    checkSize("Made", "outputsPerVariable", outputsPerVariable);
    this.inputSize = features;
    this.outputsPerVariable = outputsPerVariable;
    this.outputSize = features * outputsPerVariable;
    this.contextSize = options.context ?? 0;
    this.order = [...(options.order ?? Array(features).keys())];
    this.hidden = [...(options.hidden ?? [64, 64])];
    this.residual = options.residual ?? false;
    this.activation = options.activation ?? "relu";
    this.dropout = options.dropout ?? 0;
    checkSize("Made", "context", this.contextSize, 0);
    this.layout = checkedLayout("Made", options.layout ?? {}, this.residual, this.hidden);
    if (this.layout.context === "gates") {
      throw new OptionError(
        'Made: expected layout.context to be "inputs" or "maps", got "gates". Gates need a ResidualMlp.',
      );
    }
    checkDropout("Made", this.dropout);
    checkOrder(this.order, features);
    const layouts = layerLayouts(this.layout, this.residual, features, this.hidden, this.outputSize);
    this.layers = denseLayers(layouts, this.contextSize, options.key, (layer) => this.mask(layer));
  }

  /** Degrees of the inputs (0), of hidden layer i (i), sorted, and of the outputs (last): what masks are made of. */
  degrees(layer: number): number[] {
    const inputs = this.order.map((rank) => rank + 1);
    if (layer === 0) return inputs;
    if (layer === this.layers.length) {
      return inputs.flatMap((degree) => Array<number>(this.outputsPerVariable).fill(degree));
    }
    const width = this.layers[layer]?.weight.shape[0] as number;
    return hiddenDegrees(width, Math.max(...this.order) + 1, this.contextSize > 0, this.layout);
  }

  /** `[...batch, features]` and a context `[...batch, contextSize]` → `[...batch, features · outputsPerVariable]`. */
  apply(x: Tensor, context?: Tensor): Tensor {
    checkInputs("Made.apply", this, x, context);
    return tf.tidy(() => {
      const layers = this.layers.map((layer) => layer.tensors());
      const dropout = currentDropout(this.dropout, this.layers);
      return network(x, context, layers, { activation: this.activation, residual: false, ...dropout });
    });
  }

  /**
   * Generates a batch one rank at a time, for a context `[batchSize, contextSize]` or `[1, contextSize]`. A step
   * computes only the units that the new variable completes, so all steps together do the arithmetic of one {@link apply}.
   * Nothing is dropped.
   */
  begin(batchSize: number, context?: Tensor): AutoregressiveSteps {
    checkContext("Made.begin", this.contextSize, context);
    return new TensorAutoregressiveSteps(this, batchSize, context);
  }

  lower(plan: PlanBuilder, x: PlanMatrix, context?: PlanMatrix): PlanMatrix {
    checkPlanColumns("Made", x, this.inputSize);
    return networkStep(
      plan,
      x,
      context,
      this.layers.map((layer) => layer.plan()),
      { activation: this.activation, residual: false, dropout: this.dropout },
    );
  }

  lowerSteps(plan: PlanBuilder, context?: PlanMatrix): LoweredAutoregressiveSteps {
    const { order, outputsPerVariable, activation } = this;
    const degrees = this.layers.slice(1).map((_, i) => this.degrees(i + 1));
    const options = { order, outputsPerVariable, activation, residual: false, degrees };
    return autoregressiveSteps(
      plan,
      context,
      this.layers.map((layer) => layer.plan()),
      options,
    );
  }

  override parameters(): ParameterTree {
    return parameterTree({ layers: this.layers });
  }

  private mask(layer: number): Float32Array {
    return degreeMask(this.degrees(layer), this.degrees(layer + 1), layer === this.layers.length - 1);
  }
}

function checkOrder(order: readonly number[], features: number): void {
  const ranks = new Set(order);
  // Each rank up to the largest is there.
  if (order.length === features && order.every((r) => Number.isInteger(r) && r >= 0 && r < ranks.size)) return;
  throw new OptionError(
    `Made: expected an order with a rank for each of ${features} variables, none left out from 0 to the largest, ` +
      `got [${order.join(", ")}].`,
  );
}
