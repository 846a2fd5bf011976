import {
  contextSize,
  contextValues,
  contextVector,
  FlowModel,
  meanNll,
  type RowLayout,
  type SplitRows,
  splitRows,
  type TableRows,
  tableRows,
} from "@pushforward/tables/extend";
import { architectures, createKey, DataError, parameterCount, type Table, toyDataset } from "pushforward";
import { shellWord } from "../../shared/options.ts";
import { rangeOf, thinned } from "../../shared/page-error.ts";
import type { DataInfo, ModelInfo } from "../../shared/protocol.ts";
import { type Settings, TOY_NAMES, type ToyName } from "../../shared/settings.ts";
import { epochsFor, patienceFor } from "../runs/training-run.ts";
import { readingFlags, typescriptCode } from "../typescript-code.ts";
import { encodingNotes, type ReadData } from "./read-data.ts";
import { type NewModel, newModel, readForModel, type ShownModel, scoreOf } from "./shown-model.ts";

/** Rows that the page draws. */
const SHOWN = 2000;

/** As much of the rows as the page needs. */
export function dataInfo(read: ReadData, layout: RowLayout, rows: TableRows, settings: Settings): DataInfo {
  const count = rows.x.shape[0] as number;
  const width = layout.columns.length;
  const columns = layout.columns.map((_, j) =>
    Float64Array.from({ length: count }, (_, i) => rows.x.data[i * width + j] as number),
  );
  const contexts = contextValues(read.table, layout);
  const indices = thinned(count, SHOWN);
  const pick = (values: Float64Array): Float64Array => Float64Array.from(indices, (i) => values[i] as number);
  return {
    name: read.name,
    rows: count,
    dropped: read.dropped,
    table: read.columns,
    layout,
    points: columns.map(pick),
    contexts: contexts.map(pick),
    ranges: read.ranges ?? columns.map((values) => rangeOf(values, 0.001, 0.08)),
    contextRanges: contexts.map((values) => rangeOf(values, 0.01, 0)),
    ...(read.entropy === undefined ? {} : { entropy: read.entropy }),
    ...(read.encoding === undefined ? {} : { reading: { encoding: read.encoding } }),
    notes: notesOf(read, settings),
  };
}

function notesOf({ name, dropped, absent, encoding }: ReadData, settings: Settings): string[] {
  const names = absent.map((column) => `“${column}”`).join(", ");
  return [
    ...encodingNotes(name, encoding, settings),
    ...(dropped === 0 ? [] : [`${dropped} ${dropped === 1 ? "row" : "rows"} with missing values left out.`]),
    ...(absent.length === 0 ? [] : [`${name} has no column ${names}, which the settings name.`]),
  ];
}

/** Returns the contexts of the drawn rows in the form that the model takes, row by row. */
export function contextRows({ layout, contexts, points }: DataInfo): Float64Array | undefined {
  const size = contextSize(layout);
  if (size === 0) return undefined;
  const count = points[0]?.length ?? 0;
  const rows = new Float64Array(count * size);
  for (let i = 0; i < count; i++) {
    rows.set(
      contextVector(
        layout,
        contexts.map((values) => values[i] as number),
      ),
      i * size,
    );
  }
  return rows;
}

const MIN_ROWS = 3;

/** A tenth of the rows is held out, the same rows as by the command line. */
export function holdOutRows(table: Table, rows: TableRows, seed: number): SplitRows {
  if (table.rows < MIN_ROWS) {
    throw new DataError(
      `Expected at least ${MIN_ROWS} rows, two for training and one for validation, got ${table.rows}.`,
    );
  }
  return splitRows(table, rows, { seed });
}

/** The rows to learn from. */
export interface TrainerData {
  readonly read: ReadData;
  readonly rows: TableRows;
  readonly train: TableRows;
  readonly validation: TableRows;
  readonly info: DataInfo;
  readonly file: File | undefined;
}

/** Splits the rows of a table by purpose, with the data that the page shows. */
export function trainerData(
  read: ReadData,
  layout: RowLayout,
  settings: Settings,
  file: File | undefined,
): TrainerData {
  const rows = tableRows(read.table, layout);
  const { train, validation } = holdOutRows(read.table, rows, settings.seed);
  return { read, rows, train, validation, info: dataInfo(read, layout, rows, settings), file };
}

