import type {
  Bijection,
  ContextError,
  InverseNotAvailableError,
  Key,
  ParameterTree,
  Shape,
  ShapeError,
  ValueAndLogDet,
} from "@pushforward/core";
import { sizeOf } from "@pushforward/core/extend";
import * as tf from "@tensorflow/tfjs-core";
import { type Gradients, hostGradients } from "../gradients.ts";
import { formatValues, hostCopy, Violation } from "../law/comparison.ts";
import { inTidy } from "../law/law.ts";
import type { BijectionCase } from "./bijection-case.ts";
import { edgePoints, type Interval, magnitudePoints, moderatePoints, REAL_LINE } from "./test-points.ts";

/** One direction of a bijection, seen as a map of its own. */
export interface Side {
  readonly name: "forward" | "inverse";
  readonly bijection: Bijection;
  /** Shapes of an input and an output, including batch axes of the parameters. */
  readonly shapeIn: Shape;
  readonly shapeOut: Shape;
  readonly rankIn: number;
  readonly rankOut: number;
  readonly domain: Interval;
  readonly edges: readonly number[];
  value(x: tf.Tensor, context?: tf.Tensor): tf.Tensor;
  pair(x: tf.Tensor, context?: tf.Tensor): ValueAndLogDet;
  shape(eventShape: Shape): Shape;
}

/** Inputs on the host, `count` rows. */
export interface Inputs {
  readonly count: number;
  readonly values: Float32Array;
  readonly context: Float32Array | undefined;
}

/** Outputs of a side, on the host. `logDet` has one value for each row and parameter batch index. */
export interface Outputs {
  readonly value: Float32Array;
  readonly logDet: Float32Array;
}

export function forwardSide(bijection: Bijection, theCase: BijectionCase): Side {
  const { shapeIn, shapeOut } = shapes(bijection, theCase.eventShape);
  return {
    name: "forward",
    bijection,
    shapeIn,
    shapeOut,
    rankIn: bijection.eventRankIn,
    rankOut: bijection.eventRankOut,
    domain: theCase.domain ?? REAL_LINE,
    edges: theCase.edges ?? [],
    value: (x, context) => bijection.forward(x, context),
    pair: (x, context) => bijection.forwardAndLogDet(x, context),
    shape: (eventShape) => bijection.forwardShape(eventShape),
  };
}

export function inverseSide(bijection: Bijection, theCase: BijectionCase): Side {
  const { shapeIn, shapeOut } = shapes(bijection, theCase.eventShape);
  return {
    name: "inverse",
    bijection,
    shapeIn: shapeOut,
    shapeOut: shapeIn,
    rankIn: bijection.eventRankOut,
    rankOut: bijection.eventRankIn,
    domain: theCase.range ?? REAL_LINE,
    edges: theCase.edges ?? [],
    value: (x, context) => bijection.inverse(x, context),
    pair: (x, context) => bijection.inverseAndLogDet(x, context),
    shape: (eventShape) => bijection.inverseShape(eventShape),
  };
}

/** Forward, and inverse if the bijection has one. */
export function sidesOf(bijection: Bijection, theCase: BijectionCase): readonly Side[] {
  const forward = forwardSide(bijection, theCase);
  return bijection.inverseKind === "none" ? [forward] : [forward, inverseSide(bijection, theCase)];
}

function shapes(bijection: Bijection, eventShape: Shape): { shapeIn: Shape; shapeOut: Shape } {
  const extra = eventShape.slice(0, eventShape.length - bijection.eventRankIn);
  const event = eventShape.slice(extra.length);
  return { shapeIn: eventShape, shapeOut: [...extra, ...bijection.forwardShape(event)] };
}

/** Axes of the parameters' batch: the input axes outside the event. */
export function extraAxes(side: Side): Shape {
  return side.shapeIn.slice(0, side.shapeIn.length - side.rankIn);
}

/** Contexts of `count` rows, standard normal. */
export function contextsFor(side: Side, key: Key, count: number): Float32Array | undefined {
  const { contextShape } = side.bijection;
  return contextShape === undefined ? undefined : key.normal(count * sizeOf(contextShape));
}

export function moderateInputs(side: Side, key: Key, count: number): Inputs {
  const [pointKey, contextKey] = key.split();
  const values = moderatePoints(pointKey, count, sizeOf(side.shapeIn), side.domain);
  return { count, values, context: contextsFor(side, contextKey, count) };
}

export function magnitudeInputs(side: Side, key: Key, count: number): Inputs {
  const [pointKey, contextKey] = key.split();
  const values = magnitudePoints(pointKey, count, sizeOf(side.shapeIn), side.domain);
  return { count, values, context: contextsFor(side, contextKey, count) };
}

