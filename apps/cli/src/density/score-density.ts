import type { CsvTable, TextColumn } from "pushforward";
import { readVariables, sumCells, type TableDensityModel, type Variable } from "pushforward/extend";
import type { TableSource } from "../reading/read-table.ts";
import { blockRows } from "./row-blocks.ts";

/** Some rows of a file and their log-densities. */
export interface ScoredDensity {
  /** The cells as they stand in the file. */
  readonly table: CsvTable;
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

/** The log-density of the rows of a file, in blocks. */
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
      yield { table, scores };
      continue;
    }
    const values = new Map(byColumn.map((column, k) => [density.columns[k]?.name, column]));
    const scored = learned.filter(({ name }) => !density.given.includes(name));
    const cells = scored.map(({ name }) => ({ name, values: values.get(name) as Float64Array }));
    yield { table, scores, cells };
  }
}

/** Counts cells whose category no training row had. */
export class UnseenCategories {
  private readonly known: ReadonlyMap<string, TableDensityModel["density"]["columns"][number]>;
  private readonly counts: Map<string, number> = new Map();

  constructor({ density, learned }: TableDensityModel) {
    // What is given has no probability.
    const texts = new Set(
      learned.filter((one) => isText(one) && !density.given.includes(one.name)).map(({ name }) => name),
    );
    this.known = new Map(density.columns.filter(({ name }) => texts.has(name)).map((column) => [column.name, column]));
  }

  look(columns: CsvTable["columns"]): void {
    for (const column of columns) {
      const known = this.known.get(column.name);
      if (known === undefined || column.kind !== "text") continue;
      // A category that the model knows has no floor: all of its probability is learned.
      const floors = known.coding.encode(column as TextColumn).logFloor;
      const count = floors.reduce((sum, floor) => sum + (floor === Number.NEGATIVE_INFINITY ? 0 : 1), 0);
      if (count > 0) this.counts.set(column.name, (this.counts.get(column.name) ?? 0) + count);
    }
  }

  /** What to say of them, if there are any. */
  note(): string | undefined {
    const total = [...this.counts.values()].reduce((sum, count) => sum + count, 0);
    if (total === 0) return undefined;
    const where = [...this.counts].map(([name, count]) => `${count} in "${name}"`).join(", ");
    const [cells, have, they] = total === 1 ? ["1 cell", "has", "it counts"] : [`${total} cells`, "have", "they count"];
    return `${cells} ${have} a category that no training row had (${where}): ${they} as about one in all training rows.`;
  }
}

function isText({ kind }: Variable): boolean {
  return kind === "category" || kind === "ordinal" || kind === "boolean";
}
