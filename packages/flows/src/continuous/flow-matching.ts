import { type Bijection, ContextError, type Distribution, type Key, OptionError } from "@pushforward/core";
import { checkOptions, isConditionalDistribution } from "@pushforward/core/extend";
import { chain } from "@pushforward/transforms";
import { Chain } from "@pushforward/transforms/extend";
import * as tf from "@tensorflow/tfjs-core";
import { ConditionalFlow } from "../conditional-flow.ts";
import { Flow } from "../flow.ts";
import { Continuous } from "./continuous.ts";
import { assignment } from "./velocity-network.ts";

/** Options of {@link flowMatching}. */
export interface FlowMatchingOptions {
  /**
   * Assignment of base draws to rows: `"independent"`, or `"optimal"`, the pairs of the batch with minimal summed squared
   * distance and straighter paths (Tong et al. 2024, arXiv:2302.00482). Default: `"optimal"` without a context, and
   * `"independent"` with one, because optimal pairs would depend on the contexts of the batch.
   */
  readonly coupling?: "independent" | "optimal";
}

/** The rows of a training batch. */
export interface FlowMatchingBatch {
  readonly x: tf.Tensor;
  readonly context?: tf.Tensor;
  readonly weights?: tf.Tensor;
}

/**
 * Flow matching, a loss for continuous flows that solves no equation (Lipman et al. 2023, arXiv:2210.02747): the mean over rows of
 * `‖v(t, (1 − t) u + t x, c) − (x − u)‖²`, for t uniform in [0, 1] and u from the base. Its minimum is a field that carries the base to
 * the data.
 *
 * @throws {OptionError} by the loss: the flow is not a `Continuous` layer on its base, with at most layers without parameters behind it.
 * @throws {ContextError} by the loss: the flow has a context and the data have none.
 * @example
 * using flow = cnf({ features: 2, key: createKey(0) });
 * await train(flow, x, { key: createKey(1), loss: flowMatching(), maxEpochs: 1 });
 */
export function flowMatching(
  options: FlowMatchingOptions = {},
): (model: object, batch: FlowMatchingBatch, key: Key) => tf.Tensor {
  checkOptions("flowMatching", options, { coupling: true });
  let known: { readonly model: object; readonly parts: Parts } | undefined;
  return (model, batch, key) =>
    tf.tidy(() => {
      if (known?.model !== model) known = { model, parts: partsOf(model) };
      const { base, layer, rest, contextTransform } = known.parts;
      const size = batch.x.shape[0] as number;
      const target = rest?.inverse(batch.x) ?? batch.x;
      const given = layer.contextShape === undefined ? undefined : batch.context;
      if (layer.contextShape !== undefined && given === undefined) {
        throw new ContextError("flowMatching: expected data with a context, because the flow takes one, got none.");
      }
      const context = given && (contextTransform?.forward(given) ?? given);
      const coupling = options.coupling ?? (context === undefined ? "optimal" : "independent");
      const drawn = base.sample(key.fold("base"), [size]);
      const start = coupling === "optimal" ? pairedWith(target, drawn) : drawn;
      const t = tf.tensor2d(key.fold("time").uniform(size), [size, 1]);
      const way = tf.sub(target, start);
      const velocity = layer.field.velocity(t, tf.add(start, tf.mul(t, way)), context);
      const errors = tf.sum(tf.square(tf.sub(velocity, way)), -1);
      return tf.mean(batch.weights === undefined ? errors : tf.mul(errors, batch.weights));
    });
}

interface Parts {
  readonly base: Distribution;
  readonly layer: Continuous;
  readonly rest?: Bijection;
  readonly contextTransform?: Bijection;
}

function partsOf(model: object): Parts {
  if (!(model instanceof Flow) && !(model instanceof ConditionalFlow)) {
    throw new OptionError("flowMatching: expected a Flow or a ConditionalFlow, got something else.");
  }
  const { base, transform } = model;
  const [layer, ...others] = transform instanceof Chain ? transform.layers : [transform];
  const learned = others.find((other) => isLearned(other));
  if (!(layer instanceof Continuous) || learned !== undefined || isConditionalDistribution(base)) {
    throw new OptionError(
      "flowMatching: expected a flow of one Continuous layer on a base without context, with at most layers without parameters " +
        "behind it, such as those of cnf(), got others.",
    );
  }
  const contextTransform = model instanceof ConditionalFlow ? model.contextTransform : undefined;
  return {
    base,
    layer,
    ...(others.length > 0 && { rest: chain(others) }),
    ...(contextTransform && { contextTransform }),
  };
}

function isLearned(layer: Bijection): boolean {
  if (!("parameters" in layer) || typeof layer.parameters !== "function") return false;
  const tree = layer.parameters() as ReadonlyMap<string, { readonly trainable: boolean }>;
  return [...tree.values()].some(({ trainable }) => trainable);
}

/** The draws in the order that pairs draws and rows at the least cost. */
function pairedWith(rows: tf.Tensor, draws: tf.Tensor): tf.Tensor {
  const [count, width] = rows.shape as [number, number];
  const [to, from] = [rows.dataSync(), draws.dataSync()];
  const order = assignment(squaredDistances(to, from, count, width), count);
  const values = new Float32Array(from.length);
  for (const [row, draw] of order.entries()) values.set(from.subarray(draw * width, (draw + 1) * width), row * width);
  return tf.tensor2d(values, [count, width]);
}

function squaredDistances(
  rows: ArrayLike<number>,
  columns: ArrayLike<number>,
  count: number,
  width: number,
): Float64Array {
  const cost = new Float64Array(count * count);
  for (let i = 0; i < count; i++) {
    for (let j = 0; j < count; j++) {
      let sum = 0;
      for (let k = 0; k < width; k++) {
        sum += ((rows[i * width + k] as number) - (columns[j * width + k] as number)) ** 2;
      }
      cost[i * count + j] = sum;
    }
  }
  return cost;
}