export function edgeInputs(side: Side, key: Key): Inputs {
  const values = edgePoints(sizeOf(side.shapeIn), side.domain, side.edges);
  const count = values.length / sizeOf(side.shapeIn);
  return { count, values, context: contextsFor(side, key, count) };
}

export function joinInputs(...parts: readonly Inputs[]): Inputs {
  const contexts = parts.flatMap((part) => part.context ?? []);
  return {
    count: parts.reduce((sum, part) => sum + part.count, 0),
    values: concat(parts.map((part) => part.values)),
    context: contexts.length === 0 ? undefined : concat(contexts),
  };
}

function concat(arrays: readonly Float32Array[]): Float32Array {
  const all = new Float32Array(arrays.reduce((sum, array) => sum + array.length, 0));
  let at = 0;
  for (const array of arrays) {
    all.set(array, at);
    at += array.length;
  }
  return all;
}

/** The tensors of inputs; `batch` replaces the one batch axis. */
export function tensorsOf(side: Side, inputs: Inputs, batch: Shape = [inputs.count]): [tf.Tensor, tf.Tensor?] {
  const x = tf.tensor(inputs.values, [...batch, ...side.shapeIn], "float32");
  if (inputs.context === undefined) return [x];
  const ones = extraAxes(side).map(() => 1);
  return [x, tf.tensor(inputs.context, [...batch, ...ones, ...(side.bijection.contextShape ?? [])], "float32")];
}

/** Returns the pair of outputs of a side, on the host. */
export function outputs(side: Side, inputs: Inputs, batch?: Shape): Outputs {
  return inTidy(() => {
    const [value, logDet] = side.pair(...tensorsOf(side, inputs, batch));
    return { value: hostCopy(value), logDet: hostCopy(logDet) };
  });
}

/** Returns the output of the value-only method, on the host. */
export function values(side: Side, inputs: Inputs): Float32Array {
  return inTidy(() => hostCopy(side.value(...tensorsOf(side, inputs))));
}

/** The value of a row for messages. */
function rowOf(inputs: Inputs, row: number): Float32Array {
  const size = inputs.values.length / inputs.count;
  return inputs.values.slice(row * size, (row + 1) * size);
}

/** Weights of the outputs of a side, one per value and one per log-det of each row; absent outputs do not count. */
export interface Cotangent {
  readonly value?: Float32Array;
  readonly logDet?: Float32Array;
}

/** Random weights for `count` rows of outputs. */
export function randomCotangent(side: Side, count: number, part: "value" | "logDet" | "both", key: Key): Cotangent {
  const value = (): Float32Array => key.fold("value").normal(count * sizeOf(side.shapeOut));
  const logDet = (): Float32Array => key.fold("logDet").normal(count * sizeOf(extraAxes(side)));
  return { ...(part !== "logDet" && { value: value() }), ...(part !== "value" && { logDet: logDet() }) };
}

/** Gradients of the sum of the outputs, each times its weight, for `x`, the context and the trainable parameters. */
export function gradientsOf(
  side: Side,
  inputs: Inputs,
  parameters: ParameterTree,
  cotangent: Cotangent,
  method: "pair" | "value" = "pair",
): Gradients {
  return inTidy(() => {
    const [x, context] = tensorsOf(side, inputs);
    const loss = (): tf.Scalar => {
      const [value, logDet] = method === "pair" ? side.pair(x, context) : [side.value(x, context), undefined];
      const sums: tf.Tensor[] = [];
      if (cotangent.value) sums.push(weightedSum(value, cotangent.value));
      if (cotangent.logDet && logDet) sums.push(weightedSum(logDet, cotangent.logDet));
      return tf.addN(sums) as tf.Scalar;
    };
    return hostGradients(loss, { x, context }, parameters);
  });
}

function weightedSum(tensor: tf.Tensor, weights: Float32Array): tf.Tensor {
  return tf.sum(tf.mul(tensor, tf.tensor(weights, tensor.shape, "float32")));
}

/** Expects a call to throw an error of the given class. */
export function expectThrow(
  call: () => unknown,
  type: typeof ContextError | typeof InverseNotAvailableError | typeof ShapeError,
  what: string,
): void {
  try {
    inTidy(() => {
      call();
    });
  } catch (error) {
    if (error instanceof type) return;
    const text = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
    throw new Violation(`${type.name} from ${what}`, text);
  }
  throw new Violation(`${type.name} from ${what}`, "a result");
}

/** Returns the numbers of a row, for an array of `count` rows. */
export function part(array: Float32Array, row: number, count: number): Float32Array {
  const size = array.length / count;
  return array.subarray(row * size, (row + 1) * size);
}

/** The input of a row, for messages. */
export function describeRow(inputs: Inputs, row: number): string {
  const input = formatValues(rowOf(inputs, row));
  return inputs.context === undefined
    ? input
    : `${input}, context ${formatValues(part(inputs.context, row, inputs.count))}`;
}
