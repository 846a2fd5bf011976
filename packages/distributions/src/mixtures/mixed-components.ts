import {
  type ConditionalDistribution,
  type Distribution,
  type Json,
  type Registry,
  type Shape,
  ShapeError,
} from "@pushforward/core";
import {
  broadcastShapes,
  ConfigReader,
  constructStored,
  formatShape,
  lowerSample,
  type PlanBuilder,
  type PlanMatrix,
  type SampleRecipe,
  shapesEqual,
} from "@pushforward/core/extend";
import { orderByComponent } from "@pushforward/core/plain";
import { logSumExp, mixtureLogProbStep } from "@pushforward/ops";
import * as tf from "@tensorflow/tfjs-core";
import type { MixtureWeights } from "./mixture-weights.ts";

// The parts of Mixture and ConditionalMixture. They import no Gaussian mixture and no fit, which a page may not need.

/** The event shape of components, which must be one, and the batch shape that theirs broadcast to. */
export function mixedShapes(
  where: string,
  components: readonly Distribution[],
): { readonly batchShape: Shape; readonly eventShape: Shape } {
  const { eventShape } = components[0] as Distribution;
  let batchShape: Shape = [];
  for (const [k, component] of components.entries()) {
    if (!shapesEqual(component.eventShape, eventShape)) {
      throw new ShapeError(
        `${where}: expected event shape ${formatShape(eventShape)} in every component, got ` +
          `${formatShape(component.eventShape)} in component ${k}.`,
      );
    }
    const broadcast = broadcastShapes(batchShape, component.batchShape);
    if (broadcast === undefined) {
      throw new ShapeError(
        `${where}: expected batch shapes that broadcast with ${formatShape(batchShape)}, got ` +
          `${formatShape(component.batchShape)} in component ${k}.`,
      );
    }
    batchShape = broadcast;
  }
  return { batchShape, eventShape };
}

/** `ln Σ wₖ pₖ(x)`, in the caller's tidy; x has been checked. */
export function mixedLogProb(
  components: readonly Distribution[],
  weights: MixtureWeights,
  batchShape: Shape,
  x: tf.Tensor,
): tf.Tensor {
  const eventRank = components[0]?.eventShape.length as number;
  const shape = [...(broadcastShapes(x.shape.slice(0, x.rank - eventRank), batchShape) as Shape)];
  const logWeights = weights.logTensors();
  const terms = weights.used.map((k) => {
    const term = tf.add((components[k] as Distribution).logProb(x), logWeights[k] as tf.Tensor);
    return shapesEqual(term.shape, shape) ? term : tf.add(term, tf.zeros(shape));
  });
  return logSumExp(tf.stack(terms), 0);
}

/** The same as a step of a plan, from the matrices that `lower` returns for a component. */
export function lowerMixed(
  plan: PlanBuilder,
  weights: MixtureWeights,
  lower: (k: number) => readonly PlanMatrix[],
): readonly PlanMatrix[] {
  return [mixtureLogProbStep(plan, weights.used.map(lower), weights.forPlan())];
}

/** How samples of a mixture are made, from the recipes of its components. */
export function mixedRecipe(
  weights: MixtureWeights,
  components: readonly (Distribution | ConditionalDistribution)[],
): SampleRecipe {
  const recipes = components.map(lowerSample);
  const { columns } = recipes[0] as SampleRecipe;
  return { kind: "mixture", columns, weights: weights.logits ?? [...weights.readDrawn()], components: recipes };
}

/**
 * Draws `[choices, ...event]`; draw i is from component `choices[i]`. Each component receives only its own draws.
 */
export function mixedDraws(
  choices: Int32Array,
  eventShape: Shape,
  draw: (component: number, numbers: Int32Array) => tf.Tensor,
): tf.Tensor {
  if (choices.length === 0) return tf.zeros([0, ...eventShape]);
  const { counts, sources, targets } = orderByComponent(choices, 1 + choices.reduce((a, b) => Math.max(a, b)));
  const parts: tf.Tensor[] = [];
  let start = 0;
  for (const [k, count] of counts.entries()) {
    if (count > 0) parts.push(draw(k, targets.slice(start, start + count)));
    start += count;
  }
  return permuteRows(tf.concat(parts, 0), sources, targets);
}

