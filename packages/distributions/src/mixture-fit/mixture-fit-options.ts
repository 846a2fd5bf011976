import { type Key, OptionError } from "@pushforward/core";
import { checkKey, describeValue } from "@pushforward/core/extend";
import { type CovariancePrior, checkPriors } from "./covariance-prior.ts";

/** After each step of expectation-maximization. */
export interface MixtureFitProgress {
  /** The mixture that is fitted. */
  readonly components: number;
  readonly prior: CovariancePrior;
  /** The class whose mixture is fitted, where there is one a class. */
  readonly class?: number;
  /** Counted from 1; 0 is the start. */
  readonly step: number;
  /** Mean log-density of the rows in nats; while a component far from a row is not looked at again, a lower bound. */
  readonly meanLogProb: number;
}

/** Options that all fits of mixtures share. Only the key is required. */
export interface MixtureFitOptions {
  /** Decides the sample of the rows, those held out, and where the components start. */
  readonly key: Key;
  /** Number of components, or those to choose from. */
  readonly components?: number | readonly number[] | undefined;
  /** Priors to choose from. */
  readonly priors?: readonly CovariancePrior[] | undefined;
  /** Longest run of expectation-maximization: 60 steps. */
  readonly maxSteps?: number | undefined;
  /** A step that gains less than this many nats per row is the last: 1e-3. */
  readonly tolerance?: number | undefined;
  /** Maximum number of rows; of more rows a sample is used. Default: 20,000. */
  readonly maxRows?: number | undefined;
  /** Only numbers of components with so many rows for each are tried, and the smallest in any case. Default: 10. */
  readonly rowsPerComponent?: number | undefined;
  /** Larger numbers of components are not tried after so many rises of the validation NLL in a row. Default: 2. */
  readonly patience?: number | undefined;
  /** By how many nats per feature more components must lower the validation NLL to be taken. */
  readonly parsimony?: number | undefined;
  /** Added to the diagonal of covariances, in units of the variances of the columns: 1e-5. */
  readonly ridge?: number | undefined;
  /** Rows added to each component for its weight. Default: 1. */
  readonly weightRows?: number | undefined;
  /** Ends the fit between two steps, without an error: the result is the best so far. */
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

/** The numbers of components to try with so many rows, rising. */
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
