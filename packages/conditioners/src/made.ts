import { type Activation, type Key, OptionError, type ParameterTree } from "@pushforward/core";
import {
  AbstractModule,
  type AutoregressiveConditioner,
  type AutoregressiveSteps,
  checkOptions,
  checkPlanColumns,
  describeValue,
  type LoweredAutoregressiveSteps,
  type PlanBuilder,
  type PlanMatrix,
  parameterTree,
} from "@pushforward/core/extend";
import { autoregressiveSteps, boxConstraintStep, network, networkStep, softplus } from "@pushforward/ops";
import type { Tensor } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";
import { TensorAutoregressiveSteps } from "./autoregressive-steps.ts";
import { checkContext, checkInputs, checkSize, checkWeights } from "./check-inputs.ts";
import { type ConditionerLayout, checkedLayout, layerLayouts } from "./conditioner-layout.ts";
import { checkDropout, currentDropout, type DenseLayer, denseLayers } from "./dense-layers.ts";
import { type Adjacency, DependencyGraph, type DependencySet, degreeMask, hiddenDegrees } from "./made-degrees.ts";

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
   * Dropout rate of hidden activations in training, from 0 to below 1; kept activations are multiplied by `1/(1 − dropout)`
   * (Srivastava et al. 2014). Default: 0.
   */
  readonly dropout?: number;
  /**
   * `order[i]` is the rank of variable i. Default: `[0, 1, 2, …]`. Variables of equal rank are independent and generated
   * together.
   */
  readonly order?: readonly number[];
  /**
   * Which variables variable i may depend on, as row i of a matrix `[features][features]` without cycles, or with further
   * columns for the context; see {@link Adjacency}. The ranks of the variables follow from it. Not with `order`.
   */
  readonly adjacency?: Adjacency;
  /**
   * Soft bound of the inputs (not of the context), by the map of a box with soft ends. Without it, the outputs of a
   * network grow without limit outside of the training rows, and its scales make extreme samples. Default: no bound.
   */
  readonly inputBound?: number;
  /**
   * Structure and initialization of the layers. Defaults: a last layer initialized with zeros, the context as additional
   * inputs, activated blocks, evenly distributed degrees.
   */
  readonly layout?: Partial<ConditionerLayout>;
  /** Key of the initial weights; without it all weights are zero, for models read from a file. */
  readonly key?: Key;
}

