import { extname } from "node:path";
import type { Variable } from "@pushforward/columns";
import { isNumericVariable, plottedColumn } from "@pushforward/columns/extend";
import { suggestedName } from "@pushforward/core/plain";
import type { Table } from "@pushforward/datasets";
import { getColumn, listNames, takeTableRows } from "@pushforward/datasets/extend";
import type { SampleSet } from "@pushforward/plots";
import type { TableModel } from "@pushforward/tables";
import { type BackendName, createKey, type Key, type NdArray, ndArray } from "pushforward";
import { UsageError, UserError } from "../errors/user-error.ts";
import type { ReadOptions } from "../options/read-options.ts";
import { checkTarget, written } from "../output/check-target.ts";
import { bandPicture, DATA_COLOR, densityPicture, pairPicture, writePicture } from "../output/density-picture.ts";
import { say } from "../output/terminal.ts";
import { loadTableModel } from "../reading/load-table-model.ts";
import { readColumns } from "../reading/read-table.ts";
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

/** Contexts of a picture of bands, and draws at each. */
const [BAND_CONTEXTS, BAND_DRAWS] = [40, 500];

/** Runs `pushforward plot`. */
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
  if (options.aspect !== undefined && model.logProbAt === undefined) {
    throw new UserError(
      `${modelFile}: expected no --aspect, which is for flows, because this is the density of a table.`,
    );
  }
  const shown = shownColumns(model, modelFile, options.columns);
  const data = await readData(model, shown, options);
  const groups = await contextGroups(model, data, modelFile, options);
  await startBackend(options.backend);
  await writePicture(out, draw(model, shown, data, groups, options));
  say(`picture: ${written(out, isReplaced)}`);
}

/** The columns to show, in the order of the picture. */
function shownColumns(
  { learned, context }: TableModel,
  modelFile: string,
  columns: readonly string[] | undefined,
): readonly Variable[] {
  const names = learned.map(({ name }) => name);
  if (columns !== undefined) {
    const unknown = columns.find((name) => !names.includes(name));
    if (unknown !== undefined || columns.length > MAX_COLUMNS) {
      const got = unknown === undefined ? `${columns.length} columns` : `"${unknown}"`;
      throw new UserError(
        `${modelFile}: expected at most ${MAX_COLUMNS} of the columns ${listNames(names)}, got ${got}.` +
          (unknown === undefined ? "" : suggestedName(unknown, names)),
      );
    }
    return columns.map((name) => learned[names.indexOf(name)] as Variable);
  }
  const own = learned.filter(({ name }) => !context.includes(name));
  if (own.length > MAX_COLUMNS) {
    say(`the first ${MAX_COLUMNS} of ${own.length} columns; --columns selects different columns`);
  }
  return own.slice(0, MAX_COLUMNS);
}

/** Reads the shown columns of the data, and the context columns unless a separate file has the contexts. */
async function readData(
  model: TableModel,
  shown: readonly Variable[],
  options: PlotOptions,
): Promise<Table | undefined> {
  if (options.data === undefined) return undefined;
  const context = options.context === undefined ? model.context : [];
  return await readColumns(model, options.data, [...shown.map(({ name }) => name), ...context], options);
}

/** Samples at these contexts, drawn in one color. */
interface ContextGroup {
  readonly name: string;
  readonly context: Table;
}

/**
 * Returns the contexts to draw at: each row of `--context`, or the contexts of the data, or each category. Empty
 * without a context.
 */
