import { loadArchitecture } from "@pushforward/flows/extend";
import {
  gaussianNll,
  hasColumnsOf,
  layoutNames,
  type PreparedFlow,
  prepareFlow,
  type RowLayout,
  type TableRows,
} from "@pushforward/tables/extend";
import {
  architectures,
  encodeModel,
  type Json,
  lazyRegistry,
  type RowFlow,
  type Table,
  type TableModel,
} from "pushforward";
import type { ModelInfo, Outcome } from "../../shared/protocol.ts";
import type { Settings } from "../../shared/settings.ts";
import { chooseLayout, columnsOf, type ReadData, readData, withColumnsOf } from "./read-data.ts";

/** How a model was trained, for the metadata of its file. */
function fitMetadata(
  { flow, parameters }: ModelInfo,
  settings: Settings | undefined,
  outcome: Outcome | undefined,
): Record<string, Json> {
  return {
    flow,
    parameters,
    ...(outcome === undefined
      ? {}
      : {
          validationNll: outcome.validationNll,
          trainNll: outcome.trainNll,
          stopped: outcome.reason,
          steps: outcome.step,
        }),
    ...(settings === undefined ? {} : { seed: settings.seed, backend: settings.backend }),
  };
}

/** The flow that is shown. */
export interface ShownModel extends Pick<RowFlow, "flow"> {
  /** The same as a model of a table: so it scores rows, takes questions and is saved. */
  readonly model: TableModel;
  readonly info: ModelInfo;
  /** Undefined for a model from a file that was opened before any data. */
  readonly settings: Settings | undefined;
  /** Undefined for a model from a file. */
  readonly fresh: NewModel | undefined;
  /** Metadata in the file of an opened model. */
  readonly metadata?: Json;
}

/** The model as a file. */
export function modelFile(
  { model, info, settings, metadata }: ShownModel,
  outcome: Outcome | undefined,
): Uint8Array<ArrayBuffer> {
  const own = { table: model.toJson(), fit: fitMetadata(info, settings, outcome) };
  return encodeModel(model.module, lazyRegistry, { metadata: metadata ?? own });
}

/** Scores the rows of a table by a model, in nats per row. */
export function scoreOf(model: TableModel, rows: Table): NonNullable<ModelInfo["score"]> {
  const values = model.logProb(model.read(rows));
  return { rows: rows.rows, nll: -values.reduce((sum, value) => sum + value, 0) / values.length };
}

/** A new model, and its rows. */
export interface NewModel extends PreparedFlow {
  /** Negative log-likelihood of a Gaussian on the validation rows. Undefined without a density. */
  readonly gaussianNll: number | undefined;
}

/**
 * Returns the model of some settings, as the command line makes it: the same seed yields the same weights and batches.
 */
export async function newModel(settings: Settings, train: TableRows, validation: TableRows): Promise<NewModel> {
  const { flow, seed, transforms, width, depth, bins } = settings;
  // The painter gets it as a file.
  const [create] = await Promise.all([loadArchitecture(flow), lazyRegistry.load(architectures[flow].types ?? [])]);
  const prepared = prepareFlow(train, validation, seed, (sizes) =>
    create({ ...sizes, transforms, hidden: new Array<number>(depth).fill(width), bins }),
  );
  return { ...prepared, gaussianNll: gaussianNll(train, validation) };
}

/** Rows, and the roles of their columns. */
export interface RowsRead {
  readonly read: ReadData;
  readonly layout: RowLayout;
  /** `true` if the rows fit the open model, which then scores the rows; otherwise a new flow learns the rows. */
  readonly isScored: boolean;
}

/**
 * Reads the rows of the settings for the open model, unless the visitor has chosen columns or the model has other
 * columns.
 */
export async function readForModel(
  settings: Settings,
  file: File | undefined,
  model: ModelInfo | undefined,
): Promise<RowsRead> {
  if (model !== undefined && settings.columns.length === 0) {
    const { layout } = model;
    const read = await readData(withColumnsOf(layout, settings), file);
    if (hasColumnsOf(read.table, layout)) return { read, layout, isScored: true };
  }
  const read = await readData(settings, file);
  return { read, layout: chooseLayout(read.table, settings), isScored: false };
}

/** Returns `true` if a file has the columns of the open model, which then scores it. */
export async function isForModel(settings: Settings, file: File | undefined, model: ModelInfo): Promise<boolean> {
  if (file === undefined || settings.columns.length > 0 || settings.way === "table") return false;
  const names = new Set((await columnsOf(file, settings)).map(({ name }) => name));
  return layoutNames(model.layout).every((name) => names.has(name));
}

/** Returns `true` if two models learn the same columns given the same context. */
export function sameLayout(a: RowLayout, b: RowLayout): boolean {
  return JSON.stringify([a.columns, a.context]) === JSON.stringify([b.columns, b.context]);
}