/**
 * A masked autoregressive network, MADE (Germain et al. 2015, arXiv:1502.03509): outputs for variable i depend only on earlier
 * variables in `order` and on the context. Masks are derived from order and sizes; they are not parameters and are not stored.
 *
 * The outputs of the first variable are biases and, with a context, a network of the context; one feature is allowed. The last
 * layer is initialized with zeros, hidden layers with U(±1/√fan_in).
 *
 * With an `adjacency`, variable i depends on exactly the variables of its row, in the graph of a Bayesian network; hidden units
 * are distributed over the distinct rows. The number of sequential steps is the length of the longest path.
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
  readonly inputBound: number | undefined;
  readonly layout: ConditionerLayout;
  readonly layers: readonly DenseLayer[];
  private readonly graph: DependencyGraph | undefined;

  /**
   * @throws {OptionError} a size is not a positive integer, `order` skips a rank, `adjacency` has a cycle or a wrong shape, or
   * an option is out of range.
   */
  constructor(options: MadeOptions) {
    checkOptions("Made", options, {
      features: true,
      outputsPerVariable: true,
      context: true,
      hidden: true,
      residual: true,
      activation: true,
      dropout: true,
      order: true,
      adjacency: true,
      inputBound: true,
      layout: true,
      key: true,
    });
    super();
    const { features, outputsPerVariable } = options;
    checkSize("Made", "features", features);
    checkSize("Made", "outputsPerVariable", outputsPerVariable);
    this.inputSize = features;
    this.outputsPerVariable = outputsPerVariable;
    this.outputSize = features * outputsPerVariable;
    this.contextSize = options.context ?? 0;
    this.hidden = [...(options.hidden ?? [64, 64])];
    this.residual = options.residual ?? false;
    this.activation = options.activation ?? "relu";
    this.dropout = options.dropout ?? 0;
    this.inputBound = checkedBound(options.inputBound);
    checkSize("Made", "context", this.contextSize, 0);
    this.layout = checkedLayout("Made", options.layout ?? {}, this.residual, this.hidden);
    if (this.layout.context === "gates") {
      throw new OptionError(
        'Made: expected layout.context to be "inputs" or "maps", got "gates". Gates need a ResidualMlp.',
      );
    }
    checkDropout("Made", this.dropout);
    this.graph = graphOf(options, this.contextSize);
    this.order = this.graph?.order ?? [...(options.order ?? Array(features).keys())];
    checkOrder(this.order, features);
    const layouts = layerLayouts(this.layout, this.residual, features, this.hidden, this.outputSize);
    for (const { inputs, outputs } of layouts) checkWeights("Made", inputs, outputs);
    const widths = [features, ...layouts.map(({ outputs }) => outputs)];
    const { graph } = this;
    if (graph === undefined) {
      this.layers = denseLayers(layouts, this.contextSize, options.key, (layer) => {
        const [inputs, outputs] = [this.degreesOf(layer, widths), this.degreesOf(layer + 1, widths)];
        return degreeMask(inputs, outputs, layer === layouts.length - 1);
      });
      return;
    }
    const sets = widths.map((_, layer) => this.setsOf(graph, layer, widths));
    const mask = (layer: number) => dependencyMask(sets[layer] as DependencySet[], sets[layer + 1] as DependencySet[]);
    const contexts = Array.from({ length: this.contextSize }, (_, i) => graph.single(features + i));
    const contextMask = (layer: number) => dependencyMask(contexts, sets[layer + 1] as DependencySet[]);
    this.layers = denseLayers(
      layouts,
      this.contextSize,
      options.key,
      mask,
      graph.coversContext ? contextMask : undefined,
    );
  }

  /** Dependencies of each variable, if the network has a graph: rows of 0 and 1. */
  get adjacency(): readonly (readonly (0 | 1)[])[] | undefined {
    return this.graph?.rows.map((row) => Array.from(row, (value) => (value === 1 ? 1 : 0)));
  }

  /** True if the masks have more zeros than the degrees imply. */
  get isSparse(): boolean {
    return this.graph !== undefined;
  }

  /** Degrees of the inputs (0), of hidden layer i (i), sorted, and of the outputs (last), which determine the masks. */
  degrees(layer: number): number[] {
    return this.degreesOf(layer, [this.inputSize, ...this.layers.map(({ weight }) => weight.shape[1] as number)]);
  }

  /** `[...batch, features]` and a context `[...batch, contextSize]` → `[...batch, features · outputsPerVariable]`. */
  apply(x: Tensor, context?: Tensor): Tensor {
    checkInputs("Made.apply", this, x, context);
    return tf.tidy(() => {
      const layers = this.layers.map((layer) => layer.tensors());
      const dropout = currentDropout(this.dropout, this.layers);
      return network(this.bounded(x), context, layers, { activation: this.activation, residual: false, ...dropout });
    });
  }

  /**
   * Generates a batch one rank at a time, for a context `[batchSize, contextSize]` or `[1, contextSize]`. A step computes only
   * the units completed by the new variable, so all steps together cost one {@link apply}. No dropout.
   */
  begin(batchSize: number, context?: Tensor): AutoregressiveSteps {
    checkContext("Made.begin", this.contextSize, context);
    const steps = new TensorAutoregressiveSteps(this, batchSize, context);
    return { next: (previous) => steps.next(previous && this.bounded(previous)) };
  }

  lower(plan: PlanBuilder, x: PlanMatrix, context?: PlanMatrix): PlanMatrix {
    checkPlanColumns("Made", x, this.inputSize);
    return networkStep(
      plan,
      this.boundedStep(plan, x),
      context,
      this.layers.map((layer) => layer.plan()),
      { activation: this.activation, residual: false, dropout: this.dropout },
    );
  }

  lowerSteps(plan: PlanBuilder, context?: PlanMatrix): LoweredAutoregressiveSteps {
    const { order, outputsPerVariable, activation, isSparse } = this;
    const degrees = this.layers.slice(1).map((_, i) => this.degrees(i + 1));
    const options = { order, outputsPerVariable, activation, residual: false, degrees, isSparse };
    const steps = autoregressiveSteps(
      plan,
      context,
      this.layers.map((layer) => layer.plan()),
      options,
    );
    return { next: (previous) => steps.next(previous && this.boundedStep(plan, previous)) };
  }

  override parameters(): ParameterTree {
    return parameterTree({ layers: this.layers });
  }

  /** `(ς(k(x + b)) − ς(k(x − b)))/k − b` with `k = 25/b`, from the nearer end, to avoid cancellation. */
  private bounded(x: Tensor): Tensor {
    const { inputBound: bound } = this;
    if (bound === undefined) return x;
    return tf.tidy(() => {
      const slope = SHARPNESS / (2 * bound);
      const distance = (from: Tensor): Tensor => {
        const scaled = tf.mul(from, slope);
        return tf.div(tf.sub(softplus(scaled), softplus(tf.sub(scaled, SHARPNESS))), slope);
      };
      const [up, down] = [tf.sub(bound, distance(tf.sub(bound, x))), tf.sub(distance(tf.add(x, bound)), bound)];
      return tf.where(tf.greaterEqual(x, 0), up, down);
    });
  }

  private boundedStep(plan: PlanBuilder, x: PlanMatrix): PlanMatrix {
    const { inputBound: bound } = this;
    if (bound === undefined) return x;
    const ends = (end: number): number[] => Array<number>(x.columns).fill(end);
    return boxConstraintStep(plan, "forward", x, { low: ends(-bound), high: ends(bound), sharpness: SHARPNESS }).value;
  }

  private degreesOf(layer: number, widths: readonly number[]): number[] {
    const inputs = this.order.map((rank) => rank + 1);
    if (layer === 0) return inputs;
    if (layer === widths.length - 1) {
      return inputs.flatMap((degree) => Array<number>(this.outputsPerVariable).fill(degree));
    }
    const { graph } = this;
    if (graph) return this.setsOf(graph, layer, widths).map((set) => graph.degree(set));
    return hiddenDegrees(widths[layer] as number, Math.max(...this.order) + 1, this.contextSize > 0, this.layout);
  }

  /** Visible inputs of the units of a layer. */
  private setsOf(graph: DependencyGraph, layer: number, widths: readonly number[]): DependencySet[] {
    if (layer === 0) return graph.rows.map((_, variable) => graph.single(variable));
    if (layer < widths.length - 1) return graph.hiddenSets("Made", widths[layer] as number, this.contextSize > 0);
    return graph.rows.flatMap((row) => Array<DependencySet>(this.outputsPerVariable).fill(row));
  }
}

/** Sharpness of the input box: up to 0.8 of the bound, inputs change by less than a thousandth of the bound. */
const SHARPNESS = 50;

function checkedBound(bound: number | undefined): number | undefined {
  if (bound === undefined || (bound > 0 && Number.isFinite(Math.fround(2 * bound)))) return bound;
  throw new OptionError(`Made: expected inputBound to be a positive float32, got ${describeValue(bound)}.`);
}

function graphOf({ adjacency, order, features }: MadeOptions, context: number): DependencyGraph | undefined {
  if (adjacency === undefined) return undefined;
  if (order !== undefined) {
    throw new OptionError("Made: expected an order or an adjacency, got both. The order follows from the adjacency.");
  }
  return new DependencyGraph("Made", adjacency, features, context);
}

/** Active weights `[in, out]`, row-major, 1 or 0: the inputs of a connection are a subset of the visible inputs of the unit. */
function dependencyMask(inputs: readonly DependencySet[], outputs: readonly DependencySet[]): Float32Array {
  const isPart = (part: DependencySet, whole: DependencySet) => part.every((value, i) => value <= (whole[i] as number));
  return Float32Array.from(inputs.flatMap((input) => outputs.map((output) => (isPart(input, output) ? 1 : 0))));
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