/** Command line for the same run. It produces the same model. */
export function commandLine(settings: Settings, { name, table, layout }: DataInfo, trainRows: number): string {
  const { flow, transforms, width, depth, bins, batch, rate, seed, threads } = settings;
  const file = settings.data === "file" ? name : `${settings.data}.csv`;
  const numbers = table.filter((c) => c.kind === "number").map((c) => c.name);
  const given = layout.context.map((c) => c.name);
  const all = numbers.filter((column) => !given.includes(column));
  const spline = architectures[flow].splines ? ` --bins ${bins}` : "";
  const epochs = epochsFor(settings, trainRows);
  return [
    `pushforward fit ${shellWord(file)} --out model.safetensors`,
    layout.columns.join() === all.join() ? "" : `--columns ${shellWord(layout.columns.join(","))}`,
    given.length === 0 ? "" : `--context ${shellWord(given.join(","))}`,
    settings.dropMissing ? "--missing drop" : "",
    ...readingFlags(settings),
    `--flow ${flow} --transforms ${transforms} --hidden ${new Array<number>(depth).fill(width).join(",")}${spline}`,
    `--batch-size ${Math.min(batch, trainRows)} --learning-rate ${rate} --epochs ${epochs} --patience ${patienceFor(epochs)}`,
    `--seed ${seed} --threads ${threads}${settings.backend === "cpu" ? " --backend cpu" : ""}`,
  ]
    .filter((part) => part !== "")
    .join(" ");
}

/** Model information that the page shows before training. */
function freshInfo(settings: Settings, info: DataInfo, fresh: NewModel, validation: TableRows): ModelInfo {
  const { flow, train, bound, constant, gaussianNll } = fresh;
  const trainRows = train.x.shape[0] as number;
  const validationRows = validation.x.shape[0] as number;
  return {
    flow: settings.flow,
    parameters: parameterCount(flow.parameters()),
    trainRows,
    validationRows,
    layout: info.layout,
    initialNll: meanNll(flow, validation),
    command: commandLine(settings, info, trainRows),
    code: typescriptCode(settings, info, { trainRows, validationRows, bound }),
    notes: constantNotes(constant.map((j) => info.layout.columns[j] as string)),
    ...(gaussianNll === undefined ? {} : { gaussianNll }),
  };
}

/** Notes on constant columns. */
function constantNotes(names: readonly string[]): string[] {
  const quoted = names.map((name) => `“${name}”`).join(", ");
  if (names.length === 0) return [];
  return names.length === 1
    ? [`Column ${quoted} is constant: its density is unbounded, so the likelihoods shown are not meaningful.`]
    : [`Columns ${quoted} are constant: their density is unbounded, so the likelihoods shown are not meaningful.`];
}

/** Points of a thumbnail, and the side of its square. */
const POINTS = 160;
const SIDE = 40;
const MARGIN = 4;

/** A small picture of each toy set: an SVG path of points in a square of 40 units. */
export function thumbnails(): Record<ToyName, string> {
  return Object.fromEntries(TOY_NAMES.map((name) => [name, thumbnail(name)])) as Record<ToyName, string>;
}

function thumbnail(name: ToyName): string {
  const set = toyDataset(name);
  const { data } = set.sample(createKey(0).fold("thumbnail"), POINTS);
  const { x, y } = set.bounds;
  const place = (value: number, [low, high]: readonly [number, number]): number =>
    MARGIN + ((SIDE - 2 * MARGIN) * (Math.min(high, Math.max(low, value)) - low)) / (high - low);
  let path = "";
  for (let i = 0; i < POINTS; i++) {
    const [px, py] = [place(data[2 * i] as number, x), SIDE - place(data[2 * i + 1] as number, y)];
    path += `M${px.toFixed(1)} ${py.toFixed(1)}h0`;
  }
  return path;
}

/** Returns the data of the settings, and a model: the model that scores the data, or a new model to train. */
export async function dataAndModel(
  settings: Settings,
  file: File | undefined,
  opened: ShownModel | undefined,
): Promise<{ readonly data: TrainerData; readonly model: ShownModel }> {
  const { read, layout, isScored } = await readForModel(settings, file, opened?.info);
  const known = trainerData(read, layout, settings, file);
  if (opened === undefined) return { data: known, model: await freshModel(settings, known) };
  if (isScored) {
    return { data: known, model: { ...opened, info: { ...opened.info, score: scoreOf(opened.model, read.table) } } };
  }
  const closed = `The model ${opened.info.file} is closed: ${read.name} is now data for a new flow.`;
  const data = { ...known, info: { ...known.info, notes: [...known.info.notes, closed] } };
  return { data, model: await freshModel(settings, data) };
}

/** An untrained model of the settings. */
export async function freshModel(
  settings: Settings,
  { train, validation, info }: TrainerData,
): Promise<ShownModel & { readonly fresh: NewModel }> {
  const fresh = await newModel(settings, train, validation);
  const { flow } = fresh;
  return {
    ...{ flow, model: new FlowModel({ flow, layout: info.layout }), settings, fresh },
    info: freshInfo(settings, info, fresh, validation),
  };
}
