import type { Table } from "@pushforward/datasets";
import type { ProductMixture } from "@pushforward/tables";

/** How low the log-density of some columns is among draws of a model, by the mixture that was fitted to them. */
export class EvidenceFloor {
  /** Number of the draws. */
  readonly draws: number;
  private readonly mixture: ProductMixture;
  private readonly table: Table;
  private readonly known = new Map<string, number>();

  constructor(mixture: ProductMixture, table: Table) {
    this.draws = table.rows;
    this.mixture = mixture;
    this.table = table;
  }

  /** The lowest of all draws, in nats. */
  of(columns: readonly string[]): number {
    const key = JSON.stringify(columns);
    const known = this.known.get(key);
    if (known !== undefined) return known;
    const lowest = this.mixture
      .logMarginal(this.table, columns)
      .reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY);
    this.known.set(key, lowest);
    return lowest;
  }
}
