import { extname } from "node:path";
import { suggestedName } from "@pushforward/core/plain";
import { listNames } from "@pushforward/datasets/extend";
import { type DescribedModel, isTableDensity } from "@pushforward/questions/extend";
import {
  contextNames,
  contextRows,
  eventRows,
  schemaKinds,
  schemaNames,
  type TableDensityModel,
} from "@pushforward/tables/extend";
import {
  type BackendName,
  type ConditionalFlow,
  type CsvTable,
  createKey,
  type NdArray,
  ndArray,
  readVariables,
  sampleRows,
  type Table,
  takeRows,
  type Variable,
} from "pushforward";
import { plotDensity } from "../density/plot-density.ts";
import { readGiven } from "../density/read-given.ts";
import { UsageError, UserError } from "../errors/user-error.ts";
import type { ReadOptions } from "../options/read-options.ts";
import { checkTarget, written } from "../output/check-target.ts";
import { densityPicture, pairPicture, sampleSet } from "../output/density-picture.ts";
import { say } from "../output/terminal.ts";
import { writePicture } from "../output/write-picture.ts";
import { loadTableModel } from "../reading/load-table-model.ts";
import { droppedNote, readTable, tableSource } from "../reading/read-table.ts";
import { startBackend } from "../run/start-backend.ts";

interface PlotOptions extends ReadOptions {
  readonly data?: string;
  readonly context?: string;
  readonly columns?: readonly string[];

  readonly out: string;
  readonly title?: string;
  readonly force?: boolean;
  readonly aspect?: "equal";
  readonly seed: number;
  readonly backend: BackendName;
}

/** Most rows drawn of a model, all groups together. */
const MAX_POINTS = 2000;

/** Most groups, which need a color each. */
const MAX_GROUPS = 8;

/** Most columns of a pair plot. */
const MAX_COLUMNS = 12;

const DATA_COLOR = "#3c4043";

/** What `pushforward plot` does. */
export async function runPlot(modelFile: string, options: PlotOptions): Promise<void> {
  if (![".svg", ".png"].includes(extname(options.out).toLowerCase())) {
    throw new UsageError(`--out: expected a file that ends in .svg or .png, got "${options.out}".`);
  }
  if (options.data === "-" && options.context === "-") {
    throw new UsageError("--context -: expected a file, because --data reads standard input, got standard input, too.");
  }
  const inputs = [modelFile, options.data, options.context].filter((file) => file !== undefined);
  const { out, force } = options;
  const isReplaced = await checkTarget({ path: out, inputs, replaces: "picture", force });
  const model = await loadTableModel(modelFile);
  if (isTableDensity(model)) {
    await writePicture(out, await densityPlot(model, modelFile, options));
    say(`picture: ${written(out, isReplaced)}`);
    return;
  }
  const shown = shownColumns(model.schema.columns, modelFile, options.columns);
  const data = await readData(model, options);
  const groups = await contextGroups(model, data, modelFile, options);
  await startBackend(options.backend);
  await writePicture(options.out, draw(model, shown, data?.x, groups, options));
  say(`picture: ${written(out, isReplaced)}`);
}

/** A picture of a density of any columns. */
async function densityPlot(model: TableDensityModel, modelFile: string, options: PlotOptions): Promise<string> {
  const { learned } = model;
  const { data: dataFile, context, aspect, seed, title } = options;
  if (aspect !== undefined) {
    throw new UserError(
      `${modelFile}: expected no --aspect, which is for flows, because this is the density of a table.`,
    );
  }
  const names = learned.map(({ name }) => name);
  const shown = shownColumns(names, modelFile, options.columns).map((j) => learned[j] as Variable);
  const conditions = learned.filter(({ name }) => model.density.given.includes(name));
  // Without contexts of its own, a conditional model is drawn at those of the data.
  const isAtData = conditions.length > 0 && context === undefined && dataFile !== undefined;
  const read = isAtData ? [...new Set([...shown, ...conditions])] : shown;
  const data = dataFile === undefined ? undefined : await readShown(read, dataFile, options);
  const given = isAtData ? data : await readGiven(model, context, options, modelFile);
  await startBackend(options.backend);
  const count = Math.min(MAX_POINTS, data?.rows ?? MAX_POINTS);
  return plotDensity(model, { ...{ shown, data, given, count, seed, title, dataColor: DATA_COLOR } });
}

/** The shown columns of a file, as the model understands them. */
async function readShown(shown: readonly Variable[], dataFile: string, options: PlotOptions): Promise<Table> {
  const source = await tableSource(dataFile, options);
  const columns = shown.map(({ name }) => name);
  const table = await readTable(source, { columns, kinds: "text", missing: options.missing ?? "keep" });
  return readVariables(table, shown, { file: source.name }).table;
}

/** The numbers of the columns to show. */
function shownColumns(names: readonly string[], modelFile: string, columns: readonly string[] | undefined): number[] {
  if (columns !== undefined) {
    const unknown = columns.find((name) => !names.includes(name));
    if (unknown !== undefined || columns.length > MAX_COLUMNS) {
      const got = unknown === undefined ? `${columns.length} columns` : `"${unknown}"`;
      throw new UserError(
        `${modelFile}: expected at most ${MAX_COLUMNS} of the columns ${listNames(names)}, got ${got}.` +
          (unknown === undefined ? "" : suggestedName(unknown, names)),
      );
    }
    return columns.map((name) => names.indexOf(name));
  }
  if (names.length > MAX_COLUMNS) {
    say(`the first ${MAX_COLUMNS} of ${names.length} columns; --columns chooses others`);
  }
  return names.slice(0, MAX_COLUMNS).map((_, j) => j);
}

