import {
  type Bijection,
  type BijectionFamily,
  type Module,
  type ParameterTree,
  type Shape,
  ShapeError,
  type ValueAndLogDet,
} from "@pushforward/core";
import {
  type AutoregressiveConditioner,
  broadcastShapes,
  checkOptions,
  checkPlanColumns,
  type Direction,
  disposeParameters,
  type LoweredMap,
  lowerConditioner,
  lowerConditionerSteps,
  lowerFamily,
  type PlanBuilder,
  type PlanMatrix,
  parameterTree,
  shapesEqual,
  sizeOf,
} from "@pushforward/core/extend";
import { columnsStep, fillColumnsStep, sumRightmost } from "@pushforward/ops";
import * as tf from "@tensorflow/tfjs-core";
import { checkEvent, checkFamilyVariables, vectorShape } from "../vector-shape.ts";

/**
 * Which direction of a layer is one pass of its network: from data to base (`"density"`) or from base to data
 * (`"sampling"`).
 */
export type Orientation = "density" | "sampling";

/** Options of {@link Autoregressive}. */
export interface AutoregressiveOptions {
  readonly conditioner: AutoregressiveConditioner;
  readonly family: BijectionFamily;
  /** Default: `"density"`. */
  readonly orientation?: Orientation;
}

/**
 * A masked autoregressive layer on `[..., features]`. A bijection of a family transforms each variable, with parameters
 * that the conditioner computes from the previous variables and from the context.
 *
 * Let `g` be the family's forward map. Orientation `"density"` has `x_i = g(y_i; θ_i(y_<i))`, so that `inverse` is one
 * pass and `forward` runs variable by variable (MAF, Papamakarios et al. 2017, arXiv:1705.07057). Orientation
 * `"sampling"` has `y_i = g(x_i; θ_i(x_<i))`, the other way round (IAF, Kingma et al. 2016, arXiv:1606.04934). The
 * Jacobian is triangular, in the order of the conditioner.
 * @example
 * const layer = new Autoregressive({
 *   conditioner: new Made({ features: 2, outputsPerVariable: 2, key: createKey(0) }),
 *   family: affine(),
 * });
 * const [u, logDet] = layer.inverseAndLogDet(tf.zeros([5, 2]));
 * u; // → shape [5, 2]
 * logDet; // → shape [5]
 */
export class Autoregressive implements Bijection, Module {
  readonly eventRankIn = 1;
  readonly eventRankOut = 1;
  readonly conditioner: AutoregressiveConditioner;
  readonly family: BijectionFamily;
  readonly orientation: Orientation;
  readonly contextShape?: Shape;

  /** @throws {ShapeError} the outputs per variable of the conditioner differ from the parameters of the family. */
  constructor(options: AutoregressiveOptions) {
    checkOptions("Autoregressive", options, { conditioner: true, family: true, orientation: true });
    const { conditioner, family, orientation = "density" } = options;
    if (conditioner.outputsPerVariable !== family.parameterCount) {
      throw new ShapeError(
        `Autoregressive: expected a conditioner with ${family.parameterCount} outputs per variable for ` +
          `${family.type}, got ${conditioner.outputsPerVariable}.`,
      );
    }
    checkFamilyVariables("Autoregressive", family, conditioner.inputSize);
    this.conditioner = conditioner;
    this.family = family;
    this.orientation = orientation;
    if (conditioner.contextSize > 0) this.contextShape = [conditioner.contextSize];
  }

  get inverseKind(): Bijection["inverseKind"] {
    // In the density orientation, inverse uses the family's forward map.
    return this.orientation === "density" ? "analytic" : (this.family.inverseKind ?? "analytic");
  }

  forwardShape(eventShape: Shape): Shape {
    return vectorShape("Autoregressive", this.conditioner.inputSize, eventShape);
  }

  inverseShape(eventShape: Shape): Shape {
    return vectorShape("Autoregressive", this.conditioner.inputSize, eventShape);
  }

  forward(x: tf.Tensor, context?: tf.Tensor): tf.Tensor {
    checkEvent("Autoregressive.forward", this.conditioner.inputSize, x);
    return this.orientation === "sampling" ? this.pass(x, context) : this.steps(x, context);
  }

  inverse(y: tf.Tensor, context?: tf.Tensor): tf.Tensor {
    checkEvent("Autoregressive.inverse", this.conditioner.inputSize, y);
    return this.orientation === "density" ? this.pass(y, context) : this.steps(y, context);
  }

  forwardAndLogDet(x: tf.Tensor, context?: tf.Tensor): ValueAndLogDet {
    checkEvent("Autoregressive.forwardAndLogDet", this.conditioner.inputSize, x);
    return this.orientation === "sampling" ? this.passAndLogDet(x, context) : this.stepsAndLogDet(x, context);
  }

  inverseAndLogDet(y: tf.Tensor, context?: tf.Tensor): ValueAndLogDet {
    checkEvent("Autoregressive.inverseAndLogDet", this.conditioner.inputSize, y);
    return this.orientation === "density" ? this.passAndLogDet(y, context) : this.stepsAndLogDet(y, context);
  }

  lower(plan: PlanBuilder, direction: Direction, value: PlanMatrix, context?: PlanMatrix): LoweredMap {
    checkPlanColumns("Autoregressive", value, this.conditioner.inputSize);
    const inOnePass = (direction === "inverse") === (this.orientation === "density");
    if (!inOnePass) return this.lowerSteps(plan, value, context);
    return lowerFamily(this.family, plan, "forward", value, lowerConditioner(this.conditioner, plan, value, context));
  }

