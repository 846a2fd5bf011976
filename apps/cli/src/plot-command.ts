import { extname } from "node:path";
import { Command, Option } from "commander";
import {
  type BackendName,
  type ConditionalFlow,
  createKey,
  type NdArray,
  type SampleSet,
  sampleRows,
  useBackend,
} from "pushforward";
import { densityPicture, pairPicture, sampleSet } from "./density-picture.ts";
import { loadTableModel, type TableModel } from "./model.ts";
import { integer } from "./options.ts";
import { readTable, type WholeTable } from "./read-table.ts";
import { contextRows, eventRows } from "./table-schema.ts";
import { UsageError, UserError } from "./user-error.ts";
import { writePicture } from "./write-picture.ts";

interface PlotOptions {
  readonly data?: string;
  readonly context?: string;
  readonly out: string;
  readonly title?: string;
  readonly aspect?: "equal";
  readonly seed: number;
  readonly backend: BackendName;
}

/** `pushforward plot`: a picture of a density. */
export function plotCommand(): Command {
  return new Command("plot")
    .description("Draw a model: a curve for one column, contours for two, a pair plot of samples for more.")
    .argument("<model.safetensors>")
    .requiredOption("--out <picture>", "a file that ends in .svg or .png")
    .option("--data <data.csv>", "rows to draw beside the model")
    .option(
      "--context <context.csv>",
      "for a conditional model: the contexts to draw it at (default: those of the data)",
    )
    .option("--title <text>", "heading of the picture")
    .addOption(new Option("--aspect <what>", "equal: one unit of y is as long as one of x").choices(["equal"]))
    .option("--seed <n>", "decides the samples of a pair plot", integer(0), 0)
    .addOption(new Option("--backend <name>", "what computes").choices(["wasm", "cpu"]).default("wasm"))
    .action(runPlot);
}

const MAX_POINTS = 2000;

async function runPlot(modelFile: string, options: PlotOptions): Promise<void> {
  if (![".svg", ".png"].includes(extname(options.out).toLowerCase())) {
    throw new UsageError(`--out: expected a file that ends in .svg or .png, got "${options.out}".`);
  }
  await useBackend(options.backend);
  const model = await loadTableModel(modelFile);
  await writePicture(options.out, await draw(model, modelFile, options));
  process.stderr.write(`picture: ${options.out}\n`);
}

async function draw(model: TableModel, modelFile: string, options: PlotOptions): Promise<string> {
  const { flow, schema } = model;
  const names = [...schema.columns, ...schema.context.map((c) => c.name)];
  const table = options.data === undefined ? undefined : await readTable(options.data, { columns: names });
  const data = table === undefined ? undefined : eventRows(table, schema, options.data as string);
  const key = createKey(options.seed);
  if (schema.context.length === 0) {
    const title = options.title ?? `density of ${schema.columns.join(", ")}`;
    if (schema.columns.length <= 2) {
      return densityPicture({ flow, columns: schema.columns, data, title, aspect: options.aspect, key });
    }
    const rows = Math.min(MAX_POINTS, data?.shape[0] ?? MAX_POINTS);
    const sets = [sampleSet("samples", sampleRows(flow, key, rows))];
    if (data !== undefined) sets.unshift(sampleSet("data", data));
    return pairPicture(schema.columns, sets, title);
  }
  const contexts = await contextGroups(model, table, modelFile, options);
  const given = schema.context.map((c) => c.name).join(", ");
  const [only] = contexts;
  if (contexts.length === 1 && only !== undefined && schema.columns.length <= 2) {
    const title = options.title ?? `density of ${schema.columns.join(", ")} given ${only.name}`;
    return densityPicture({
      flow,
      columns: schema.columns,
      data: only.data,
      context: only.context,
      title,
      aspect: options.aspect,
      key,
    });
  }
  const perGroup = Math.ceil(MAX_POINTS / contexts.length);
  const sets = contexts.map(({ name, context }, i): SampleSet => {
    const each = Math.max(1, Math.round(perGroup / (context.shape[0] as number)));
    return sampleSet(name, sampleRows(flow as ConditionalFlow, key.fold(i), each, context));
  });
  return pairPicture(schema.columns, sets, options.title ?? `samples of ${schema.columns.join(", ")} given ${given}`);
}

interface ContextGroup {
  readonly name: string;
  readonly context: NdArray;
  readonly data?: NdArray | undefined;
}

/** The contexts to draw at, in groups of one colour: each row of `--context`, or each category, or those of the data. */
async function contextGroups(
  { schema }: TableModel,
  table: WholeTable | undefined,
  modelFile: string,
  options: PlotOptions,
): Promise<ContextGroup[]> {
  const names = schema.context.map((c) => c.name);
  if (options.context !== undefined) {
    const file = options.context;
    const rows = await readTable(file, { columns: names });
    if (rows.rows > MAX_GROUPS) {
      throw new UserError(`${file}: expected at most ${MAX_GROUPS} contexts to draw, got ${rows.rows}.`);
    }
    const all = contextRows(rows, schema, file);
    return Array.from({ length: rows.rows }, (_, i) => ({
      name: names.map((name) => `${name} ${String(rows.columns.find((c) => c.name === name)?.values[i])}`).join(", "),
      context: rowsAt(all, [i]),
    }));
  }
  const [single] = schema.context;
  if (schema.context.length === 1 && single?.kind === "category") {
    const size = single.categories.length;
    return single.categories.slice(0, MAX_GROUPS).map((name, i) => ({
      name,
      context: { shape: [1, size], data: Float64Array.from({ length: size }, (_, j) => (i === j ? 1 : 0)) },
    }));
  }
  if (table === undefined) {
    throw new UserError(
      `${modelFile}: expected --data or --context with the columns ${names.join(", ")}, got neither.`,
    );
  }
  const file = options.data as string;
  const all = contextRows(table, schema, file);
  const step = Math.max(1, Math.ceil(table.rows / MAX_POINTS));
  const picked = Array.from({ length: Math.ceil(table.rows / step) }, (_, i) => i * step);
  return [{ name: "samples", context: rowsAt(all, picked), data: eventRows(table, schema, file) }];
}

const MAX_GROUPS = 8;

function rowsAt(from: NdArray, rows: readonly number[]): NdArray {
  const width = from.shape[1] as number;
  const data = new Float64Array(rows.length * width);
  for (const [i, row] of rows.entries()) data.set(from.data.subarray(row * width, (row + 1) * width), i * width);
  return { shape: [rows.length, width], data };
}
