import { checkScores, type DescribedModel, logDensities, readRows } from "@pushforward/answers";
import type { CsvTable, Table } from "pushforward";
import { schemaKinds, schemaNames, type TableSource } from "pushforward/extend";

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
  { missing, keepOthers }: ScoreFlowOptions,
): AsyncGenerator<ScoredRows> {
  for await (const table of chunks({
    columns: schemaNames(model.schema),
    others: keepOthers ? "keep" : "leave",
    kinds: schemaKinds(model.schema),
    missing: missing ?? "error",
    chunkRows: CHUNK_ROWS,
  })) {
    const rows = readRows(model, table, name);
    const { scores } = logDensities(model, rows);
    checkScores(scores, table, name);
    yield { table, typed: rows.typed, scores };
  }
}
