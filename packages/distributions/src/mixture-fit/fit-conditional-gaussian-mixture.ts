import { type RowsLike, ShapeError } from "@pushforward/core";
import { checkOptions, readRows } from "@pushforward/core/extend";
import { type HostRows, type MixtureNumbers, TimeSlice, takeHostRows } from "@pushforward/core/plain";
import {
  type CovariancePrior,
  type FittedMixture,
  type MixtureStart,
  maximizeLikelihood,
  meanLogDensity,
  mixtureStart,
  priorTarget,
  strongPriors,
  weakPrior,
} from "./expectation-maximization.ts";
import { Seeds } from "./k-means.ts";
import {
  componentCounts,
  divideRows,
  growWhileFalling,
  type MixtureCandidate,
  type MixtureFitOptions,
  type MixtureFitSettings,
  resolveMixtureFit,
  searchMixtures,
  type TriedMixture,
  triedMixtures,
} from "./mixture-fit-options.ts";
import { hardResponsibilities } from "./responsibilities.ts";
import {
  columnScaling,
  leadingColumns,
  logScale,
  packAllRows,
  type RowBlocks,
  scaleRows,
  scatterMatrix,
  unscaleMixture,
} from "./row-statistics.ts";

/** A fitted mixture of normals with full covariances, in the units of the rows. */
export interface GaussianMixtureFit extends MixtureNumbers {
  readonly prior: CovariancePrior;
  /** Mean log-density of the rows that it was fitted to, in nats. */
  readonly meanLogProb: number;
  /** Negative mean log-density of the validation rows. Absent without validation rows and candidates. */
  readonly validationNll?: number;
  /** Steps of expectation-maximization. */
  readonly steps: number;
  /** Number of rows that it was fitted to. */
  readonly rows: number;
  readonly reason: "completed" | "aborted";
  /** All fitted mixtures, including this one unless the signal came before it was complete. */
  readonly tried: readonly TriedMixture[];
}

/** Options of a mixture without the results of a fit, so that a fit can be spread into the options. */
export function withoutFit<T extends object>(options: T): T {
  const { prior, meanLogProb, validationNll, steps, rows, reason, tried, ...rest } = options as T & GaussianMixtureFit;
  const { classes, ...own } = rest as typeof rest & { readonly classes?: number };
  return own as unknown as T;
}

/** Rejects a table with a different number of columns. */
export function checkColumns(where: string, name: string, table: HostRows | undefined, features: number): void {
  if (table !== undefined && table.columns !== features) {
    throw new ShapeError(`${where}: expected ${features} columns in ${name}, got ${table.columns}.`);
  }
}

/** Options of the fit and of model selection. */
export interface JointMixtureTask {
  readonly where: string;
  readonly table: HostRows;
  readonly validation: HostRows | undefined;
  readonly settings: MixtureFitSettings;
  /** Densities are conditional on the first columns. */
  readonly contextFeatures: number;
  readonly choose: (candidates: readonly JointCandidate[], margin: number) => JointCandidate;
}

/** A fitted mixture in units in which the columns have variance 1. */
interface JointCandidate extends MixtureCandidate {
  readonly mixture: FittedMixture;
}

/** Fewer rows than these make strong priors worth a try. */
const FEW_ROWS = 2000;

