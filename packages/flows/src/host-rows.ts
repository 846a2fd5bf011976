import {
  type ConditionalDistribution,
  type Distribution,
  formatShape,
  isConditionalDistribution,
  type Key,
  type NdArray,
  ndArray,
  ShapeError,
} from "@pushforward/core";
import { Chain, ConstantAffine, chain, Inverted } from "@pushforward/transforms";
import * as tf from "@tensorflow/tfjs-core";
import type { Standardisation } from "./architecture.ts";
import { ConditionalFlow } from "./conditional-flow.ts";
import { Flow } from "./flow.ts";

/** A flow without the constant affine map at its data end, and that map. */
export interface SplitFlow<M extends Flow | ConditionalFlow> {
  /** Shares its parameters with the flow it came from: training one trains both. */
  readonly inner: M;
  /** `x = mean + sd · y`, y the variables of `inner`; absent when the flow has no such map. */
  readonly standardisation?: Standardisation;
  /** The same for the context: `inner` takes `(c − mean) / sd`. */
  readonly contextStandardisation?: Standardisation;
}

/**
 * Takes the standardisation off both ends of a flow, that of the data and that of the context. What it does to a value
 * is best done in float64 on the host: a column with an offset of 1e9, a timestamp say, has no digits left as a float32
 * tensor.
 */
export function splitStandardisation<M extends Flow | ConditionalFlow>(flow: M): SplitFlow<M> {
  const { transform } = flow;
  const last = transform instanceof Chain ? transform.layers.at(-1) : undefined;
  const split = transform instanceof Chain && last instanceof ConstantAffine;
  const rest = split ? chain(transform.layers.slice(0, -1)) : transform;
  const parts = split ? { standardisation: { mean: last.shift, sd: last.scale } } : {};
  if (flow instanceof Flow)
    return split ? { inner: new Flow(flow.base, rest) as unknown as M, ...parts } : { inner: flow };
  const { base, contextTransform } = flow as ConditionalFlow;
  const affine = contextTransform instanceof Inverted ? contextTransform.bijection : undefined;
  if (affine instanceof ConstantAffine) {
    return {
      inner: new ConditionalFlow(base, rest) as M,
      ...parts,
      contextStandardisation: { mean: affine.shift, sd: affine.scale },
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
 * Log-density of each row of a table, in nats, computed in chunks of constant memory. The standardisation of the flow
 * is undone in float64.
 *
 * @param x `[rows, features]`, in the units of the flow.
 * @param context `[rows, context]`, one for each row, for a conditional flow.
 * @throws {ShapeError} the shapes do not fit the flow.
 * @example
 * const logDensity = logProbRows(flow, ndArray([1, 2], new Float64Array([0.5, 1e9])));
 */
export function logProbRows(flow: Flow | ConditionalFlow, x: NdArray, context?: NdArray): Float64Array {
  const [rows, features] = tableShape("logProbRows", "x", x);
  checkContext("logProbRows", flow, rows, context);
  const { inner, standardisation, contextStandardisation } = splitStandardisation(flow);
  const result = new Float64Array(rows);
  for (let from = 0; from < rows; from += CHUNK_ROWS) {
    const count = Math.min(CHUNK_ROWS, rows - from);
    const chunk = standardised(x, from, count, standardisation);
    const values = tf.tidy(() =>
      at(inner, context, contextStandardisation, from, count)
        .logProb(tf.tensor(chunk, [count, features]))
        .dataSync(),
    );
    result.set(values, from);
  }
  if (standardisation === undefined) return result;
  let logVolume = 0;
  for (const sd of Array.from(standardisation.sd)) logVolume += Math.log(Math.abs(sd));
  return result.map((value) => value - logVolume);
}

/**
 * Draws in host memory, `[count, features]`, or `[rows of context × count, features]`, the draws of one context after
 * the other. Made in chunks; the standardisation is applied in float64.
 *
 * @throws {ShapeError} the context does not fit the flow.
 */
export function sampleRows(flow: Flow | ConditionalFlow, key: Key, count: number, context?: NdArray): NdArray {
  const contexts = context?.shape[0] ?? 1;
  checkContext("sampleRows", flow, contexts, context);
  const { inner, standardisation, contextStandardisation } = splitStandardisation(flow);
  const total = contexts * count;
  const repeated = context === undefined ? undefined : repeatRows(context, count);
  let result: Float64Array | undefined;
  let features = 0;
  for (let from = 0; from < total; from += CHUNK_ROWS) {
    const rows = Math.min(CHUNK_ROWS, total - from);
    const [values, shape] = tf.tidy(() => {
      const draws = isConditionalDistribution(inner)
        ? at(inner, repeated, contextStandardisation, from, rows).sample(key.fold(from))
        : (inner as Distribution).sample(key.fold(from), [rows]);
      return [draws.dataSync(), draws.shape] as const;
    });
    features = shape[1] as number;
    result ??= new Float64Array(total * features);
    for (let i = 0; i < values.length; i++) {
      const j = i % features;
      const value = values[i] as number;
      result[from * features + i] =
        standardisation === undefined
          ? value
          : (standardisation.mean[j] as number) + (standardisation.sd[j] as number) * value;
    }
  }
  return ndArray([total, features], result ?? new Float64Array(0));
}

/** The distribution of rows `from … from + count − 1`. */
function at(
  flow: Distribution | ConditionalDistribution,
  context: NdArray | undefined,
  standardisation: Standardisation | undefined,
  from: number,
  count: number,
): Distribution {
  if (!isConditionalDistribution(flow)) return flow;
  const rows = context as NdArray;
  const chunk = standardised(rows, from, count, standardisation);
  return flow.given(tf.tensor(chunk, [count, rows.shape[1] as number]));
}

/** Rows `from … from + count − 1` of a table as float32, standardised before they are rounded. */
function standardised(
  { shape, data }: NdArray,
  from: number,
  count: number,
  standardisation: Standardisation | undefined,
): Float32Array {
  const width = shape[1] as number;
  const part = data.subarray(from * width, (from + count) * width);
  if (standardisation === undefined) return new Float32Array(part);
  const { mean, sd } = standardisation;
  const chunk = new Float32Array(part.length);
  for (let i = 0; i < chunk.length; i++) {
    chunk[i] = ((part[i] as number) - (mean[i % width] as number)) / (sd[i % width] as number);
  }
  return chunk;
}

function checkContext(where: string, flow: Flow | ConditionalFlow, rows: number, context: NdArray | undefined): void {
  if (isConditionalDistribution(flow) !== (context !== undefined)) {
    throw new ShapeError(
      context === undefined
        ? `${where}: expected a context for a conditional flow, got none.`
        : `${where}: expected no context for a flow without one, got shape ${formatShape(context.shape)}.`,
    );
  }
  if (context === undefined) return;
  const [count] = tableShape(where, "context", context);
  if (count !== rows) throw new ShapeError(`${where}: expected ${rows} rows of context, got ${count}.`);
}

function tableShape(where: string, what: string, { shape }: NdArray): readonly [number, number] {
  if (shape.length !== 2)
    throw new ShapeError(`${where}: expected ${what} of shape [rows, columns], got ${formatShape(shape)}.`);
  return shape as unknown as readonly [number, number];
}

function repeatRows({ shape, data }: NdArray, times: number): NdArray {
  const [rows, width] = shape as unknown as readonly [number, number];
  const repeated = new Float64Array(rows * times * width);
  for (let i = 0; i < rows * times; i++) {
    const row = Math.floor(i / times);
    repeated.set(data.subarray(row * width, (row + 1) * width), i * width);
  }
  return ndArray([rows * times, width], repeated);
}
