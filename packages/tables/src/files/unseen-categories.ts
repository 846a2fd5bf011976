import type { CsvTable, TextColumn } from "@pushforward/datasets";
import type { Variable } from "../columns/variables/variable.ts";
import type { TableDensityModel } from "../table-density-model.ts";

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

  /** How many cells of each column there are so far. */
  found(): ReadonlyMap<string, number> {
    return new Map(this.counts);
  }

  /** Adds what others have counted. */
  add(counts: ReadonlyMap<string, number>): void {
    for (const [name, count] of counts) this.counts.set(name, (this.counts.get(name) ?? 0) + count);
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
