import { type CsvTable, logProbRows, type Table } from "pushforward";
import { type ReadTableOptions, schemaKinds, schemaNames, type TableSource, tableRows } from "pushforward/extend";
import { UserError } from "../errors/user-error.ts";
import { numberTable } from "../score/number-table.ts";
import type { DescribedModel } from "./load-table-model.ts";

/** Some rows of a file and their log-densities. */
export interface ScoredRows {
  readonly table: CsvTable;
  /** The modeled columns. */
  readonly typed: Table;
  readonly scores: Float64Array;
}

/** How a table is scored. */
export interface ScoreFlowOptions {
  readonly missing?: "error" | "drop" | undefined;
  /** Whether the columns that the model does not know are kept, for a file of scores. */
  readonly keepOthers: boolean;
}

const CHUNK_ROWS = 16_384;

/**
 * The log-density of the rows of a file by a flow, in blocks.
 *
 * @throws {DataError} a column is missing, or a value is no number; the message names its row.
 * @throws {UserError} a density is NaN.
 */
export async function* scoreFlow(
  model: DescribedModel,
  { name, chunks }: TableSource,
  options: ScoreFlowOptions,
): AsyncGenerator<ScoredRows> {
  for await (const table of chunks(flowReading(model, options))) yield scoreFlowRows(model, table, name);
}

/** What is read of a file to score its rows. */
export function flowReading({ schema }: DescribedModel, { missing, keepOthers }: ScoreFlowOptions): ReadTableOptions {
  return {
    columns: schemaNames(schema),
    others: keepOthers ? "keep" : "leave",
    kinds: schemaKinds(schema),
    missing: missing ?? "error",
    chunkRows: CHUNK_ROWS,
  };
}

/** The log-densities of some rows that were read so. Throws as {@link scoreFlow}. */
export function scoreFlowRows({ schema, flow }: DescribedModel, table: CsvTable, file: string): ScoredRows {
  const { x, context } = tableRows(table, schema, file);
  const scores = logProbRows(flow, x, context);
  const bad = scores.findIndex(Number.isNaN);
  if (bad >= 0) {
    throw new UserError(
      `${file}, row ${table.rowNumbers[bad]}: expected a log-density, got NaN, although the row has numbers only. ` +
        "Weights of the model overflow float32: fit it again, or check where its file comes from.",
    );
  }
  return { table, typed: numberTable(x, schema.columns), scores };
}
