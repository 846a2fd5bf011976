import {
  type Bijection,
  type ConditionalDistribution,
  type Distribution,
  type Key,
  type NdArray,
  ndArray,
  ShapeError,
} from "@pushforward/core";
import { describeValue, isConditionalDistribution, requireSampling, tensorValues } from "@pushforward/core/extend";
import { formatShape, isNdArray, logSumExp, sizeOf } from "@pushforward/core/plain";
import { ConditionalMixture, Mixture } from "@pushforward/distributions";
import { ConstantAffine, chain, invert } from "@pushforward/transforms";
import { Chain, Inverse } from "@pushforward/transforms/extend";
import * as tf from "@tensorflow/tfjs-core";
import type { Standardization } from "./architectures/architecture.ts";
import { ConditionalFlow } from "./conditional-flow.ts";
import { Flow } from "./flow.ts";

/** A flow without the constant affine map at its data end, and that map. */
export interface SplitFlow<M extends Flow | ConditionalFlow> {
  /** Shares its parameters with the flow it came from: training one trains both. */
  readonly inner: M;
  /** `x = mean + sd · y`, y the variables of `inner`; absent when the flow has no such map. */
  readonly standardization?: Standardization;
  /** The same for the context: `inner` takes `(c − mean) / sd`. */
  readonly contextStandardization?: Standardization;
}

/**
 * Removes the standardization of data and context from a flow. It is more accurate in float64 on the host: a column with an
 * offset of 1e9, such as a timestamp, loses its digits in a float32 tensor.
 */
export function splitStandardization<M extends Flow | ConditionalFlow>(flow: M): SplitFlow<M> {
  const { transform } = flow;
  const last = transform instanceof Chain ? transform.layers.at(-1) : undefined;
  const split = transform instanceof Chain && last instanceof ConstantAffine;
  const rest = split ? chain(transform.layers.slice(0, -1)) : transform;
  const parts = split ? { standardization: { mean: last.shift, sd: last.scale } } : {};
  if (flow instanceof Flow)
    return split ? { inner: new Flow(flow.base, rest) as unknown as M, ...parts } : { inner: flow };
  const { base, contextTransform } = flow as ConditionalFlow;
  const ofContext = contextTransform instanceof Inverse ? contextTransform.bijection : undefined;
  const layers = ofContext instanceof Chain ? ofContext.layers : [ofContext];
  const affine = layers.at(-1);
  if (affine instanceof ConstantAffine) {
    const others = layers.slice(0, -1) as readonly Bijection[];
    const kept = others.length === 0 ? {} : { contextTransform: invert(chain(others)) };
    return {
      inner: new ConditionalFlow(base, rest, kept) as M,
      ...parts,
      contextStandardization: { mean: affine.shift, sd: affine.scale },
    };
  }
  if (!split) return { inner: flow };
  return {
    inner: new ConditionalFlow(base, rest, contextTransform === undefined ? {} : { contextTransform }) as M,
    ...parts,
  };
}

// Large enough to hide the cost of a call, small enough that the tensors of a wide network stay a few megabytes.
const CHUNK_ROWS = 4096;

/**
 * Log-density of each row of a table, in nats, computed in chunks of constant memory. The standardization of a flow,
 * also of each flow in a mixture, is undone in float64.
 *
 * @param model a flow, a mixture of flows, or any other distribution without batch axes.
 * @param x `[rows, features]`, in the units of the model; each row contains all numbers of an event, even of higher
 * rank.
 * @param context `[rows, context]`, one for each row, for a conditional model.
 * @throws {ShapeError} the shapes do not fit the model.
 * @example
 * const logDensity = logProbRows(flow, ndArray([1, 2], new Float64Array([0.5, 1e9])));
 */
export function logProbRows(
  model: Distribution | ConditionalDistribution,
  x: NdArray,
  context?: NdArray,
): Float64Array {
  const [rows] = tableShape("logProbRows", "x", x);
  checkModel("logProbRows", model);
  checkContext("logProbRows", model, rows, context);
  const score = scorerOf(model);
  const result = new Float64Array(rows);
  for (let from = 0; from < rows; from += CHUNK_ROWS) {
    const count = Math.min(CHUNK_ROWS, rows - from);
    result.set(score(rowsOf(x, from, count), context && rowsOf(context, from, count)), from);
  }
  return result;
}

