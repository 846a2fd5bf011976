import type { Table } from "@pushforward/datasets";
import type { NormalMixture, ProductMixture } from "@pushforward/tables";

/** How low the log-density of some columns is among draws of a model, by a mixture near the model. */
export class EvidenceFloor {
  /** Number of the draws. */
  readonly draws: number;
  private readonly mixture: ProposalMixture;
  private readonly table: Table;
  private readonly known = new Map<string, number>();

  constructor(mixture: ProposalMixture, table: Table) {
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
      .conditional(this.table, [], columns)
      .logProb()
      .reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY);
    this.known.set(key, lowest);
    return lowest;
  }
}

/** A mixture whose conditionals are known in closed form. */
export type ProposalMixture = ProductMixture | NormalMixture;
