import { type Bijection, type Json, OptionError, type Shape, ShapeError, type ValueAndLogDet } from "@pushforward/core";
import {
  type AffineForm,
  asTensor,
  broadcastShapes,
  type ConfigField,
  ConfigReader,
  field,
  formatShape,
  type NumberBounds,
  type ScaleMap,
  type SplineForm,
  shapesEqual,
} from "@pushforward/core/extend";
import { AFFINE_FORM, SPLINE_FORM } from "@pushforward/ops";
import * as tf from "@tensorflow/tfjs-core";
import { refuseContext } from "../combinators/members.ts";

/** An elementwise map and its log-derivative; x `[...batch]` and parameters `[...batch, count]` have one batch shape. */
export type ElementwiseKernel = (x: tf.Tensor, parameters: tf.Tensor, inverse: boolean) => ValueAndLogDet;

/**
 * A family with its parameters: an elementwise bijection of event rank 0. It borrows the parameters and does not own
 * any. Batch axes of the value and of the parameters broadcast.
 */
export class BoundBijection implements Bijection {
  readonly eventRankIn = 0;
  readonly eventRankOut = 0;
  readonly inverseKind: Bijection["inverseKind"];
  private readonly where: string;
  private readonly bound: tf.Tensor;
  private readonly kernel: ElementwiseKernel;

  constructor(
    where: string,
    parameterCount: number,
    parameters: tf.Tensor,
    kernel: ElementwiseKernel,
    inverseKind: Bijection["inverseKind"] = "analytic",
  ) {
    if (parameters.shape.at(-1) !== parameterCount) {
      throw new ShapeError(
        `${where}.bind: expected parameters with a last axis of ${parameterCount}, got shape ${formatShape(parameters.shape)}.`,
      );
    }
    this.where = where;
    this.bound = parameters;
    this.kernel = kernel;
    this.inverseKind = inverseKind;
  }

  forwardShape(eventShape: Shape): Shape {
    return eventShape;
  }

  inverseShape(eventShape: Shape): Shape {
    return eventShape;
  }

  forward(x: tf.Tensor, context?: tf.Tensor): tf.Tensor {
    return tf.tidy(() => this.map("forward", x, context, false)[0]);
  }

  inverse(y: tf.Tensor, context?: tf.Tensor): tf.Tensor {
    return tf.tidy(() => this.map("inverse", y, context, true)[0]);
  }

  forwardAndLogDet(x: tf.Tensor, context?: tf.Tensor): ValueAndLogDet {
    return tf.tidy(() => this.map("forwardAndLogDet", x, context, false));
  }

  inverseAndLogDet(y: tf.Tensor, context?: tf.Tensor): ValueAndLogDet {
    return tf.tidy(() => this.map("inverseAndLogDet", y, context, true));
  }

  private map(method: string, x: tf.Tensor, context: tf.Tensor | undefined, isInverse: boolean): ValueAndLogDet {
    const where = `${this.where}.${method}`;
    refuseContext(where, context);
    const input = asTensor(x, where);
    const parameters = asTensor(this.bound, where);
    const parameterBatch = parameters.shape.slice(0, -1);
    const batch = broadcastShapes(input.shape, parameterBatch);
    if (batch === undefined) {
      throw new ShapeError(
        `${where}: expected a value that broadcasts with the batch shape ${formatShape(parameterBatch)} of the parameters, got shape ${formatShape(input.shape)}.`,
      );
    }
    return this.kernel(
      broadcast(input, batch),
      broadcast(parameters, [...batch, parameters.shape.at(-1) as number]),
      isInverse,
    );
  }
}

function broadcast(x: tf.Tensor, shape: Shape): tf.Tensor {
  return shapesEqual(x.shape, shape) ? x : tf.broadcastTo(x, [...shape]);
}

/** Default and bounds of a number. */
export type NumberRange = readonly [standard: number, min: number, max: number];

const UNUSED: NumberRange = [0, 0, 0];
/** Bounds of the offset of a raw number. */
export const OFFSETS = [-50, 50] as const;
/**
 * Range of the minimum scale or slope. Below the first value, float32 does not resolve the narrowest bins; at the
 * second, a scale or slope can no longer be 1.
 */
const LEAST = [1e-8, 1] as const;
/** Of log-scales: beyond, they overflow. */
const LARGEST_LIMIT = 80;
/** The maps that turn a raw number into a scale. */
export const SCALES: readonly ScaleMap[] = ["tanh", "clip", "softplus", "sigmoid"];

/** Completed numbers. Throws `OptionError`; `expected` is the start of its message. */
export function withNumbers<N extends string>(
  expected: string,
  given: { readonly [K in N]?: number | undefined },
  ranges: Readonly<Record<N, NumberRange>>,
): Record<N, number> {
  const values = Object.entries<NumberRange>(ranges).map(([name, [standard, min, max]]) => {
    const value = given[name as N] ?? standard;
    if (value >= min && value <= max) return [name, value];
    const what = min === max ? `to be ${min}, because the form does not use it` : `from ${min} to ${max}`;
    throw new OptionError(`${expected}${name} ${what}, got ${String(value)}.`);
  });
  return Object.fromEntries(values) as Record<N, number>;
}