async function contextGroups(
  model: TableModel,
  data: Table | undefined,
  modelFile: string,
  options: PlotOptions,
): Promise<ContextGroup[]> {
  const { context } = model;
  if (context.length === 0) {
    if (options.context === undefined) return [];
    throw new UserError(`${modelFile}: expected no --context, because the model takes none, got ${options.context}.`);
  }
  if (options.context !== undefined) {
    const rows = await readColumns(model, options.context, context, options);
    if (rows.rows > MAX_GROUPS) return [{ name: "samples", context: rows }];
    return Array.from({ length: rows.rows }, (_, row) => {
      const one = takeTableRows(rows, [row]);
      const texts = new Map(model.write(one).columns.map(({ name, values }) => [name, String(values[0])]));
      return { name: context.map((name) => `${name} ${texts.get(name)}`).join(", "), context: one };
    });
  }
  const [only] = context as [string];
  const categories = context.length === 1 ? model.categoriesOf(only) : undefined;
  if (categories !== undefined && (data === undefined || model.logProbAt !== undefined)) {
    if (categories.length > MAX_GROUPS) {
      say(`the first ${MAX_GROUPS} of ${categories.length} categories; --context selects different categories`);
    }
    return categories.slice(0, MAX_GROUPS).map((name) => ({
      name,
      context: { rows: 1, columns: [{ name: only, kind: "text", values: [name] }] },
    }));
  }
  if (data === undefined) {
    throw new UserError(
      `${modelFile}: expected --data or --context with the columns ${model.names.filter((name) => context.includes(name)).join(", ")}, got neither.`,
    );
  }
  return [{ name: "samples", context: data }];
}

function draw(
  model: TableModel,
  shown: readonly Variable[],
  data: Table | undefined,
  groups: readonly ContextGroup[],
  options: PlotOptions,
): string {
  const key = createKey(options.seed);
  const names = shown.map(({ name }) => name);
  const [only] = groups;
  const given = model.context.join(", ");
  const oneContext = groups.length === 1 && only?.context.rows === 1 ? only : undefined;
  const isWhole =
    names.length === model.names.length - model.context.length && names.every((name) => !model.context.includes(name));
  // A density can be drawn of all columns at one context only; of some columns there are only samples.
  if (model.logProbAt !== undefined && names.length <= 2 && isWhole && (given === "" || oneContext)) {
    // The points of a density are in the order of the model.
    const columns = model.columns.map(({ name }) => name);
    const title = `density of ${columns.join(", ")}${oneContext === undefined ? "" : ` given ${oneContext.name}`}`;
    return densityPicture({
      columns,
      logProb: (points) => (model.logProbAt as NonNullable<TableModel["logProbAt"]>)(points, oneContext?.context),
      samples: () => pointsOf(model.sample(key, MAX_POINTS, { context: oneContext?.context }), columns),
      // The rows of the data have other contexts than this one.
      data: oneContext === undefined && data !== undefined ? pointsOf(data, columns) : undefined,
      title: options.title ?? title,
      aspect: options.aspect,
    });
  }
  const bands = drawBands(model, shown, data, groups, options);
  if (bands !== undefined) return bands;
  const drawn =
    given === ""
      ? [{ name: "samples", rows: model.sample(key, Math.min(MAX_POINTS, data?.rows ?? MAX_POINTS)) }]
      : groups.map(({ name, context }, i) => ({
          name,
          rows: samplesAt(model, groups.length === 1 ? key : key.fold(i), context, MAX_POINTS / groups.length),
        }));
  const plotted = shown.map((variable) => plottedColumn(variable, data ?? (drawn[0]?.rows as Table)));
  const setOf = (name: string, rows: Table, color?: string): SampleSet => ({
    ...{ name, values: plotted.map(({ valuesOf }) => valuesOf(rows)) },
    ...(color !== undefined && { color }),
  });
  // Last, so that the groups have the same colors with data and without.
  const points = data === undefined ? undefined : setOf("data", data, DATA_COLOR);
  const [first] = drawn;
  const colored = drawn.length === 1 && first !== undefined ? byCategory(first, shown, plotted) : drawn;
  const sets = [...colored.map(({ name, rows }) => setOf(name, rows)), ...(points === undefined ? [] : [points])];
  const title = options.title ?? `samples of ${names.join(", ")}${given === "" ? "" : ` given ${given}`}`;
  return pairPicture(names, sets, title, points, {
    categories: plotted.map(({ categories }) => categories),
    labels: plotted.map(({ label }) => label),
  });
}

/** Rows that are drawn in one color. */
interface DrawnRows {
  readonly name: string;
  readonly rows: Table;
}