/**
 * Draws in host memory, `[count, features]`, or `[rows of context × count, features]`, with consecutive draws for each
 * context. Made in chunks; the standardization of a flow is applied in float64. Each component of a mixture makes only
 * the needed draws.
 *
 * @param model as in {@link logProbRows}.
 * @throws {ShapeError} the context does not fit the model, or the count is no number of rows.
 * @throws {OptionError} the key is not a key.
 * @example
 * sampleRows(flow, createKey(0), 1000); // → shape [1000, 2]
 */
export function sampleRows(
  model: Distribution | ConditionalDistribution,
  key: Key,
  count: number,
  context?: NdArray,
): NdArray {
  if (!Number.isSafeInteger(count) || count < 0) {
    throw new ShapeError(`sampleRows: expected a number of rows from 0 on, got ${describeValue(count)}.`);
  }
  requireSampling("sampleRows", key, [count]);
  const contexts = context?.shape[0] ?? 1;
  checkModel("sampleRows", model);
  checkContext("sampleRows", model, contexts, context);
  const draw = samplerOf(model);
  const total = contexts * count;
  let result: Float64Array | undefined;
  let features = total > 0 ? 0 : featuresOf(model);
  for (let from = 0; from < total; from += CHUNK_ROWS) {
    const rows = Math.min(CHUNK_ROWS, total - from);
    const given = context && takeRows(context, rows, (i) => Math.floor((from + i) / count));
    const values = draw(key.fold(from), rows, given);
    features = values.length / rows;
    result ??= new Float64Array(total * features);
    result.set(values, from * features);
  }
  return ndArray([total, features], result ?? new Float64Array(0));
}

/** The size of an event, also without rows. */
function featuresOf(model: Distribution | ConditionalDistribution): number {
  if (!isConditionalDistribution(model)) return sizeOf(model.eventShape);
  return tf.tidy(() => sizeOf(model.given(tf.zeros([1, ...model.contextShape])).eventShape));
}

/** Scores a chunk of rows. */
type Scorer = (x: NdArray, context: NdArray | undefined) => Float64Array;

/** Draws a chunk of rows, row by row; a context is one for each row. */
type Sampler = (key: Key, count: number, context: NdArray | undefined) => Float64Array;

function scorerOf(model: Distribution | ConditionalDistribution): Scorer {
  if (model instanceof Mixture || model instanceof ConditionalMixture) {
    const parts = Array.from(model.weights, (weight, k) => ({
      score: scorerOf(model.components[k] as Distribution | ConditionalDistribution),
      logWeight: Math.log(weight),
    })).filter(({ logWeight }) => logWeight > Number.NEGATIVE_INFINITY);
    return (x, context) => {
      const scores = parts.map(({ score, logWeight }) => score(x, context).map((value) => value + logWeight));
      const terms = new Float64Array(scores.length);
      return Float64Array.from({ length: x.shape[0] as number }, (_, row) => {
        for (const [k, own] of scores.entries()) terms[k] = own[row] as number;
        return logSumExp(terms);
      });
    };
  }
  const { inner, standardization, contextStandardization } = splitOf(model);
  let logVolume = 0;
  for (const sd of Array.from(standardization?.sd ?? [])) logVolume += Math.log(Math.abs(sd));
  return (x, context) => {
    const [count, features] = x.shape as [number, number];
    const chunk = standardized(x, standardization);
    const values = tensorValues(() => {
      const distribution = at(inner, context, contextStandardization);
      // One that does not fit is for the distribution to refuse.
      const event = sizeOf(distribution.eventShape) === features ? distribution.eventShape : [features];
      return distribution.logProb(tf.tensor(chunk, [count, ...event]));
    });
    const result = new Float64Array(values);
    for (let i = 0; i < result.length; i++) result[i] = (result[i] as number) - logVolume;
    return result;
  };
}

function samplerOf(model: Distribution | ConditionalDistribution): Sampler {
  if (model instanceof Mixture || model instanceof ConditionalMixture) {
    const samplers = model.components.map(samplerOf);
    return (key, count, context) => {
      const [choiceKey, ...keys] = key.split(samplers.length + 1) as [Key, ...Key[]];
      const choices = model.choose(choiceKey, count);
      let result = new Float64Array(0);
      for (const [k, draw] of samplers.entries()) {
        const own = [...choices.keys()].filter((i) => choices[i] === k);
        if (own.length === 0) continue;
        const values = draw(
          keys[k] as Key,
          own.length,
          context && takeRows(context, own.length, (i) => own[i] as number),
        );
        const features = values.length / own.length;
        if (result.length === 0) result = new Float64Array(count * features);
        for (const [i, to] of own.entries()) {
          result.set(values.subarray(i * features, (i + 1) * features), to * features);
        }
      }
      return result;
    };
  }
  const { inner, standardization, contextStandardization } = splitOf(model);
  return (key, count, context) => {
    const values = tensorValues(() => {
      const distribution = at(inner, context, contextStandardization);
      return isConditionalDistribution(inner) ? distribution.sample(key) : distribution.sample(key, [count]);
    });
    const result = new Float64Array(values);
    if (standardization === undefined) return result;
    const { mean, sd } = standardization;
    const features = mean.length;
    for (let j = 0; j < features; j++) {
      const [center, scale] = [mean[j] as number, sd[j] as number];
      for (let i = j; i < result.length; i += features) result[i] = center + scale * (result[i] as number);
    }
    return result;
  };
}