/** The completed form of an affine map. */
export function affineForm(form: Partial<AffineForm>): AffineForm {
  const { scale = AFFINE_FORM.scale } = form;
  if (!SCALES.includes(scale)) {
    const names = SCALES.map((name) => JSON.stringify(name)).join(", ");
    throw new OptionError(`affine: expected form.scale to be one of ${names}, got ${JSON.stringify(scale)}.`);
  }
  const isBounded = scale === "tanh" || scale === "clip";
  const ranges: Record<"limit" | "offset" | "least", NumberRange> = isBounded
    ? { limit: [AFFINE_FORM.limit, 1e-3, LARGEST_LIMIT], offset: UNUSED, least: UNUSED }
    : { limit: UNUSED, offset: [0, ...OFFSETS], least: [1e-3, ...LEAST] };
  return { scale, ...withNumbers<"limit" | "offset" | "least">("affine: expected form.", form, ranges) };
}

/** The completed form of a spline. */
export function splineForm(where: string, bins: number, form: Partial<SplineForm>): SplineForm {
  const { softmaxLimit = 0, slopeLimit = 0 } = form;
  // A share of a softmax that nothing bounds can be 0.
  const leastBin = softmaxLimit > 0 ? 0 : 1e-6;
  return withNumbers<keyof SplineForm>(`${where}: expected form.`, form, {
    softmaxScale: [SPLINE_FORM.softmaxScale, 1e-6, 1e6],
    softmaxLimit: [0, 0, LARGEST_LIMIT],
    // At least half of the interval is left to learn.
    minBin: [SPLINE_FORM.minBin, leastBin, 0.5 / bins],
    slopeLimit: [0, 0, LARGEST_LIMIT],
    slopeOffset: slopeLimit > 0 ? UNUSED : [SPLINE_FORM.slopeOffset, ...OFFSETS],
    minSlope: slopeLimit > 0 ? UNUSED : [SPLINE_FORM.minSlope, ...LEAST],
  });
}

/** The form of a spline in a file. */
export const splineFormField: ConfigField<SplineForm> = field.form<SplineForm>((form) => ({
  softmaxScale: form.number("softmaxScale"),
  softmaxLimit: form.number("softmaxLimit"),
  minBin: form.number("minBin"),
  slopeLimit: form.number("slopeLimit"),
  slopeOffset: form.number("slopeOffset"),
  minSlope: form.number("minSlope"),
}));

// Version 1 of three codecs named the library whose formulas a map has; version 2 says the numbers of the formulas. The
// names stand here because files hold them.

interface Fields {
  [field: string]: Json;
}

/** Takes a number out of a config of version 1. */
type Take = (field: string, bounds: NumberBounds) => number;

const SLOPES: NumberBounds = { min: 1e-8, max: 0.999 };
const OLD_SCALES: NumberBounds = { min: 1e-6, max: 1e6 };

/** Converts a config of version 1 of `pushforward/affine` to version 2. */
export function affineOfVersion1(config: Json): Json {
  return upgraded("pushforward/affine", config, {
    zuko: (take) => ({ form: { scale: "clip", limit: -Math.log(take("slope", SLOPES)), offset: 0, least: 0 } }),
    nflows: () => ({ form: { scale: "softplus", limit: 0, offset: 0, least: 1e-3 } }),
    "nflows-coupling": () => ({ form: { scale: "sigmoid", limit: 0, offset: 2, least: 1e-3 } }),
  });
}

/** Converts a config of version 1 of `pushforward/rational-quadratic` to version 2. */
export function rationalQuadraticOfVersion1(config: Json): Json {
  return upgraded("pushforward/rational-quadratic", config, {
    zuko: (take) => {
      const limit = -Math.log(take("slope", SLOPES));
      const bins = { softmaxScale: 1, softmaxLimit: limit / 2, minBin: 0 };
      return { form: { ...bins, slopeLimit: limit, slopeOffset: 0, minSlope: 0 } };
    },
    nflows: (take, has) => {
      const softmaxScale = has("softmaxScale") ? take("softmaxScale", OLD_SCALES) : 1;
      const bins = { softmaxScale, softmaxLimit: 0, minBin: 1e-3 };
      return { form: { ...bins, slopeLimit: 0, slopeOffset: 0, minSlope: 1e-3 } };
    },
  });
}

/** Converts a config of version 1 of `pushforward/lu-linear` to version 2. */
export function luLinearOfVersion1(config: Json): Json {
  return upgraded("pushforward/lu-linear", config, { nflows: () => ({ diagonal: { offset: 0, smallest: 1e-3 } }) });
}

/**
 * Replaces the name of the parameterization in a config by its settings. The oldest files have the British spelling of
 * this field.
 */
function upgraded(
  type: string,
  config: Json,
  meanings: Readonly<Record<string, (take: Take, has: (field: string) => boolean) => Fields>>,
): Json {
  const reader = new ConfigReader(type, config);
  const field = ["parameterization", "parameterisation"].find((name) => reader.has(name));
  if (field === undefined) return config;
  const name = reader.oneOf(field, ["pushforward", ...Object.keys(meanings)]);
  const { [field]: _, ...rest } = config as Fields;
  const take: Take = (number, bounds) => {
    delete rest[number];
    return reader.number(number, bounds);
  };
  const meaning = meanings[name]?.(take, (number) => reader.has(number));
  return { ...rest, ...meaning };
}
