import {
  type Bijection,
  type Codec,
  ConfigReader,
  checkPlanColumns,
  type Direction,
  defineCodec,
  disposeParameters,
  type Json,
  type LoweredMap,
  type Module,
  OptionError,
  type Parameter,
  type ParameterTree,
  type PlanBuilder,
  type PlanMatrix,
  parameter,
  parameterTree,
  type Shape,
  ShapeError,
  sizeOf,
  type ValueAndLogDet,
} from "@pushforward/core";
import { learnedScaleStep, sumRightmost } from "@pushforward/ops";
import * as tf from "@tensorflow/tfjs-core";
import { checkFeatures, constantLogDet, onEvent, sameEventShape } from "./on-event.ts";
import { OFFSET, positiveScale, rawScale, SMALLEST_SCALE } from "./positive-scale.ts";

/** Options of {@link AffineElementwise}: `features`, or `shape` for events of another rank. */
export interface AffineElementwiseOptions {
  readonly features?: number;
  readonly shape?: Shape;
  /** Positive scales to start from: one number, or one for each element, row-major. Default 1. */
  readonly scale?: number | ArrayLike<number>;
  /** Shifts to start from, likewise. Default 0. */
  readonly shift?: number | ArrayLike<number>;
}

/**
 * A learnable scale and shift for each element: `x_i = a_i·u_i + b_i`, `log|det| = Σ log a_i`.
 *
 * The scale is `a = softplus(raw + log(e − 1))`: it starts at 1 and no step of training can take it to 0 or below.
 *
 * Shapes: u and x `[...batch, ...shape]`, log-det `[...batch]`.
 *
 * @throws {OptionError} neither or both of `features` and `shape`, a scale below 1e-30, a number that is not finite.
 * @throws {ShapeError} `scale` or `shift` with another number of elements; a value with another event shape.
 * @example
 * const transform = new AffineElementwise({ features: 2, scale: 0.5, shift: [10, 20] });
 */
export class AffineElementwise implements Bijection, Module {
  readonly eventRankIn: number;
  readonly eventRankOut: number;
  readonly inverseKind = "analytic";
  readonly shape: Shape;
  private readonly scale: Parameter;
  private readonly shift: Parameter;

  constructor(options: AffineElementwiseOptions) {
    const where = "AffineElementwise";
    const { features, shape } = options;
    if ((features === undefined) === (shape === undefined)) {
      throw new OptionError(
        `${where}: expected features or shape, got ${features === undefined ? "neither" : "both"}.`,
      );
    }
    this.shape = features !== undefined ? [checkFeatures(where, features)] : [...(shape as Shape)];
    for (const axis of this.shape) {
      if (!Number.isSafeInteger(axis) || axis < 1) {
        throw new OptionError(`${where}: expected a shape of integers of at least 1, got ${String(axis)}.`);
      }
    }
    this.eventRankIn = this.shape.length;
    this.eventRankOut = this.shape.length;
    this.scale = startingAt(where, "scale", this.shape, options.scale, checkedRawScale);
    this.shift = startingAt(where, "shift", this.shape, options.shift, (value) => value);
  }

  forwardShape(eventShape: Shape): Shape {
    return sameEventShape("AffineElementwise.forwardShape", eventShape, this.shape);
  }

  inverseShape(eventShape: Shape): Shape {
    return sameEventShape("AffineElementwise.inverseShape", eventShape, this.shape);
  }

  forward(x: tf.Tensor, context?: tf.Tensor): tf.Tensor {
    return onEvent("AffineElementwise.forward", x, this.shape, context, (u) =>
      this.push(u, positiveScale(this.scale.variable)),
    );
  }

  inverse(y: tf.Tensor, context?: tf.Tensor): tf.Tensor {
    return onEvent("AffineElementwise.inverse", y, this.shape, context, (x) =>
      this.pull(x, positiveScale(this.scale.variable)),
    );
  }

  forwardAndLogDet(x: tf.Tensor, context?: tf.Tensor): ValueAndLogDet {
    return onEvent("AffineElementwise.forwardAndLogDet", x, this.shape, context, (u): ValueAndLogDet => {
      const scale = positiveScale(this.scale.variable);
      return [this.push(u, scale), constantLogDet(this.logDet(scale), u, this.eventRankIn)];
    });
  }

  inverseAndLogDet(y: tf.Tensor, context?: tf.Tensor): ValueAndLogDet {
    return onEvent("AffineElementwise.inverseAndLogDet", y, this.shape, context, (x): ValueAndLogDet => {
      const scale = positiveScale(this.scale.variable);
      return [this.pull(x, scale), constantLogDet(tf.neg(this.logDet(scale)), x, this.eventRankIn)];
    });
  }

  parameters(): ParameterTree {
    return parameterTree({ scale: this.scale, shift: this.shift });
  }

  dispose(): void {
    disposeParameters(this.parameters());
  }

  [Symbol.dispose](): void {
    this.dispose();
  }

  lower(plan: PlanBuilder, direction: Direction, value: PlanMatrix): LoweredMap {
    checkPlanColumns("AffineElementwise", value, sizeOf(this.shape));
    const { scale: rawScale, shift } = this;
    const scale = { offset: OFFSET, smallest: SMALLEST_SCALE };
    return learnedScaleStep(plan, direction, value, { rawScale, shift, scale });
  }

  private push(u: tf.Tensor, scale: tf.Tensor): tf.Tensor {
    return tf.add(tf.mul(u, scale), this.shift.variable);
  }

  private pull(x: tf.Tensor, scale: tf.Tensor): tf.Tensor {
    return tf.div(tf.sub(x, this.shift.variable), scale);
  }

  private logDet(scale: tf.Tensor): tf.Tensor {
    return sumRightmost(tf.log(scale), this.eventRankIn);
  }
}

/** Codec of {@link AffineElementwise}. */
export const affineElementwiseCodec: Codec<AffineElementwise, Json> = defineCodec<AffineElementwise, Json>({
  type: "pushforward/affine-elementwise",
  version: 1,
  is: (value): value is AffineElementwise => value instanceof AffineElementwise,
  encode: (value) => ({ shape: value.shape }),
  decode: (config) => {
    const reader = new ConfigReader("pushforward/affine-elementwise", config);
    const shape = reader.counts("shape");
    reader.end();
    return new AffineElementwise({ shape });
  },
});

function startingAt(
  where: string,
  name: string,
  shape: Shape,
  start: number | ArrayLike<number> | undefined,
  raw: (value: number, at: string) => number,
): Parameter {
  // Zeros are left to the parameter, which allocates nothing before it is used.
  if (start === undefined) return parameter(shape);
  const size = sizeOf(shape);
  const values = typeof start === "number" ? new Array<number>(size).fill(start) : Array.from(start);
  if (values.length !== size) {
    throw new ShapeError(`${where}: expected ${name} to have ${size} elements, got ${values.length}.`);
  }
  return parameter(
    shape,
    values.map((value, i) => {
      const at = typeof start === "number" ? name : `${name}[${i}]`;
      if (!Number.isFinite(value)) throw new OptionError(`${where}: expected ${at} to be finite, got ${value}.`);
      return raw(value, `${where}: expected ${at}`);
    }),
  );
}

function checkedRawScale(value: number, expected: string): number {
  if (!(value >= SMALLEST_SCALE)) throw new OptionError(`${expected} to be at least ${SMALLEST_SCALE}, got ${value}.`);
  return rawScale(value);
}
