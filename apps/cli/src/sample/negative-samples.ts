import type { TableModel } from "@pushforward/tables";
import type { Table } from "pushforward";
import type { NamedCounts } from "../jobs/shard-folder.ts";

/** Counts samples below 0 in columns that had none in training: a density on all numbers knows no such bound. */
export class NegativeSamples {
  private readonly counts: Map<string, number>;
  private rows = 0;

  constructor({ nonNegative }: Pick<TableModel, "nonNegative">) {
    this.counts = new Map(nonNegative.map((name) => [name, 0]));
  }

  look(block: Table): Table {
    this.rows += block.rows;
    for (const { name, kind, values } of block.columns) {
      const count = this.counts.get(name);
      if (count === undefined || kind !== "number") continue;
      this.counts.set(name, count + values.filter((value) => value < 0).length);
    }
    return block;
  }

  /** How many there are in each column so far. */
  found(): [name: string, count: number][] {
    return [...this.counts];
  }

  /** Adds what others have counted in so many rows. */
  add(counts: NamedCounts, rows: number): void {
    this.rows += rows;
    for (const [name, count] of counts) this.counts.set(name, (this.counts.get(name) ?? 0) + count);
  }

  notes(): string[] {
    return [...this.counts].flatMap(([name, count]) =>
      count === 0
        ? []
        : [
            `"${name}" is below 0 in ${count} of ${this.rows} samples, and in none of the training rows: the model does not know this bound.`,
          ],
    );
  }
}
