import type { CsvTable, Table } from "@pushforward/datasets";
import { readVariables } from "../columns/variables/read-variables.ts";
import { sumCells } from "../density/table-density.ts";
import type { TableDensityModel } from "../table-density-model.ts";
import { blockRows } from "./row-blocks.ts";
import type { TableSource } from "./table-source.ts";
import type { UnseenCategories } from "./unseen-categories.ts";

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
 * @param unseen counts the categories that no training row had.
 * @throws {DataError} a column is missing, or a value does not fit its kind; the message names its row.
 * @example
 * const text = "fruit\napple\npear\n";
 * const { variables, table } = findVariables(parseCsv(text, { kinds: "text", missing: "keep" }));
 * const { model: density } = await tableDensity(table, { key });
 * const model = { density, variables, learned: variables };
 * const source: TableSource = { name: "fruit.csv", chunks: (options) => csvChunks([text], options) };
 * const options = { keepOthers: false, cells: false };
 * for await (const { scores } of scoreDensity(model, source, new UnseenCategories(model), options)) console.log(scores);
 */
export async function* scoreDensity(
  { density, learned }: TableDensityModel,
  { name: file, chunks }: TableSource,
  unseen: UnseenCategories,
  options: ScoreDensityOptions,
): AsyncGenerator<ScoredDensity> {
  for await (const table of chunks({
    columns: learned.map(({ name }) => name),
    others: options.keepOthers ? "keep" : "leave",
    kinds: "text",
    missing: options.missing ?? "keep",
    chunkRows: blockRows(learned.length),
  })) {
    const typed = readVariables(table, learned, { file }).table;
    unseen.look(typed.columns);
    const byColumn = density.cellLogProb(typed);
    const scores = sumCells(byColumn, typed.rows);
    if (!options.cells) {
      yield { table, typed, scores };
      continue;
    }
    const values = new Map(byColumn.map((column, k) => [density.columns[k]?.name, column]));
    const scored = learned.filter(({ name }) => !density.given.includes(name));
    const cells = scored.map(({ name }) => ({ name, values: values.get(name) as Float64Array }));
    yield { table, typed, scores, cells };
  }
}
