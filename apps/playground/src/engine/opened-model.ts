import { contextSize, openTableModel, type RowLayout } from "@pushforward/tables/extend";
import {
  type ConditionalFlow,
  createKey,
  type DecodedModel,
  type Flow,
  type Json,
  lazyRegistry,
  ModelFileError,
  parameterCount,
  type RowFlow,
  readModel,
  type Table,
  type TableModel,
} from "pushforward";
import { splitStandardization } from "pushforward/extend";
import { rangeOf } from "../shared/page-error.ts";
import type { DataInfo, ModelInfo } from "../shared/protocol.ts";
import type { Range, Settings } from "../shared/settings.ts";
import type { ShownModel } from "./data/shown-model.ts";

/** A model of a table from a file. */
export interface OpenedModel {
  readonly model: TableModel;
  /** Metadata of the model in the file. */
  readonly metadata: Json;
  /** Its name. */
  readonly file: string;
}

/**
 * Returns a model of a table from a file; the columns of a flow get default names if the file has none.
 *
 * @throws {ModelFileError} the file does not contain a model of a table.
 */
export function openedModel(file: string, { model, metadata }: DecodedModel<object>): OpenedModel {
  return { model: openTableModel(model, metadata, file, { makesNames: true }), metadata, file };
}

/** A flow from a file and its data: rows that were there before, which it scores, or none. */
export function openedFlow(
  opened: OpenedModel,
  rowFlow: RowFlow,
  data: DataInfo | undefined,
  score: ModelInfo["score"],
  settings: Settings | undefined,
): { readonly shown: ShownModel; readonly info: DataInfo } {
  const { model, metadata } = opened;
  const info = { ...openedInfo(opened, rowFlow), ...(score && { score }) };
  return {
    shown: { ...{ flow: rowFlow.flow, model, metadata, settings, fresh: undefined }, info },
    info: data ?? infoOfModel(opened, rowFlow),
  };
}

/** Returns the information that the page shows about a flow from a file. */
export function openedInfo({ model, metadata, file }: OpenedModel, { layout }: RowFlow): ModelInfo {
  return {
    flow: nameOf(metadata) ?? "flow",
    parameters: parameterCount(model.module.parameters()),
    ...{ trainRows: 0, validationRows: 0, layout, command: "", code: "", file, notes: [] },
  };
}

/**
 * Loads the required code, and decodes a model file.
 *
 * @throws {ModelFileError} the file is damaged; the message begins with its name.
 */
export async function decodedModel(name: string, bytes: Uint8Array): Promise<DecodedModel<object>> {
  try {
    return await readModel(bytes, lazyRegistry);
  } catch (error) {
    if (!(error instanceof ModelFileError)) throw error;
    throw new ModelFileError(error.reason, `${name}: ${error.message}`, { cause: error });
  }
}

/** Samples from which the window of the picture is taken. */
const SAMPLES = 4000;

/** Returns the view of a flow without rows: a window that contains the samples of every context. */
export function infoOfModel({ model, file }: OpenedModel, { flow, layout }: RowFlow): DataInfo {
  const contextRanges = contextRangesOf(flow, layout);
  const [key, size] = [createKey(0), contextSize(layout)];
  const drawn =
    size === 0
      ? model.sample(key.fold("window"), SAMPLES)
      : model.sample(key.fold("window"), 1, {
          context: spreadContexts(layout, contextRanges, key.fold("contexts").uniform(SAMPLES * size)),
        });
  const ranges = drawn.columns.map(({ values }) => rangeOf(values as Float64Array, 0.002, 0.08));
  return {
    ...{ name: file, rows: 0, dropped: 0, table: [], layout, points: [], contexts: [], ranges, contextRanges },
    notes: [],
  };
}

/** Contexts that cover all that the visitor can choose: each category equally often, numbers over their range. */
function spreadContexts(layout: RowLayout, ranges: readonly Range[], random: ArrayLike<number>): Table {
  const size = contextSize(layout);
  return {
    rows: SAMPLES,
    columns: layout.context.map((column, k) => {
      const [low, high] = ranges[k] as Range;
      const shares = Array.from({ length: SAMPLES }, (_, i) => random[i * size + k] as number);
      const { name, kind } = column;
      if (kind === "number") return { name, kind, values: Float64Array.from(shares, (x) => low + x * (high - low)) };
      const { categories } = column;
      const texts = shares.map((share) => categories[Math.floor(share * categories.length)] as string);
      return { name, kind: "text", values: texts };
    }),
  };
}

function contextRangesOf(flow: Flow | ConditionalFlow, layout: RowLayout): Range[] {
  const { contextStandardization } = splitStandardization<Flow | ConditionalFlow>(flow);
  let at = 0;
  return layout.context.map((column): Range => {
    if (column.kind === "category") {
      at += column.categories.length;
      return [0, column.categories.length - 1];
    }
    const mean = contextStandardization?.mean[at] ?? 0;
    const sd = contextStandardization?.sd[at] ?? 1;
    at++;
    return [mean - 2 * sd, mean + 2 * sd];
  });
}

function nameOf(metadata: Json): string | undefined {
  const fit = typeof metadata === "object" && metadata !== null && "fit" in metadata ? metadata.fit : undefined;
  const flow = typeof fit === "object" && fit !== null && "flow" in fit ? fit.flow : undefined;
  return typeof flow === "string" ? flow : undefined;
}
