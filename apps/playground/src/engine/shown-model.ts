import { encodeModel, type Json, lazyRegistry, type RowFlow, type Table, type TableModel } from "pushforward";
import type { ModelInfo, Outcome } from "../shared/protocol.ts";
import type { Settings } from "../shared/settings.ts";
import { fitMetadata } from "./fit-metadata.ts";
import type { NewModel } from "./new-model.ts";

/** The flow that is shown. */
export interface ShownModel extends Pick<RowFlow, "flow"> {
  /** The same as a model of a table: so it scores rows, takes questions and is saved. */
  readonly model: TableModel;
  readonly info: ModelInfo;
  /** Undefined for a model from a file that was opened before any data. */
  readonly settings: Settings | undefined;
  /** Undefined for a model from a file. */
  readonly fresh: NewModel | undefined;
  /** What the file of an opened model says about it. */
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

/** Rows of a table and how well a model knows them, in nats per row. */
export function scoreOf(model: TableModel, rows: Table): NonNullable<ModelInfo["score"]> {
  const values = model.logProb(model.read(rows));
  return { rows: rows.rows, nll: -values.reduce((sum, value) => sum + value, 0) / values.length };
}