/** Splits off the standardization of a flow with {@link splitStandardization}; other distributions stay unchanged. */
function splitOf(model: Distribution | ConditionalDistribution): {
  readonly inner: Distribution | ConditionalDistribution;
  readonly standardization?: Standardization;
  readonly contextStandardization?: Standardization;
} {
  return model instanceof Flow || model instanceof ConditionalFlow
    ? splitStandardization<Flow | ConditionalFlow>(model)
    : { inner: model };
}

/** The distribution of some rows. */
function at(
  model: Distribution | ConditionalDistribution,
  context: NdArray | undefined,
  standardization: Standardization | undefined,
): Distribution {
  if (!isConditionalDistribution(model)) return model;
  const rows = context as NdArray;
  return model.given(tf.tensor(standardized(rows, standardization), [rows.shape[0] as number, ...model.contextShape]));
}

/** A table as float32, standardized before it is rounded. */
function standardized({ shape, data }: NdArray, standardization: Standardization | undefined): Float32Array {
  if (standardization === undefined) return new Float32Array(data);
  const width = shape[1] as number;
  const { mean, sd } = standardization;
  const result = new Float32Array(data.length);
  for (let j = 0; j < width; j++) {
    const [center, scale] = [mean[j] as number, sd[j] as number];
    for (let i = j; i < data.length; i += width) result[i] = ((data[i] as number) - center) / scale;
  }
  return result;
}

function checkModel(where: string, model: Distribution | ConditionalDistribution): void {
  if (isConditionalDistribution(model) || model.batchShape.length === 0) return;
  throw new ShapeError(
    `${where}: expected a distribution without batch axes, got batch shape ${formatShape(model.batchShape)}.`,
  );
}

function checkContext(
  where: string,
  model: Distribution | ConditionalDistribution,
  rows: number,
  context: NdArray | undefined,
): void {
  if (isConditionalDistribution(model) !== (context !== undefined)) {
    throw new ShapeError(
      context === undefined
        ? `${where}: expected a context for a conditional flow, got none.`
        : `${where}: expected no context for a flow without one, got shape ${formatShape(context.shape)}.`,
    );
  }
  if (context === undefined) return;
  const [count, width] = tableShape(where, "context", context);
  if (count !== rows) throw new ShapeError(`${where}: expected ${rows} rows of context, got ${count}.`);
  const { contextShape } = model as ConditionalDistribution;
  if (width !== sizeOf(contextShape)) {
    throw new ShapeError(`${where}: expected ${sizeOf(contextShape)} columns of context, got ${width}.`);
  }
}

function tableShape(where: string, what: string, array: NdArray): readonly [number, number] {
  if (!isNdArray(array)) {
    throw new ShapeError(
      `${where}: expected ${what} as an array with a shape, of ndArray, got ${describeKind(array)}.`,
    );
  }
  const { shape } = array;
  if (shape.length !== 2)
    throw new ShapeError(`${where}: expected ${what} of shape [rows, columns], got ${formatShape(shape)}.`);
  return shape as unknown as readonly [number, number];
}

function describeKind(value: unknown): string {
  return Array.isArray(value)
    ? "a plain array"
    : typeof value === "object" && value !== null
      ? "an object"
      : String(value);
}

/** Rows `from … from + count − 1`, a view. */
function rowsOf({ shape, data }: NdArray, from: number, count: number): NdArray {
  const width = shape[1] as number;
  return ndArray([count, width], data.subarray(from * width, (from + count) * width));
}

function takeRows({ shape, data }: NdArray, count: number, row: (i: number) => number): NdArray {
  const width = shape[1] as number;
  const taken = new Float64Array(count * width);
  for (let i = 0; i < count; i++) taken.set(data.subarray(row(i) * width, (row(i) + 1) * width), i * width);
  return ndArray([count, width], taken);
}
