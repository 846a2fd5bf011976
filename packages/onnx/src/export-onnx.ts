import {
  type ConditionalDistribution,
  type Distribution,
  type Module,
  OptionError,
  type Shape,
  ShapeError,
} from "@pushforward/core";
import { checkOptions, isConditionalDistribution, isDistribution } from "@pushforward/core/extend";
import { formatShape } from "@pushforward/core/plain";
import type { TableModel } from "@pushforward/tables";
import {
  type AnyTableDensity,
  NormalMixture,
  ProductMixture,
  type RowLayout,
  RuledDensity,
  TableDensity,
  TableMixture,
} from "@pushforward/tables/extend";
import * as tf from "@tensorflow/tfjs-core";
import { addDensity, addSampler, distributionAt } from "./add-density.ts";
import { encodeModel } from "./graph/encode-model.ts";
import { type Dimension, GraphBuilder, type GraphValue } from "./graph/graph-builder.ts";
import { Maths } from "./maths/maths.ts";
import { NoiseColumns } from "./noise-columns.ts";
import { addTableDensity } from "./tables/add-table-density.ts";
import type { CodedCells } from "./tables/bin-ranks.ts";
import { codeColumn, tableColumns } from "./tables/code-cells.ts";
import { addNormalTerms, addProductTerms } from "./tables/mixture-terms.ts";
import { addTableSampler } from "./tables/sampling/add-table-sampler.ts";
import { addNormalRows, addProductRows, type MemberNoise } from "./tables/sampling/draw-rows.ts";

/** A mixture that is the density of a table without networks. */
type ClosedMixture = NormalMixture | ProductMixture;

/** True for a {@link ClosedMixture}. */
function isClosedMixture(model: unknown): model is ClosedMixture {
  return model instanceof NormalMixture || model instanceof ProductMixture;
}

/** Adds the log-density of the rows of a table, as `addTableDensity` does. */
function addMixtureDensity(graph: GraphBuilder, model: ClosedMixture, x: GraphValue): GraphValue {
  const maths = new Maths(graph);
  const coded = new Map(
    model.columns.map(({ name, coding }, k) => [name, codeColumn(maths, coding, maths.column(x, k))]),
  );
  const codedOf = (name: string): CodedCells => coded.get(name) as CodedCells;
  const names = model.columns.map(({ name }) => name);
  const terms =
    model instanceof ProductMixture
      ? addProductTerms(maths, model, names, codedOf)
      : addNormalTerms(maths, model, names, codedOf);
  return graph.reshape(maths.logSumExp(terms), [x.shape[0] as Dimension]);
}

/** Adds a sampler of the rows of a table, as `addTableSampler` does. */
function addMixtureSampler(graph: GraphBuilder, model: ClosedMixture, noise: NoiseColumns): GraphValue {
  const maths = new Maths(graph);
  const names = model.columns.map(({ name }) => name);
  const take: MemberNoise = (kind, decides, column) => noise.take(kind, 1, { decides, column });
  const noneGiven = (name: string): CodedCells => {
    throw new Error(`addMixtureSampler: expected no given column, got ${name}.`);
  };
  const cells =
    model instanceof ProductMixture
      ? addProductRows(maths, model, [], names, noneGiven, take)
      : addNormalRows(maths, model, [], names, noneGiven, take);
  return maths.beside(names.map((name) => cells.get(name) as GraphValue));
}

/** Options of {@link exportOnnx}. */
export interface ExportOnnxOptions {
  /** Output of the graph: log-densities of rows, or rows from random numbers. Default: `"density"`. */
  readonly task?: "density" | "sampler";
}

const TASKS = ["density", "sampler"] as const;

/**
 * Exports a distribution as an ONNX model (opset 17), for any engine that runs such files. The model is a graph of the
 * tensor operations that the distribution itself runs, for any number of rows. All inputs and outputs are float64. A
 * standardization is computed in float64, all else in float32.
 *
 * - `"density"`: `x` `[rows, ...event]` → `log_prob` `[rows]` in nats, as returned by `logProbRows`: −Infinity outside
 * of
 *   the support, and NaN for NaN.
 * - `"sampler"`: random numbers → `x` `[rows, ...event]`. The inputs are `normal` `[rows, n]` from N(0, 1) and
 * `uniform`
 *   `[rows, m]` from [0, 1), each only if the distribution draws such numbers.
 *
 * A conditional distribution has the input `context` `[rows, ...context]`, one context per row. A row of a table of any
 * columns consists of numbers: −1 stands for a new category, any other category is its place in the list of its column,
 * and NaN is a missing cell. The sampler of a density with context columns has these columns as the input `context`,
 * and as the first columns of `x`. The `metadata_props` of the file store `task`. If the columns have names, as in a
 * `TableModel`, they also store `columns` and `context` as JSON lists. For a sampler of a table they also store
 * `noise`: lists of {@link OnnxNoise} that describe the role of each column of `normal` and `uniform`.
 *
 * @param model any distribution or conditional distribution, including your own, that is computed by tensor operations,
 * a `DistributionNetwork`, the density of a table, or the model of a table. For the model of a table the file names and
 * describes the columns.
 * @throws {OptionError} the model has a different type, or an option is unknown.
 * @throws {OptionError} the model reads the values of tensors while it computes, its operations depend on values, or
 * ONNX lacks a required operation; the message names the parameter that was used last before.
 * @throws {OptionError} a sampler of a table with rules, with copied cells, or with recalled numbers of a column with a density.
 * @throws {OptionError} a sampler of a `DistributionNetwork` with a distribution that is drawn by rejection.
 * @throws {ShapeError} the distribution has batch axes.
 * @see the format: https://onnx.ai/onnx/repo-docs/IR.html
 * @example
 * const file = exportOnnx(maf({ features: 2, key: createKey(0) }));
 * new TextDecoder().decode(file.subarray(4, 15)); // "pushforward", who wrote it
 */
