import { splitStandardization } from "@pushforward/flows/extend";
import { contextSize, contextVector, type TableSchema, tableModel, unnamedSchema } from "@pushforward/tables/extend";
import {
  type ConditionalFlow,
  createKey,
  type DecodedModel,
  type Flow,
  type Json,
  lazyRegistry,
  ModelFileError,
  ndArray,
  parameterCount,
  readModel,
  sampleRows,
} from "pushforward";
import type { DataInfo, ModelInfo } from "../shared/protocol.ts";
import type { Range } from "../shared/range.ts";
import { rangeOf } from "../shared/thinned.ts";

/** A model from a file. */
export interface OpenedModel {
  readonly flow: Flow | ConditionalFlow;
  readonly info: ModelInfo;
  /** What the file says about the model. */
  readonly metadata: Json;
}

/**
 * A model from a file, and what the page tells of it.
 *
 * @throws {ModelFileError} the file holds something other than a flow over the columns of a table.
 */
export function openedModel(name: string, { model, metadata }: DecodedModel<object>): OpenedModel {
  const { flow, schema } = tableModel(model, metadata, name);
  return {
    flow,
    metadata,
    info: {
      flow: nameOf(metadata) ?? "flow",
      parameters: parameterCount(flow.parameters()),
      trainRows: 0,
      validationRows: 0,
      // Names of its own where the file has none.
      schema: schema ?? unnamedSchema(flow),
      command: "",
      code: "",
      file: name,
      notes: [],
    },
  };
}

/**
 * Decodes a model file, after what it needs is loaded.
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

/** What to show of a model when there are no rows beside it: a window that holds the samples of every context. */
export function infoOfModel({ flow, info: { schema, file = "" } }: OpenedModel): DataInfo {
  const contextRanges = contextRangesOf(flow, schema);
  const width = schema.columns.length;
  const key = createKey(0);
  const size = contextSize(schema);
  const drawn =
    size === 0
      ? sampleRows(flow, key.fold("window"), SAMPLES)
      : sampleRows(
          flow,
          key.fold("window"),
          1,
          ndArray([SAMPLES, size], spreadContexts(schema, contextRanges, key.fold("contexts").uniform(SAMPLES * size))),
        );
  const ranges = schema.columns.map((_, j) =>
    rangeOf(
      Float64Array.from({ length: SAMPLES }, (_, i) => drawn.data[i * width + j] as number),
      0.002,
      0.08,
    ),
  );
  return {
    ...{ name: file, rows: 0, dropped: 0, table: [], schema, points: [], contexts: [], ranges, contextRanges },
    notes: [],
  };
}

/** Contexts that cover what the visitor can choose: each category as often as the others, numbers over their range. */
function spreadContexts(schema: TableSchema, ranges: readonly Range[], random: ArrayLike<number>): Float64Array {
  const size = contextSize(schema);
  const rows = new Float64Array(SAMPLES * size);
  for (let i = 0; i < SAMPLES; i++) {
    const values = schema.context.map((column, k) => {
      const share = random[i * size + k] as number;
      const [low, high] = ranges[k] as Range;
      return column.kind === "number" ? low + share * (high - low) : Math.floor(share * column.categories.length);
    });
    rows.set(contextVector(schema, values), i * size);
  }
  return rows;
}

function contextRangesOf(flow: Flow | ConditionalFlow, schema: TableSchema): Range[] {
  const { contextStandardization } = splitStandardization<Flow | ConditionalFlow>(flow);
  let at = 0;
  return schema.context.map((column): Range => {
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
