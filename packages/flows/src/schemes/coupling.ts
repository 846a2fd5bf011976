import {
  type Bijection,
  type BijectionFamily,
  type Conditioner,
  type Module,
  OptionError,
  type ParameterTree,
  type Shape,
  ShapeError,
  type ValueAndLogDet,
} from "@pushforward/core";
import {
  checkOptions,
  checkPlanColumns,
  type Direction,
  disposeParameters,
  type LoweredMap,
  lowerConditioner,
  lowerFamily,
  type PlanBuilder,
  type PlanMatrix,
  parameterTree,
  shapesEqual,
} from "@pushforward/core/extend";
import { columnsStep, replaceColumnsStep, sumRightmost } from "@pushforward/ops";
import * as tf from "@tensorflow/tfjs-core";
import { checkEvent, checkFamilyVariables, vectorShape } from "../vector-shape.ts";
import type { Orientation } from "./autoregressive.ts";

/** Options of {@link Coupling}. */
export interface CouplingOptions {
  /**
   * Network from the unchanged variables to `parameterCount` numbers for each transformed variable. Its `eventRank`
   * equals the event rank of the layer: 1 for vectors, 3 for images, with channels as variables.
   */
  readonly conditioner: Conditioner;
  readonly family: BijectionFamily;
  /** `mask[i]` is true if variable i is transformed; the remaining variables are unchanged inputs of the conditioner. */
  readonly mask: readonly boolean[];
  /** Which direction uses the family's forward map: `"density"` (inverse, the default) or `"sampling"` (forward). */
  readonly orientation?: Orientation;
}

/**
 * A coupling layer on `[..., features]` (Dinh et al. 2015, arXiv:1410.8516): variables outside `mask` are unchanged, the
 * remaining ones pass a bijection of a family with parameters computed from the unchanged ones and the context. Both directions
 * cost one pass of the network.
 *
 * With a conditioner of images, such as `ConvNet`, events are `[height, width, channels]`, and the mask chooses channels.
 * For a mask of pixels put the layer behind a `Checkerboard`.
 *
 * Masks of few runs, such as the first or the second half, split cheapest.
 *
 * @example
 * const layer = new Coupling({
 *   mask: [false, true],
 *   conditioner: new Mlp({ inputSize: 1, outputSize: 2, key: createKey(0) }),
 *   family: affine(),
 * });
 */
export class Coupling implements Bijection, Module {
  readonly eventRankIn: number;
  readonly eventRankOut: number;
  readonly conditioner: Conditioner;
  readonly family: BijectionFamily;
  readonly mask: readonly boolean[];
  readonly orientation: Orientation;
  readonly contextShape?: Shape;
  private readonly runs: readonly Run[];

  /**
   * @throws {OptionError} the mask transforms all variables or none.
   * @throws {ShapeError} the conditioner's sizes do not fit the mask and the family.
   */
  constructor(options: CouplingOptions) {
    checkOptions("Coupling", options, { conditioner: true, family: true, mask: true, orientation: true });
    const { conditioner, family, mask, orientation = "density" } = options;
    const transformed = mask.filter((m) => m).length;
    const unchanged = mask.length - transformed;
    if (transformed === 0 || unchanged === 0) {
      throw new OptionError(
        `Coupling: expected a mask that transforms some variables and keeps some, got [${mask.join(", ")}]. ` +
          "Use Elementwise to transform all of them.",
      );
    }
    if (conditioner.inputSize !== unchanged) {
      throw new ShapeError(
        `Coupling: expected a conditioner with inputSize ${unchanged}, one for each unchanged variable, ` +
          `got ${conditioner.inputSize}.`,
      );
    }
    if (conditioner.outputSize !== transformed * family.parameterCount) {
      throw new ShapeError(
        `Coupling: expected a conditioner with outputSize ${transformed * family.parameterCount} ` +
          `(${transformed} transformed variables × ${family.parameterCount} for ${family.type}), ` +
          `got ${conditioner.outputSize}.`,
      );
    }
    checkFamilyVariables("Coupling", family, transformed);
    this.eventRankIn = conditioner.eventRank ?? 1;
    this.eventRankOut = this.eventRankIn;
    this.conditioner = conditioner;
    this.family = family;
    this.mask = [...mask];
    this.orientation = orientation;
    this.runs = runsOf(mask);
    if (conditioner.contextSize > 0) this.contextShape = [conditioner.contextSize];
  }

  get inverseKind(): Bijection["inverseKind"] {
    return this.orientation === "density" ? "analytic" : (this.family.inverseKind ?? "analytic");
  }

  forwardShape(eventShape: Shape): Shape {
    return vectorShape("Coupling", this.mask.length, eventShape, this.eventRankIn);
  }

  inverseShape(eventShape: Shape): Shape {
    return vectorShape("Coupling", this.mask.length, eventShape, this.eventRankIn);
  }

  forward(x: tf.Tensor, context?: tf.Tensor): tf.Tensor {
    checkEvent("Coupling.forward", this.mask.length, x, this.eventRankIn);
    return this.value(x, context, this.orientation === "sampling");
  }

