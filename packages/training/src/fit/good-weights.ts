import type { ParameterTree } from "@pushforward/core";
import { copySnapshot, restoreSnapshot, type Snapshot, takeSnapshot } from "./checkpoint.ts";

/** Steps between two copies of weights known to be good, kept while there are no best ones. */
const GOOD_INTERVAL = 50;

/** The weights that a fit can go back to: the best ones or, while there are none, some from at most 50 steps before. */
export class GoodWeights {
  private readonly parameters: ParameterTree;
  private best: Snapshot | undefined;
  private lastGood: Snapshot | undefined;

  constructor(parameters: ParameterTree, best: Snapshot | undefined) {
    this.parameters = parameters;
    this.best = best;
  }

  get hasBest(): boolean {
    return this.best !== undefined;
  }

  /** Keeps the weights of the model as the best ones. */
  keepBest(): void {
    this.best = takeSnapshot(this.parameters);
    this.lastGood = undefined;
  }

  /** A copy of the weights before a step, where one is due; {@link confirm} keeps it when the step was good. */
  candidate(step: number): Snapshot | undefined {
    const isDue = this.lastGood === undefined || step % GOOD_INTERVAL === 0;
    return this.best === undefined && isDue ? takeSnapshot(this.parameters) : undefined;
  }

  confirm(candidate: Snapshot | undefined): void {
    this.lastGood = candidate ?? this.lastGood;
  }

  /** Gives the model its best weights, and returns them; undefined when there are none. */
  restoreBest(): Snapshot | undefined {
    if (this.best !== undefined) restoreSnapshot(this.parameters, this.best);
    return this.best;
  }

  /** Gives the model the best weights, or the last good ones; false when there are neither. */
  restore(): boolean {
    const snapshot = this.best ?? this.lastGood;
    if (snapshot !== undefined) restoreSnapshot(this.parameters, snapshot);
    return snapshot !== undefined;
  }

  /** A copy of the best weights. */
  copyBest(): Snapshot | undefined {
    return this.best === undefined ? undefined : copySnapshot(this.best);
  }
}