/** Fits mixtures of all columns together and chooses one. */
export async function fitJointMixture(task: JointMixtureTask): Promise<GaussianMixtureFit> {
  const { where, settings, contextFeatures } = task;
  const { key, signal } = settings;
  const { rows, held, scaling, scaled, covariance } = scaledRows(task);
  const slice = new TimeSlice();
  const seeds = new Seeds(scaled.data, rows.columns, key.fold("k-means++"));
  const heldBlocks = held && packWithContext(scaleRows(held, scaling), contextFeatures);
  const trainBlocks = contextFeatures === 0 ? undefined : packWithContext(scaled, contextFeatures);
  const shift = logScale(scaling, contextFeatures);
  const jointShift = logScale(scaling, 0);
  // One after the other has the same clusters with another prior.
  let start: { readonly components: number; readonly clusters: MixtureStart } | undefined;

  const fit = async (components: number, prior: CovariancePrior): Promise<JointCandidate> => {
    if (start?.components !== components) {
      start = { components, clusters: await mixtureStart(scaled, seeds, components, slice, signal) };
    }
    const { rows: blocks, labels, means } = start.clusters;
    const mixture = await maximizeLikelihood(
      where,
      { rows: blocks, shares: hardResponsibilities(blocks, labels), means },
      { ...settings, strength: prior.strength, target: priorTarget(covariance, rows.columns, components, prior) },
      {
        ...settings,
        slice,
        onStep: (step, logProb) => settings.onProgress({ components, prior, step, meanLogProb: logProb - jointShift }),
      },
    );
    const logProb = trainBlocks === undefined ? mixture.meanLogProb : await meanOf(trainBlocks, mixture, slice);
    const heldLogProb = heldBlocks && (await meanOf(heldBlocks, mixture, slice));
    return {
      components,
      prior,
      steps: mixture.steps,
      trainNll: shift - logProb,
      ...(heldLogProb === undefined ? {} : { validationNll: shift - heldLogProb }),
      aborted: mixture.aborted,
      mixture,
    };
  };

  const candidates = await searchMixtures({
    counts: componentCounts(where, settings, rows.rows),
    priors: priorsToTry(settings.priors, rows, held !== undefined),
    patience: settings.patience,
    signal,
    fit,
  });
  const chosen = task.choose(candidates, settings.parsimony * (rows.columns - contextFeatures));
  return {
    ...unscaleMixture(chosen.mixture, scaling),
    prior: chosen.prior,
    meanLogProb: -chosen.trainNll,
    ...(chosen.validationNll === undefined ? {} : { validationNll: chosen.validationNll }),
    steps: chosen.steps,
    rows: rows.rows,
    reason: signal?.aborted ? "aborted" : "completed",
    tried: triedMixtures(candidates),
  };
}

/** The priors of a search; without rows to choose by, one. */
function priorsToTry(
  wanted: readonly CovariancePrior[] | undefined,
  { rows, columns }: HostRows,
  canChoose: boolean,
): readonly CovariancePrior[] {
  const few = rows < FEW_ROWS;
  const strong = strongPriors(columns);
  if (canChoose) return wanted ?? (few ? [weakPrior, ...strong] : [weakPrior]);
  return [wanted?.[0] ?? (few ? strong[0] : weakPrior)];
}

/** The rows to fit and to select by; the former in units with variance 1 per column. */
function scaledRows({ where, table, validation, settings }: JointMixtureTask) {
  const choice = componentCounts(where, settings, table.rows).length > 1 || (settings.priors?.length ?? 0) > 1;
  const division = divideRows(settings, table.rows, choice && validation === undefined);
  const rows = takeHostRows(table, division.train);
  const held = validation ?? (division.held.length > 0 ? takeHostRows(table, division.held) : undefined);
  const scaling = columnScaling(rows);
  const scaled = scaleRows(rows, scaling);
  const covariance = scatterMatrix(scaled).map((value) => value / rows.rows);
  return { rows, held, scaling, scaled, covariance };
}

interface BlocksWithContext {
  readonly joint: RowBlocks;
  readonly context: RowBlocks | undefined;
}

function packWithContext(table: HostRows, contextFeatures: number): BlocksWithContext {
  const context = contextFeatures === 0 ? undefined : packAllRows(leadingTableColumns(table, contextFeatures));
  return { joint: packAllRows(table), context };
}

function leadingTableColumns({ rows, columns, data }: HostRows, count: number): HostRows {
  const leading = new Float64Array(rows * count);
  for (let i = 0; i < rows; i++) leading.set(data.subarray(i * columns, i * columns + count), i * count);
  return { rows, columns: count, data: leading };
}

/** Mean log-density of the feature columns given the context columns. */
async function meanOf({ joint, context }: BlocksWithContext, mixture: MixtureNumbers, slice: TimeSlice) {
  const both = await meanLogDensity(joint, mixture, slice);
  if (context === undefined) return both;
  return both - (await meanLogDensity(context, leadingColumns(mixture, context.features), slice));
}