/** Groups rows, and so assigns colors, by the first column with few categories; otherwise returns a single group. */
function byCategory(
  whole: DrawnRows,
  shown: readonly Variable[],
  plotted: readonly ReturnType<typeof plottedColumn>[],
): readonly DrawnRows[] {
  const at = plotted.findIndex(({ categories = [] }) => categories.length > 1 && categories.length <= MAX_GROUPS);
  const { categories = [], valuesOf } = plotted[at] ?? {};
  if (valuesOf === undefined || shown.length === 1) return [whole];
  const { rows } = whole;
  const places = valuesOf(rows);
  return categories.map((category, place) => ({
    name: `${shown[at]?.name} ${category}`,
    rows: takeTableRows(
      rows,
      [...places.keys()].filter((row) => places[row] === place),
    ),
  }));
}

/** Draws the quantiles of a column of numbers given a second one; undefined for other columns, and at few contexts. */
function drawBands(
  model: TableModel,
  shown: readonly Variable[],
  data: Table | undefined,
  groups: readonly ContextGroup[],
  options: PlotOptions,
): string | undefined {
  const variables = [...shown, ...model.learned.filter(({ name }) => model.context.includes(name))];
  const [own, given] = variables;
  const [group] = groups;
  if (own === undefined || given === undefined || variables.length !== 2 || groups.length !== 1) return undefined;
  if (group === undefined || model.context.length !== 1) return undefined;
  const isNumber = (variable: Variable): boolean => isNumericVariable(variable) && variable.kind !== "date";
  if (!isNumber(own) || !isNumber(given)) return undefined;
  const numbers = (table: Table, { name }: Variable): Float64Array =>
    Float64Array.from(getColumn(table, name).values as ArrayLike<number>);
  const values = numbers(group.context, given);
  const order = [...values.keys()]
    .filter((row) => Number.isFinite(values[row]))
    .sort((a, b) => (values[a] as number) - (values[b] as number));
  // Values that the data have, because a model may know no others.
  const rows = Array.from(
    { length: BAND_CONTEXTS },
    (_, i) => order[Math.round((i * (order.length - 1)) / (BAND_CONTEXTS - 1))] as number,
  ).filter((row, i, all) => i === 0 || (values[row] as number) > (values[all[i - 1] as number] as number));
  if (rows.length < 2) return undefined;
  const part = takeTableRows(group.context, rows);
  const context = { rows: part.rows, columns: part.columns.filter(({ name }) => name === given.name) };
  const draws = numbers(model.sample(createKey(options.seed), BAND_DRAWS, { context }), own);
  return bandPicture({
    column: own.name,
    context: given.name,
    x: Float64Array.from(rows, (row) => values[row] as number),
    draws: rows.map((_, i) => draws.slice(i * BAND_DRAWS, (i + 1) * BAND_DRAWS)),
    data:
      data !== undefined && options.context === undefined
        ? { x: numbers(data, given), y: numbers(data, own) }
        : undefined,
    title: options.title ?? `${own.name} given ${given.name}`,
  });
}

/**
 * Draws about `count` samples, an equal number at each context. If the contexts are too numerous, it uses an evenly
 * spaced subset.
 */
function samplesAt(model: TableModel, key: Key, context: Table, count: number): Table {
  const step = Math.max(1, Math.ceil(context.rows / count));
  const picked = Array.from({ length: Math.ceil(context.rows / step) }, (_, i) => i * step);
  const each = Math.max(1, Math.round(count / Math.max(1, picked.length)));
  const part = takeTableRows(context, picked);
  const given = { rows: part.rows, columns: part.columns.filter(({ name }) => model.context.includes(name)) };
  const drawn = model.sample(key, each, { context: given });
  const names = new Set(drawn.columns.map(({ name }) => name));
  const repeated = takeTableRows(
    given,
    Array.from({ length: drawn.rows }, (_, row) => Math.floor(row / each)),
  );
  return { ...drawn, columns: [...drawn.columns, ...repeated.columns.filter(({ name }) => !names.has(name))] };
}

/** Columns of numbers as points `[rows, columns]`. */
function pointsOf(rows: Table, names: readonly string[]): NdArray {
  const columns = names.map((name) => getColumn(rows, name).values as ArrayLike<number>);
  const data = Float64Array.from(
    { length: rows.rows * names.length },
    (_, at) => columns[at % names.length]?.[Math.floor(at / names.length)] as number,
  );
  return ndArray([rows.rows, names.length], data);
}
