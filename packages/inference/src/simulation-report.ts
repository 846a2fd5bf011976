/** Simulations that were dropped for one reason. */
export interface DroppedSimulations {
  /** In words: what a simulator threw, which number was not finite, or how many numbers it gave. */
  readonly reason: string;
  readonly count: number;
  /** The first of them, counted from 0 in the order of the parameters. */
  readonly first: number;
}

/** Reasons that are told apart; further ones are counted together. */
const MOST_REASONS = 10;

/** Counts what is dropped, by reason. */
export class DropCounter {
  private readonly reasons = new Map<string, { count: number; first: number }>();
  private total = 0;

  get count(): number {
    return this.total;
  }

  add(reason: string, index: number, times = 1): void {
    this.total += times;
    const known = this.reasons.has(reason) || this.reasons.size < MOST_REASONS ? reason : "other reasons";
    const entry = this.reasons.get(known);
    if (entry === undefined) this.reasons.set(known, { count: times, first: index });
    else entry.count += times;
  }

  /** By reason, the most frequent first. */
  report(): readonly DroppedSimulations[] {
    return Array.from(this.reasons, ([reason, entry]) => ({ reason, ...entry })).sort(
      (a, b) => b.count - a.count || a.first - b.first,
    );
  }
}

/** In words, for notes and errors. */
export function describeDropped(dropped: readonly DroppedSimulations[]): string {
  return dropped.map(({ reason, count, first }) => `${count} × ${reason} (first: number ${first})`).join("; ");
}
