import { type ReadTableOptions, readVariables, type TableSource } from "@pushforward/columns";
import { blockRows } from "@pushforward/columns/extend";
import type { CsvTable, Table } from "@pushforward/datasets";
import { sumCells } from "../density/table-density.ts";
import type { TableDensityModel } from "./table-density-model.ts";
import type { UnseenCells } from "./unseen-cells.ts";

/** Some rows of a file and their log-densities. */
export interface ScoredDensity {
  /** The cells as they stand in the file. */
  readonly table: CsvTable;
  /** The learned columns as the model reads them. */
  readonly typed: Table;
  readonly scores: Float64Array;
  /** The log-probability of each learned cell; undefined when nobody asked. */
  readonly cells?: readonly { readonly name: string; readonly values: Float64Array }[];
}

/** How a table is scored. */
export interface ScoreDensityOptions {
  readonly missing?: "error" | "drop" | undefined;
  /** Whether the columns that the model does not know are kept, for a file of scores. */
  readonly keepOthers: boolean;
  readonly cells: boolean;
}

/**
 * The log-density of the rows of a file, in blocks.
 *
 * @param unseen counts the cells that no training row could have.
 * @throws {DataError} a column is missing, or a value does not fit its kind; the message names its row.
 * @example
 * const text = "fruit\napple\npear\n";
 * const { variables, table } = findVariables(parseCsv(text, { kinds: "text", missing: "keep" }));
 * const { model: density } = await tableDensity(table, { key });
 * const model = { density, variables, learned: variables };
 * const source: TableSource = { name: "fruit.csv", chunks: (options) => csvChunks([text], options) };
 * const options = { keepOthers: false, cells: false };
 * for await (const { scores } of scoreDensity(model, source, new UnseenCells(model), options)) console.log(scores);
 */
export async function* scoreDensity(
  model: TableDensityModel,
  { name, chunks }: TableSource,
  unseen: UnseenCells,
  options: ScoreDensityOptions,
): AsyncGenerator<ScoredDensity> {
  for await (const table of chunks(densityReading(model, options))) {
    yield scoreDensityRows(model, table, unseen, { file: name, cells: options.cells });
  }
}

/** What is read of a file to score its rows. */
export function densityReading(
  { learned }: TableDensityModel,
  { keepOthers, missing }: Pick<ScoreDensityOptions, "keepOthers" | "missing">,
): ReadTableOptions {
  return {
    columns: learned.map(({ name }) => name),
    others: keepOthers ? "keep" : "leave",
    kinds: "text",
    missing: missing ?? "keep",
    chunkRows: blockRows(learned.length),
  };
}

/** The log-densities of some rows that were read so. Throws as {@link scoreDensity}. */
export function scoreDensityRows(
  { density, learned }: TableDensityModel,
  table: CsvTable,
  unseen: UnseenCells,
  { file, cells: isAsked }: { readonly file: string; readonly cells: boolean },
): ScoredDensity {
  const typed = readVariables(table, learned, { file }).table;
  unseen.look(typed.columns);
  const byColumn = density.cellLogProb(typed);
  const scores = sumCells(byColumn, typed.rows);
  if (!isAsked) return { table, typed, scores };
  const values = new Map(byColumn.map((column, k) => [density.columns[k]?.name, column]));
  const scored = learned.filter(({ name }) => !density.given.includes(name));
  const cells = scored.map(({ name }) => ({ name, values: values.get(name) as Float64Array }));
  return { table, typed, scores, cells };
}
