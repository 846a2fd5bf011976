import { checkScores, type DescribedModel, logDensities, readRows } from "@pushforward/questions/extend";
import { schemaKinds, schemaNames } from "@pushforward/tables/extend";
import type { CsvTable, ReadTableOptions, Table, TableSource } from "pushforward";

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
 * @throws {DataError} a column is missing, a value is no number, or a density is NaN; the message names its row.
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
export function scoreFlowRows(model: DescribedModel, table: CsvTable, file: string): ScoredRows {
  const rows = readRows(model, table, file);
  const { scores } = logDensities(model, rows);
  checkScores(scores, table, file);
  return { table, typed: rows.typed, scores };
}
