import { type Key, OptionError } from "@pushforward/core";
import { checkKey, describeValue } from "@pushforward/core/extend";
import { type CovariancePrior, checkPriors } from "./expectation-maximization.ts";

/** After each step of expectation-maximization. */
export interface MixtureFitProgress {
  /** The mixture that is fitted. */
  readonly components: number;
  readonly prior: CovariancePrior;
  /** The class of the mixture, for one mixture per class. */
  readonly class?: number;
  /** Counted from 1; 0 is the start. */
  readonly step: number;
  /** Mean log-density of the rows in nats; a lower bound while components distant from a row are skipped. */
  readonly meanLogProb: number;
}

/** Options that all fits of mixtures share. Only the key is required. */
export interface MixtureFitOptions {
  /** Determines the row sample, the validation rows and the initial components. */
  readonly key: Key;
  /** Number of components, or a list of candidates. */
  readonly components?: number | readonly number[] | undefined;
  /** Priors to choose from. */
  readonly priors?: readonly CovariancePrior[] | undefined;
  /** Longest run of expectation-maximization: 60 steps. */
  readonly maxSteps?: number | undefined;
  /** Minimum gain per step, in nats per row. Default: 1e-3. */
  readonly tolerance?: number | undefined;
  /** Maximum number of rows; of more rows a sample is used. Default: 20,000. */
  readonly maxRows?: number | undefined;
  /** Minimum rows per component for candidates except the smallest. Default: 10. */
  readonly rowsPerComponent?: number | undefined;
  /** Number of consecutive increases of the validation NLL that stops the search. Default: 2. */
  readonly patience?: number | undefined;
  /** Minimum decrease of the validation NLL, in nats per feature, for more components. */
  readonly parsimony?: number | undefined;
  /** Added to the diagonal of covariances, in units of the variances of the columns: 1e-5. */
  readonly ridge?: number | undefined;
  /** Rows added to each component for its weight. Default: 1. */
  readonly weightRows?: number | undefined;
  /** Stops the fit between two steps, without an error: the result is the best so far. */
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((progress: MixtureFitProgress) => void) | undefined;
}

/** Checked options with their defaults. */
export interface MixtureFitSettings {
  readonly key: Key;
  readonly components: number | readonly number[];
  readonly priors: readonly CovariancePrior[] | undefined;
  readonly maxSteps: number;
  readonly tolerance: number;
  readonly maxRows: number;
  readonly rowsPerComponent: number;
  readonly patience: number;
  readonly parsimony: number;
  readonly ridge: number;
  readonly weightRows: number;
  readonly signal: AbortSignal | undefined;
  readonly onProgress: (progress: MixtureFitProgress) => void;
}

/** Checks options and fills in defaults. */
export function resolveMixtureFit(
  where: string,
  options: MixtureFitOptions,
  defaults: { readonly components: readonly number[]; readonly parsimony: number },
): MixtureFitSettings {
  checkKey(where, options);
  const count = (name: string, value: number): number => {
    if (Number.isSafeInteger(value) && value >= 1) return value;
    throw new OptionError(`${where}: expected ${name} to be an integer from 1, got ${describeValue(value)}.`);
  };
  const atLeastZero = (name: string, value: number): number => {
    if (value >= 0 && value < Number.POSITIVE_INFINITY) return value;
    throw new OptionError(`${where}: expected ${name} of at least 0, got ${describeValue(value)}.`);
  };
  const { components = defaults.components } = options;
  const counts = typeof components === "number" ? [components] : components;
  if (counts.length === 0) throw new OptionError(`${where}: expected numbers of components, got an empty list.`);
  for (const value of counts) count("components", value);
  return {
    key: options.key,
    components: typeof components === "number" ? components : [...new Set(components)].sort((a, b) => a - b),
    priors: options.priors === undefined ? undefined : checkPriors(where, options.priors),
    maxSteps: count("maxSteps", options.maxSteps ?? 60),
    tolerance: atLeastZero("tolerance", options.tolerance ?? 1e-3),
    maxRows: count("maxRows", options.maxRows ?? 20_000),
    rowsPerComponent: count("rowsPerComponent", options.rowsPerComponent ?? 10),
    patience: count("patience", options.patience ?? 2),
    parsimony: atLeastZero("parsimony", options.parsimony ?? defaults.parsimony),
    ridge: atLeastZero("ridge", options.ridge ?? 1e-5),
    weightRows: atLeastZero("weightRows", options.weightRows ?? 1),
    signal: options.signal,
    onProgress: options.onProgress ?? (() => undefined),
  };
}

/** Candidates for the number of components, ascending, for the number of rows. */
export function componentCounts(where: string, settings: MixtureFitSettings, rows: number): readonly number[] {
  const { components, rowsPerComponent } = settings;
  const counts = typeof components === "number" ? [components] : components;
  const smallest = counts[0] as number;
  if (smallest > rows) {
    throw new OptionError(
      `${where}: expected at most as many components as rows, got ${smallest} components for ${rows} rows.`,
    );
  }
  if (typeof components === "number") return counts;
  return counts.filter((count) => count === smallest || count * rowsPerComponent <= rows);
}

/** A mixture that was fitted, and how good it is in nats per row. */
export interface TriedMixture {
  readonly components: number;
  readonly prior: CovariancePrior;
  readonly steps: number;
  readonly trainNll: number;
  readonly validationNll?: number;
}

/** A candidate of the selection. */
export interface MixtureCandidate extends TriedMixture {
  /** The signal came before its last step. */
  readonly aborted: boolean;
}

/** Candidates and stopping rule. */
export interface MixtureSearch<C extends MixtureCandidate> {
  /** Rising. */
  readonly counts: readonly number[];
  readonly priors: readonly CovariancePrior[];
  readonly patience: number;
  readonly signal: AbortSignal | undefined;
  readonly fit: (components: number, prior: CovariancePrior) => Promise<C>;
}

/**
 * Fits mixtures of increasing size. A prior with `patience` consecutive increases of the validation NLL is dropped. An
 * incomplete mixture is returned only if the signal arrives before any complete mixture.
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

/** The smallest mixture with an NLL within a margin of the best; among equal sizes, the best. */
export function smallestWithin<C extends MixtureCandidate>(candidates: readonly C[], margin: number): C {
  const limit = Math.min(...candidates.map(scoreOf)) + margin;
  const good = candidates.filter((candidate) => scoreOf(candidate) <= limit);
  const size = Math.min(...good.map(({ components }) => components));
  return best(good.filter(({ components }) => components === size));
}

/** Tries the sizes in order, and continues only if the NLL decreases by the margin. */
export function growWhileFalling<C extends MixtureCandidate>(candidates: readonly C[], margin: number): C {
  const sizes = [...new Set(candidates.map(({ components }) => components))].sort((a, b) => a - b);
  return sizes
    .map((size) => best(candidates.filter(({ components }) => components === size)))
    .reduce((chosen, next) => (scoreOf(next) <= scoreOf(chosen) - margin ? next : chosen));
}

/** Summary of a candidate. */
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