/**
 * The same by tensor operations alone, for where these are written down: each used component draws for all rows.
 *
 * @param choices int32 `[rows]`.
 * @param draw `[rows, ...event]` of a component.
 */
export function tracedDraws(
  choices: tf.Tensor,
  used: readonly number[],
  draw: (component: number) => tf.Tensor,
): tf.Tensor {
  const [first, ...others] = used as [number, ...number[]];
  return others.reduce((drawn, k) => {
    const own = draw(k);
    const isOwn = tf.reshape(tf.equal(choices, tf.scalar(k, "int32")), [-1, ...own.shape.slice(1).map(() => 1)]);
    return tf.where(tf.broadcastTo(isOwn, own.shape), own, drawn);
  }, draw(first));
}

/** The config of a mixture in a model file: its weights, unless they are a parameter, and its components. */
export function encodeMixed(
  value: { readonly components: readonly object[]; config(): { readonly [key: string]: Json } },
  registry: Registry,
): Json {
  return {
    ...value.config(),
    components: value.components.map((component) => ({ ...registry.encode(component) })),
  };
}

/** Builds a mixture from its config. */
export function decodeMixed<Component extends object, Made>(
  type: string,
  config: Json,
  registry: Registry,
  isComponent: (value: unknown) => value is Component,
  make: (options: { components: Component[]; learnable: boolean; weights?: number[]; undrawn?: number[] }) => Made,
): Made {
  const c = new ConfigReader(type, config);
  const learnable = c.boolean("learnable");
  const weights = learnable ? undefined : c.numbers("weights", { min: 0 });
  const undrawn = c.has("undrawn") ? c.counts("undrawn", { min: 0 }) : undefined;
  const components = c.objects("components", registry, isComponent, "a distribution");
  c.end();
  return constructStored(type, () =>
    make({ components, learnable, ...(weights && { weights }), ...(undrawn && { undrawn }) }),
  );
}

/** A component with a larger share in a file of version 1 was meant to be drawn from. */
const LARGEST_DEFENSIVE_WEIGHT = 0.01;

/**
 * In files of version 1, `fitAuto` stored its defensive component, a Cauchy distribution of small weight, as a regular
 * component. Since version 2 it is never drawn from.
 */
export function mixedOfVersion1(config: Json): Json {
  const { weights, components } = config as { readonly weights?: unknown; readonly components?: unknown };
  if (!Array.isArray(weights) || !Array.isArray(components) || components.length < 2) return config;
  const last = components.length - 1;
  const { type, config: ofLast } = (components[last] ?? {}) as { readonly type?: unknown; readonly config?: Json };
  const isCauchy =
    type === "pushforward/multivariate-student-t" &&
    (ofLast as { readonly degreesOfFreedom?: unknown } | undefined)?.degreesOfFreedom === 1;
  const isDefensive = isCauchy && weights[last] > 0 && weights[last] <= LARGEST_DEFENSIVE_WEIGHT;
  return isDefensive ? { ...(config as object), undrawn: [last] } : config;
}

/**
 * Permutes rows: row i of the result is row `sources[i]`; `targets` is the inverse permutation. The gradient of a
 * permutation is again a gather. tfjs would scatter, and some backends have no kernel for that.
 */
export function permuteRows(rows: tf.Tensor, sources: Int32Array, targets: Int32Array): tf.Tensor {
  const permute = tf.customGrad((x) => ({
    value: tf.gather(x as tf.Tensor, tf.tensor1d(sources, "int32")),
    gradFunc: (dy: tf.Tensor) => tf.gather(dy, tf.tensor1d(targets, "int32")),
  }));
  return permute(rows);
}