  inverse(y: tf.Tensor, context?: tf.Tensor): tf.Tensor {
    checkEvent("Coupling.inverse", this.mask.length, y, this.eventRankIn);
    return this.value(y, context, this.orientation === "density");
  }

  forwardAndLogDet(x: tf.Tensor, context?: tf.Tensor): ValueAndLogDet {
    checkEvent("Coupling.forwardAndLogDet", this.mask.length, x, this.eventRankIn);
    return this.valueAndLogDet(x, context, this.orientation === "sampling");
  }

  inverseAndLogDet(y: tf.Tensor, context?: tf.Tensor): ValueAndLogDet {
    checkEvent("Coupling.inverseAndLogDet", this.mask.length, y, this.eventRankIn);
    return this.valueAndLogDet(y, context, this.orientation === "density");
  }

  lower(plan: PlanBuilder, direction: Direction, value: PlanMatrix, context?: PlanMatrix): LoweredMap {
    checkPlanColumns("Coupling", value, this.mask.length);
    const side = (transformed: boolean): number[] => [...this.mask.keys()].filter((i) => this.mask[i] === transformed);
    const unchanged = columnsStep(plan, value, side(false));
    const parameters = lowerConditioner(this.conditioner, plan, unchanged, context);
    const usesForward = (direction === "inverse") === (this.orientation === "density");
    const part = columnsStep(plan, value, side(true));
    const { value: mapped, logDets } = lowerFamily(
      this.family,
      plan,
      usesForward ? "forward" : "inverse",
      part,
      parameters,
    );
    return { value: replaceColumnsStep(plan, value, mapped, side(true)), logDets };
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

  private value(x: tf.Tensor, context: tf.Tensor | undefined, forward: boolean): tf.Tensor {
    return tf.tidy(() => {
      const parts = this.split(x);
      const bound = this.bind(parts, context);
      const part = this.side(parts, true);
      return this.join(parts, forward ? bound.forward(part) : bound.inverse(part));
    });
  }

  private valueAndLogDet(x: tf.Tensor, context: tf.Tensor | undefined, forward: boolean): ValueAndLogDet {
    return tf.tidy(() => {
      const parts = this.split(x);
      const bound = this.bind(parts, context);
      const part = this.side(parts, true);
      const [value, logDet] = forward ? bound.forwardAndLogDet(part) : bound.inverseAndLogDet(part);
      return [this.join(parts, value), sumRightmost(logDet, this.eventRankIn)];
    });
  }

  private bind(parts: readonly tf.Tensor[], context: tf.Tensor | undefined): Bijection {
    const outputs = this.conditioner.apply(this.side(parts, false), context);
    const { parameterCount } = this.family;
    const transformed = this.conditioner.outputSize / parameterCount;
    return this.family.bind(tf.reshape(outputs, [...outputs.shape.slice(0, -1), transformed, parameterCount]));
  }

  /**
   * Splits the variables into runs. `gather` has no gradient on wasm, and the gradient of a single split is cheaper
   * than the gradient of slices.
   */
  private split(x: tf.Tensor): tf.Tensor[] {
    return splitLast(
      x,
      this.runs.map((run) => run.count),
    );
  }

  /** Returns the variables on one side of the mask. */
  private side(parts: readonly tf.Tensor[], transformed: boolean): tf.Tensor {
    const own = parts.filter((_, i) => this.runs[i]?.transformed === transformed);
    return own.length === 1 ? (own[0] as tf.Tensor) : tf.concat(own, -1);
  }

  /** The event with its transformed variables replaced. */
  private join(parts: readonly tf.Tensor[], values: tf.Tensor): tf.Tensor {
    const transformed = this.runs.filter((run) => run.transformed).map((run) => run.count);
    const mapped = splitLast(values, transformed);
    let next = 0;
    // A context with batch axes of its own gives more rows than x has.
    const batch = values.shape.slice(0, -1);
    const whole = parts.map((part, i) => {
      if (this.runs[i]?.transformed) return mapped[next++] as tf.Tensor;
      const shape = [...batch, part.shape.at(-1) as number];
      return shapesEqual(part.shape, shape) ? part : tf.broadcastTo(part, shape);
    });
    return tf.concat(whole, -1);
  }
}

/** Neighboring variables on one side of the mask. */
interface Run {
  readonly transformed: boolean;
  readonly start: number;
  readonly count: number;
}

function runsOf(mask: readonly boolean[]): Run[] {
  const runs: Run[] = [];
  for (const [i, transformed] of mask.entries()) {
    const last = runs.at(-1);
    if (last?.transformed === transformed) runs[runs.length - 1] = { ...last, count: last.count + 1 };
    else runs.push({ transformed, start: i, count: 1 });
  }
  return runs;
}

function splitLast(x: tf.Tensor, sizes: number[]): tf.Tensor[] {
  return sizes.length === 1 ? [x] : tf.split(x, sizes, x.rank - 1);
}
