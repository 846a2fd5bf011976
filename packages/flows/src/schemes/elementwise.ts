import {
  type Bijection,
  type BijectionFamily,
  type Conditioner,
  ContextError,
  type Key,
  type Module,
  OptionError,
  type Parameter,
  type ParameterTree,
  type Shape,
  ShapeError,
  type ValueAndLogDet,
} from "@pushforward/core";
import {
  checkOptions,
  checkPlanColumns,
  type Direction,
  describeValue,
  disposeParameters,
  type LoweredMap,
  lowerConditioner,
  lowerFamily,
  type PlanBuilder,
  type PlanMatrix,
  parameter,
  parameterTree,
} from "@pushforward/core/extend";
import { formatShape, sizeOf } from "@pushforward/core/plain";
import { parameterRowsStep, sumRightmost } from "@pushforward/ops";
import * as tf from "@tensorflow/tfjs-core";
import { checkEvent, checkFamilyVariables, vectorShape } from "../vector-shape.ts";
import type { Orientation } from "./autoregressive.ts";

/** Options of {@link Elementwise}. */
export interface ElementwiseOptions {
  readonly family: BijectionFamily;
  readonly features: number;
  /**
   * A network from the context (its `inputSize` is the width of the context) to `features · parameterCount` numbers.
   * Without it, the parameters themselves are learned, and the layer has no context.
   */
  readonly conditioner?: Conditioner;
  /** Which direction uses the family's forward map: `"density"` (inverse, the default) or `"sampling"` (forward). */
  readonly orientation?: Orientation;
  /** Draws the parameters that are learned from N(0, 1); they are 0 without one. */
  readonly key?: Key;
}

/**
 * Applies a separate bijection of a family to each of `features` variables: `[..., features]` → `[..., features]`. Its
 * parameters are learned directly, or computed from the context. For one feature, an autoregressive or coupling layer
 * is the same as this layer.
 * @example
 * const marginal = new Elementwise({ family: rationalQuadratic(), features: 3 });
 */
export class Elementwise implements Bijection, Module {
  readonly eventRankIn = 1;
  readonly eventRankOut = 1;
  readonly family: BijectionFamily;
  readonly features: number;
  readonly conditioner?: Conditioner;
  readonly orientation: Orientation;
  readonly contextShape?: Shape;
  /** The parameters `[features, parameterCount]`, unless a conditioner computes the parameters. */
  readonly unconstrained?: Parameter;

  /**
   * @throws {OptionError} `features` is not a positive integer.
   * @throws {ShapeError} the output size of the conditioner differs from the parameters of the family.
   */
  constructor(options: ElementwiseOptions) {
    checkOptions("Elementwise", options, {
      family: true,
      features: true,
      conditioner: true,
      orientation: true,
      key: true,
    });
    const { family, features, conditioner, orientation = "density", key } = options;
    if (!Number.isSafeInteger(features) || features < 1) {
      throw new OptionError(
        `Elementwise: expected features to be an integer of at least 1, got ${describeValue(features)}.`,
      );
    }
    checkFamilyVariables("Elementwise", family, features);
    this.family = family;
    this.features = features;
    this.orientation = orientation;
    if (conditioner === undefined) {
      const shape = [features, family.parameterCount] as const;
      this.unconstrained = parameter(shape, key && (() => key.fold("unconstrained").normal(sizeOf(shape))));
      return;
    }
    const outputs = features * family.parameterCount;
    if (conditioner.outputSize !== outputs || conditioner.contextSize !== 0) {
      throw new ShapeError(
        `Elementwise: expected a conditioner with outputSize ${outputs} (${features} features × ` +
          `${family.parameterCount} for ${family.type}) and no context of its own, ` +
          `got outputSize ${conditioner.outputSize} and context size ${conditioner.contextSize}.`,
      );
    }
    this.conditioner = conditioner;
    this.contextShape = [conditioner.inputSize];
  }

  get inverseKind(): Bijection["inverseKind"] {
    return this.orientation === "density" ? "analytic" : (this.family.inverseKind ?? "analytic");
  }

  forwardShape(eventShape: Shape): Shape {
    return vectorShape("Elementwise", this.features, eventShape);
  }

  inverseShape(eventShape: Shape): Shape {
    return vectorShape("Elementwise", this.features, eventShape);
  }

  forward(x: tf.Tensor, context?: tf.Tensor): tf.Tensor {
    this.check("forward", x, context);
    return tf.tidy(() => {
      const bound = this.bind(context);
      return this.orientation === "sampling" ? bound.forward(x) : bound.inverse(x);
    });
  }

  inverse(y: tf.Tensor, context?: tf.Tensor): tf.Tensor {
    this.check("inverse", y, context);
    return tf.tidy(() => {
      const bound = this.bind(context);
      return this.orientation === "sampling" ? bound.inverse(y) : bound.forward(y);
    });
  }

  forwardAndLogDet(x: tf.Tensor, context?: tf.Tensor): ValueAndLogDet {
    this.check("forwardAndLogDet", x, context);
    return tf.tidy(() => {
      const bound = this.bind(context);
      const [y, logDet] = this.orientation === "sampling" ? bound.forwardAndLogDet(x) : bound.inverseAndLogDet(x);
      return [y, sumRightmost(logDet, 1)];
    });
  }

  inverseAndLogDet(y: tf.Tensor, context?: tf.Tensor): ValueAndLogDet {
    this.check("inverseAndLogDet", y, context);
    return tf.tidy(() => {
      const bound = this.bind(context);
      const [x, logDet] = this.orientation === "sampling" ? bound.inverseAndLogDet(y) : bound.forwardAndLogDet(y);
      return [x, sumRightmost(logDet, 1)];
    });
  }

  lower(plan: PlanBuilder, direction: Direction, value: PlanMatrix, context?: PlanMatrix): LoweredMap {
    checkPlanColumns("Elementwise", value, this.features);
    const parameters =
      this.conditioner === undefined
        ? parameterRowsStep(plan, this.unconstrained as Parameter)
        : lowerConditioner(this.conditioner, plan, context as PlanMatrix);
    const usesForward = (direction === "inverse") === (this.orientation === "density");
    return lowerFamily(this.family, plan, usesForward ? "forward" : "inverse", value, parameters);
  }

  parameters(): ParameterTree {
    const { conditioner, family, unconstrained } = this;
    return parameterTree({ conditioner, unconstrained, family });
  }

  dispose(): void {
    disposeParameters(this.parameters());
  }

  [Symbol.dispose](): void {
    this.dispose();
  }

  private bind(context: tf.Tensor | undefined): Bijection {
    if (this.conditioner === undefined) return this.family.bind((this.unconstrained as Parameter).variable);
    const outputs = this.conditioner.apply(context as tf.Tensor);
    const shape = [...outputs.shape.slice(0, -1), this.features, this.family.parameterCount];
    return this.family.bind(tf.reshape(outputs, shape));
  }

  private check(method: string, x: tf.Tensor, context: tf.Tensor | undefined): void {
    const where = `Elementwise.${method}`;
    checkEvent(where, this.features, x);
    const width = this.contextShape?.[0];
    if (width === undefined) {
      if (context === undefined) return;
      throw new ContextError(
        `${where}: expected no context, got one of shape ${formatShape(context.shape)}. ` +
          "Give it a conditioner to use one.",
      );
    }
    if (context?.shape.at(-1) !== width) {
      throw new ContextError(
        `${where}: expected a context of shape [..., ${width}], ` +
          `got ${context === undefined ? "none" : formatShape(context.shape)}.`,
      );
    }
  }
}