export function exportOnnx(
  model: Distribution | ConditionalDistribution | AnyTableDensity | ClosedMixture | TableModel,
  options: ExportOnnxOptions = {},
): Uint8Array {
  checkOptions("exportOnnx", options, { task: true });
  const { task = "density" } = options;
  if (!TASKS.includes(task)) {
    throw new OptionError(`exportOnnx: expected task to be "density" or "sampler", got ${JSON.stringify(task)}.`);
  }
  const table = typeof model === "object" && model !== null && "module" in model ? model : undefined;
  const module: Module | typeof model = table?.module ?? model;
  if (
    module instanceof TableDensity ||
    module instanceof TableMixture ||
    module instanceof RuledDensity ||
    isClosedMixture(module)
  ) {
    return exportTable(module, task, table?.variables);
  }
  if (isDistribution(module) || isConditionalDistribution(module)) {
    return exportDistribution(module, task, table?.rowFlow?.layout);
  }
  const got = Object(module).constructor.name;
  throw new OptionError(`exportOnnx: expected a distribution, or the density or model of a table, got ${got}.`);
}

function exportDistribution(
  model: Distribution | ConditionalDistribution,
  task: "density" | "sampler",
  layout: RowLayout | undefined,
): Uint8Array {
  if (!isConditionalDistribution(model) && model.batchShape.length > 0) {
    throw new ShapeError(
      `exportOnnx: expected a distribution without batch axes, got batch shape ${formatShape(model.batchShape)}.`,
    );
  }
  const metadata = {
    task,
    ...(layout && { columns: JSON.stringify(layout.columns), context: JSON.stringify(layout.context) }),
  };
  const graph = new GraphBuilder();
  const rows = (name: string, shape: Shape) => graph.input(name, { shape: [{ rows: 1 }, ...shape], type: "float64" });
  const x = task === "density" ? rows("x", eventShapeOf(model)) : undefined;
  const context = isConditionalDistribution(model) ? rows("context", model.contextShape) : undefined;
  const output =
    x === undefined
      ? graph.named("x", addSampler(graph, model, new NoiseColumns(graph), context))
      : graph.named("log_prob", addDensity(graph, model, x, context));
  return encodeModel(graph.finish(task, [output]), metadata);
}

function exportTable(
  model: AnyTableDensity | ClosedMixture,
  task: "density" | "sampler",
  variables: TableModel["variables"] = [],
): Uint8Array {
  const graph = new GraphBuilder();
  const rows = (name: string, columns: number) => graph.input(name, { shape: [{ rows: 1 }, columns], type: "float64" });
  const columns = JSON.stringify(tableColumns(model, variables));
  if (task === "density") {
    const x = rows("x", model.columns.length);
    const logProb = graph.named(
      "log_prob",
      isClosedMixture(model) ? addMixtureDensity(graph, model, x) : addTableDensity(graph, model, x),
    );
    return encodeModel(graph.finish(task, [logProb]), { task, columns });
  }
  const noise = new NoiseColumns(graph);
  const given =
    isClosedMixture(model) || model.context.length === 0 ? undefined : rows("context", model.context.length);
  const x = graph.named(
    "x",
    isClosedMixture(model) ? addMixtureSampler(graph, model, noise) : addTableSampler(graph, model, noise, given),
  );
  return encodeModel(graph.finish(task, [x]), { task, columns, noise: JSON.stringify(noise.decisions) });
}

function eventShapeOf(model: Distribution | ConditionalDistribution): Shape {
  if (!isConditionalDistribution(model)) return model.eventShape;
  return tf.tidy(() => [...distributionAt(model, tf.zeros([1, ...model.contextShape])).eventShape]);
}
