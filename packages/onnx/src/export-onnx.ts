import {
  type ConditionalDistribution,
  type Distribution,
  formatShape,
  isConditionalDistribution,
  OptionError,
  type Shape,
  ShapeError,
} from "@pushforward/core";
import * as tf from "@tensorflow/tfjs-core";
import { addDensity, distributionAt } from "./add-density.ts";
import { addSampler } from "./add-sampler.ts";
import { encodeModel } from "./graph/encode-model.ts";
import { GraphBuilder } from "./graph/graph-builder.ts";

/** Options of {@link exportOnnx}. */
export interface ExportOnnxOptions {
  /** What the graph computes: log-densities of rows, or rows from random numbers. Default: `"density"`. */
  readonly task?: "density" | "sampler";
  /** Texts for `metadata_props` of the file. */
  readonly metadata?: Readonly<Record<string, string>>;
}

const TASKS = ["density", "sampler"] as const;

export function exportOnnx(
  model: Distribution | ConditionalDistribution,
  { task = "density", metadata = {} }: ExportOnnxOptions = {},
): Uint8Array {
  if (!TASKS.includes(task)) {
    throw new OptionError(`exportOnnx: expected task to be "density" or "sampler", got ${JSON.stringify(task)}.`);
  }
  if (!isConditionalDistribution(model) && model.batchShape.length > 0) {
    throw new ShapeError(
      `exportOnnx: expected a distribution without batch axes, got batch shape ${formatShape(model.batchShape)}.`,
    );
  }
  const graph = new GraphBuilder();
  const rows = (name: string, shape: Shape) => graph.input(name, { shape: [{ rows: 1 }, ...shape], type: "float64" });
  const contextOf = () => (isConditionalDistribution(model) ? rows("context", model.contextShape) : undefined);
  if (task === "sampler") {
    const x = graph.named("x", addSampler(graph, model, contextOf));
    return encodeModel(graph.finish("sampler", [x]), { task, ...metadata });
  }
  const logProb = graph.named("log_prob", addDensity(graph, model, rows("x", eventShapeOf(model)), contextOf()));
  return encodeModel(graph.finish("density", [logProb]), { task, ...metadata });
}

function eventShapeOf(model: Distribution | ConditionalDistribution): Shape {
  if (!isConditionalDistribution(model)) return model.eventShape;
  return tf.tidy(() => [...distributionAt(model, tf.zeros([1, ...model.contextShape])).eventShape]);
}