interface DataRows {
  readonly table: CsvTable;
  readonly x: NdArray;
  readonly name: string;
}

async function readData({ schema }: DescribedModel, options: PlotOptions): Promise<DataRows | undefined> {
  if (options.data === undefined) return undefined;
  const source = await tableSource(options.data, options);
  // Contexts of its own make those of the data needless.
  const columns = options.context === undefined ? schemaNames(schema) : schema.columns;
  const kinds = Object.fromEntries(Object.entries(schemaKinds(schema)).filter(([name]) => columns.includes(name)));
  const table = await readTable(source, { columns, kinds, missing: options.missing ?? "error" });
  const dropped = droppedNote(table.rows, table);
  if (dropped !== undefined) say(dropped);
  return { table, x: eventRows(table, schema, source.name), name: source.name };
}

/** Samples at these contexts, drawn in one color. */
interface ContextGroup {
  readonly name: string;
  readonly context: NdArray;
}

/** The contexts to draw at: each row of `--context`, or each category, or those of the data. None without a context. */
async function contextGroups(
  { schema }: DescribedModel,
  data: DataRows | undefined,
  modelFile: string,
  options: PlotOptions,
): Promise<ContextGroup[]> {
  const columns = contextNames(schema);
  if (columns.length === 0) {
    if (options.context === undefined) return [];
    throw new UserError(`${modelFile}: expected no --context, because the model takes none, got ${options.context}.`);
  }
  if (options.context !== undefined) {
    const source = await tableSource(options.context, options);
    const kinds = Object.fromEntries(Object.entries(schemaKinds(schema)).filter(([name]) => columns.includes(name)));
    const rows = await readTable(source, { columns, kinds });
    if (rows.rows > MAX_GROUPS) {
      throw new UserError(`${source.name}: expected at most ${MAX_GROUPS} contexts to draw, got ${rows.rows}.`);
    }
    const all = contextRows(rows, schema, source.name);
    return Array.from({ length: rows.rows }, (_, i) => ({
      name: columns.map((name) => `${name} ${String(rows.columns.find((c) => c.name === name)?.values[i])}`).join(", "),
      context: takeRows(all, [i]),
    }));
  }
  const [single] = schema.context;
  if (columns.length === 1 && single?.kind === "category") {
    const size = single.categories.length;
    if (size > MAX_GROUPS) {
      say(`the first ${MAX_GROUPS} of ${size} categories; --context chooses others`);
    }
    return single.categories.slice(0, MAX_GROUPS).map((name, i) => ({
      name,
      context: ndArray(
        [1, size],
        Float64Array.from({ length: size }, (_, j) => (i === j ? 1 : 0)),
      ),
    }));
  }
  if (data === undefined) {
    throw new UserError(
      `${modelFile}: expected --data or --context with the columns ${columns.join(", ")}, got neither.`,
    );
  }
  const all = contextRows(data.table, schema, data.name);
  const step = Math.ceil(data.table.rows / MAX_POINTS);
  const picked = Array.from({ length: Math.ceil(data.table.rows / step) }, (_, i) => i * step);
  return [{ name: "samples", context: takeRows(all, picked) }];
}

function draw(
  { flow, schema }: DescribedModel,
  shown: readonly number[],
  data: NdArray | undefined,
  groups: readonly ContextGroup[],
  options: PlotOptions,
): string {
  const key = createKey(options.seed);
  const columns = shown.map((j) => schema.columns[j] as string);
  const [only] = groups;
  const given = contextNames(schema).join(", ");
  const oneContext = groups.length === 1 && only?.context.shape[0] === 1 ? only : undefined;
  // A density can be drawn of all columns at one context only; of some columns there are only samples.
  if (schema.columns.length <= 2 && shown.length === schema.columns.length && (given === "" || oneContext)) {
    const title = `density of ${schema.columns.join(", ")}${oneContext === undefined ? "" : ` given ${oneContext.name}`}`;
    return densityPicture({
      flow,
      columns: schema.columns,
      // The rows of the data have other contexts than this one.
      data: oneContext === undefined ? data : undefined,
      context: oneContext?.context,
      title: options.title ?? title,
      aspect: options.aspect,
      key,
    });
  }
  const title = options.title ?? `samples of ${columns.join(", ")}${given === "" ? "" : ` given ${given}`}`;
  const drawn =
    given === ""
      ? [sampleSet("samples", sampleRows(flow, key, Math.min(MAX_POINTS, data?.shape[0] ?? MAX_POINTS)), shown)]
      : groups.map(({ name, context }, i) => {
          const each = Math.max(1, Math.round(MAX_POINTS / groups.length / (context.shape[0] as number)));
          return sampleSet(name, sampleRows(flow as ConditionalFlow, key.fold(i), each, context), shown);
        });
  // Last, so that the groups have the same colors with data and without.
  const points = data === undefined ? undefined : sampleSet("data", data, shown, DATA_COLOR);
  return pairPicture(columns, points === undefined ? drawn : [...drawn, points], title, points);
}