  parameters(): ParameterTree {
    return parameterTree({ conditioner: this.conditioner, family: this.family });
  }

  dispose(): void {
    disposeParameters(this.parameters());
  }

  [Symbol.dispose](): void {
    this.dispose();
  }

  /** The family at the parameters of every variable, from one pass of the network. */
  private bindAll(values: tf.Tensor, context: tf.Tensor | undefined): Bijection {
    const outputs = this.conditioner.apply(values, context);
    const { inputSize, outputsPerVariable } = this.conditioner;
    return this.family.bind(tf.reshape(outputs, [...outputs.shape.slice(0, -1), inputSize, outputsPerVariable]));
  }

  private pass(values: tf.Tensor, context: tf.Tensor | undefined): tf.Tensor {
    return tf.tidy(() => this.bindAll(values, context).forward(values));
  }

  private steps(values: tf.Tensor, context: tf.Tensor | undefined): tf.Tensor {
    return tf.tidy(() => this.inSteps(values, context, (bound, value) => [bound.inverse(value)])[0] as tf.Tensor);
  }

  private passAndLogDet(values: tf.Tensor, context: tf.Tensor | undefined): ValueAndLogDet {
    return tf.tidy(() => {
      const [result, logDet] = this.bindAll(values, context).forwardAndLogDet(values);
      return [result, sumRightmost(logDet, 1)];
    });
  }

  private stepsAndLogDet(values: tf.Tensor, context: tf.Tensor | undefined): ValueAndLogDet {
    return tf.tidy(() => {
      const [result, logDets] = this.inSteps(values, context, (bound, value) => bound.inverseAndLogDet(value));
      return [result as tf.Tensor, sumRightmost(logDets as tf.Tensor, 1)];
    });
  }

  /** As {@link inSteps}. */
  private lowerSteps(plan: PlanBuilder, value: PlanMatrix, context: PlanMatrix | undefined): LoweredMap {
    const { inputSize } = this.conditioner;
    const steps = lowerConditionerSteps(this.conditioner, plan, context);
    const result = plan.matrix(inputSize);
    const logDets: PlanMatrix[] = [];
    let previous: PlanMatrix | undefined;
    for (const variables of this.variablesByRank()) {
      const columns = columnsStep(plan, value, variables);
      const lowered = lowerFamily(this.family, plan, "inverse", columns, steps.next(previous));
      fillColumnsStep(plan, result, lowered.value, variables);
      logDets.push(...lowered.logDets);
      previous = lowered.value;
    }
    return { value: result, logDets };
  }

  /**
   * The sequential direction: inverts rank by rank, in order, with parameters from the previous variables. `invert`
   * maps the columns `[rows, count]` of a rank to one or more matrices of the same shape. They are returned joined, as
   * `[...batch, features]`.
   */
  private inSteps(
    values: tf.Tensor,
    context: tf.Tensor | undefined,
    invert: (bound: Bijection, value: tf.Tensor) => tf.Tensor[],
  ): tf.Tensor[] {
    const { inputSize, outputsPerVariable } = this.conditioner;
    const batch = broadcastShapes(values.shape.slice(0, -1), context?.shape.slice(0, -1) ?? []);
    if (batch === undefined) {
      // The conditioner knows how to say what does not fit.
      return [this.conditioner.apply(values, context)];
    }
    const rows = sizeOf(batch);
    const flat = tf.reshape(broadcast(values, batch), [rows, inputSize]);
    const steps = this.conditioner.begin(rows, context && flatContext(context, batch, rows));
    const columns: tf.Tensor[][] = Array(inputSize);
    let previous: tf.Tensor | undefined;
    for (const variables of this.variablesByRank()) {
      const count = variables.length;
      const parameters = tf.reshape(steps.next(previous), [rows, count, outputsPerVariable]);
      const bound = this.family.bind(parameters, variables);
      const results = invert(bound, joined(variables.map((variable) => column(flat, variable))));
      for (const [i, variable] of variables.entries()) {
        columns[variable] = count === 1 ? results : results.map((result) => column(result, i));
      }
      previous = results[0] as tf.Tensor;
    }
    const parts = (columns[0] as tf.Tensor[]).map((_, part) => columns.map((one) => one[part] as tf.Tensor));
    return parts.map((part) => tf.reshape(tf.concat(part, -1), [...batch, inputSize]));
  }

  /** The variables of each rank. */
  private variablesByRank(): number[][] {
    const { order } = this.conditioner;
    const ranks: number[][] = Array.from({ length: Math.max(...order) + 1 }, () => []);
    for (const [variable, rank] of order.entries()) ranks[rank]?.push(variable);
    return ranks;
  }
}

function column(matrix: tf.Tensor, i: number): tf.Tensor {
  return tf.slice(matrix, [0, i], [-1, 1]);
}

function joined(columns: readonly tf.Tensor[]): tf.Tensor {
  return columns.length === 1 ? (columns[0] as tf.Tensor) : tf.concat([...columns], -1);
}

function broadcast(x: tf.Tensor, batch: Shape): tf.Tensor {
  const shape = [...batch, x.shape.at(-1) as number];
  return shapesEqual(x.shape, shape) ? x : tf.broadcastTo(x, shape);
}

/** One row for all, or one for each. */
function flatContext(context: tf.Tensor, batch: Shape, rows: number): tf.Tensor {
  const width = context.shape.at(-1) as number;
  return context.size === width
    ? tf.reshape(context, [1, width])
    : tf.reshape(broadcast(context, batch), [rows, width]);
}
