import type { Key } from "@pushforward/core";
import type { CovariancePrior } from "./covariance-prior.ts";

/** A mixture that was fitted, and how good it is in nats per row. */
export interface TriedMixture {
  readonly components: number;
  readonly prior: CovariancePrior;
  readonly steps: number;
  readonly trainNll: number;
  readonly validationNll?: number;
}

/** A fitted mixture among others. */
export interface MixtureCandidate extends TriedMixture {
  /** The signal came before its last step. */
  readonly aborted: boolean;
}

/** What there is to choose from, and when to stop. */
export interface MixtureSearch<C extends MixtureCandidate> {
  /** Rising. */
  readonly counts: readonly number[];
  readonly priors: readonly CovariancePrior[];
  readonly patience: number;
  readonly signal: AbortSignal | undefined;
  readonly fit: (components: number, prior: CovariancePrior) => Promise<C>;
}

/**
 * Fits mixtures of rising size. A prior whose validation NLL has risen `patience` times in a row is not gone on with. An
 * unfinished mixture is given only when the signal comes before there is a finished one.
 */
export async function searchMixtures<C extends MixtureCandidate>(search: MixtureSearch<C>): Promise<readonly C[]> {
  const candidates: C[] = [];
  const states = search.priors.map((prior) => ({ prior, last: Number.POSITIVE_INFINITY, rises: 0 }));
  for (const components of search.counts) {
    for (const state of states) {
      if (state.rises >= search.patience) continue;
      if (search.signal?.aborted && candidates.length > 0) return candidates;
      const candidate = await search.fit(components, state.prior);
      if (candidate.aborted) return candidates.length > 0 ? candidates : [candidate];
      candidates.push(candidate);
      const nll = scoreOf(candidate);
      state.rises = nll > state.last ? state.rises + 1 : 0;
      state.last = nll;
    }
  }
  return candidates;
}

/** The smallest mixture whose NLL is within a margin of the best; of those of one size the best. */
export function smallestWithin<C extends MixtureCandidate>(candidates: readonly C[], margin: number): C {
  const limit = Math.min(...candidates.map(scoreOf)) + margin;
  const good = candidates.filter((candidate) => scoreOf(candidate) <= limit);
  const size = Math.min(...good.map(({ components }) => components));
  return best(good.filter(({ components }) => components === size));
}

/** Goes through the sizes, and on to a larger one only when the NLL falls by the margin. */
export function growWhileFalling<C extends MixtureCandidate>(candidates: readonly C[], margin: number): C {
  const sizes = [...new Set(candidates.map(({ components }) => components))].sort((a, b) => a - b);
  return sizes
    .map((size) => best(candidates.filter(({ components }) => components === size)))
    .reduce((chosen, next) => (scoreOf(next) <= scoreOf(chosen) - margin ? next : chosen));
}

/** What a result tells of its candidates. */
export function triedMixtures(candidates: readonly MixtureCandidate[]): readonly TriedMixture[] {
  return candidates.map(({ components, prior, steps, trainNll, validationNll }) => ({
    components,
    prior,
    steps,
    trainNll,
    ...(validationNll === undefined ? {} : { validationNll }),
  }));
}

/** Rows to fit mixtures to, and rows to choose one by. */
export interface Division {
  readonly train: Int32Array;
  readonly held: Int32Array;
}

/** A sample of at most `maxRows` rows; before that a tenth, at least 30 or half, is held out if something is chosen. */
export function divideRows(
  { key, maxRows }: { readonly key: Key; readonly maxRows: number },
  rows: number,
  choice: boolean,
): Division {
  const heldCount = choice ? Math.min(Math.floor(rows / 2), Math.max(30, Math.round(rows / 10))) : 0;
  if (heldCount === 0 && rows <= maxRows) {
    return { train: Int32Array.from({ length: rows }, (_, i) => i), held: new Int32Array() };
  }
  const order = key.fold("division").permutation(rows);
  return {
    train: order.slice(heldCount, heldCount + maxRows).sort(),
    held: order.slice(0, heldCount).sort(),
  };
}

function scoreOf({ trainNll, validationNll }: MixtureCandidate): number {
  return validationNll ?? trainNll;
}

function best<C extends MixtureCandidate>(candidates: readonly C[]): C {
  return candidates.reduce((a, b) => (scoreOf(b) < scoreOf(a) ? b : a));
}