/** Numeric columns and the context that they depend on, row by row. */
export interface ConditionalRows {
  /** `[n, d]`. */
  readonly x: RowsLike;
  /** `[n, c]`. */
  readonly context: RowsLike;
}

/** Options of {@link fitConditionalGaussianMixture}. */
export interface FitConditionalGaussianMixtureOptions extends MixtureFitOptions {
  /**
   * Validation rows for the number of components and the prior. Default: a tenth of the rows, if there are several candidates.
   */
  readonly validation?: ConditionalRows | undefined;
}

/** A fitted mixture of context and features. Its log-densities are conditional on the context. */
export interface ConditionalGaussianMixtureFit extends GaussianMixtureFit {
  /** Number of context columns, which are the first columns. */
  readonly contextFeatures: number;
}

/**
 * Fits a Gaussian mixture to context and features jointly, for conditioning:
 * `p(x | c) = Σ wₖ N((c, x); …) / Σ wₖ N(c; …)`. The context columns are the first columns.
 *
 * Works like {@link fitGaussianMixture}, but the number of components is chosen from 1, 4, 16, 32 and 64 by the
 * validation NLL of the features given the context. A larger number is chosen only if this NLL falls by .01 nats per
 * feature.
 *
 * @throws the errors of `fitGaussianMixture`, and {ShapeError} if context and features differ in rows.
 * @example
 * const context = [[0], [1], [2], [3], [4], [5]];
 * const fit = await fitConditionalGaussianMixture(
 *   { x: [[0.1], [1.9], [4.2], [6.1], [7.8], [10]], context },
 *   { key: createKey(0), components: 1 },
 * );
 * fit.means.length; // → 2
 */
export async function fitConditionalGaussianMixture(
  rows: ConditionalRows,
  options: FitConditionalGaussianMixtureOptions,
): Promise<ConditionalGaussianMixtureFit> {
  checkOptions("fitConditionalGaussianMixture", options, {
    key: true,
    components: true,
    priors: true,
    maxSteps: true,
    tolerance: true,
    maxRows: true,
    rowsPerComponent: true,
    patience: true,
    parsimony: true,
    ridge: true,
    weightRows: true,
    signal: true,
    onProgress: true,
    validation: true,
  });
  const where = "fitConditionalGaussianMixture";
  const settings = resolveMixtureFit(where, options, { components: [1, 4, 16, 32, 64], parsimony: 0.01 });
  const [table, contextFeatures] = readConditionalRows(rows, where, "");
  const [validation, validationContext] =
    options.validation === undefined ? [] : readConditionalRows(options.validation, where, "validation ");
  checkColumns(where, "validation", validation, table.columns);
  if (validationContext !== undefined && validationContext !== contextFeatures) {
    throw new ShapeError(
      `${where}: expected ${contextFeatures} columns in validation context, got ${validationContext}.`,
    );
  }
  const fit = await fitJointMixture({ where, table, validation, settings, contextFeatures, choose: growWhileFalling });
  return { ...fit, contextFeatures };
}

/** One table of both, the context first, and its number of context columns. */
function readConditionalRows(rows: ConditionalRows, where: string, name: string): [table: HostRows, context: number] {
  const context = readRows(rows.context, where, `${name}context`);
  const x = readRows(rows.x, where, `${name}x`);
  if (context.rows !== x.rows) {
    throw new ShapeError(
      `${where}: expected ${x.rows} rows of ${name}context, one for each row of x, got ${context.rows}.`,
    );
  }
  const columns = context.columns + x.columns;
  const data = new Float64Array(x.rows * columns);
  for (let i = 0; i < x.rows; i++) {
    data.set(context.data.subarray(i * context.columns, (i + 1) * context.columns), i * columns);
    data.set(x.data.subarray(i * x.columns, (i + 1) * x.columns), i * columns + context.columns);
  }
  return [{ rows: x.rows, columns, data }, context.columns];
}
