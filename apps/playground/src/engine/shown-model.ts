import { tableSchemaToJson } from "@pushforward/tables/extend";
import { type ConditionalFlow, encodeModel, type Flow, type Json, lazyRegistry } from "pushforward";
import type { ModelInfo, Outcome } from "../shared/protocol.ts";
import type { Settings } from "../shared/settings.ts";
import { fitMetadata } from "./fit-metadata.ts";
import type { NewModel } from "./new-model.ts";

/** The model that is shown. */
export interface ShownModel {
  readonly flow: Flow | ConditionalFlow;
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
  { flow, info, settings, metadata }: ShownModel,
  outcome: Outcome | undefined,
): Uint8Array<ArrayBuffer> {
  const own = { table: tableSchemaToJson(info.schema), fit: fitMetadata(info, settings, outcome) };
  return encodeModel(flow, lazyRegistry, { metadata: metadata ?? own });
}
