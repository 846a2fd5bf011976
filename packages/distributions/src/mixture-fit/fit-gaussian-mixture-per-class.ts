import { DataError, OptionError, type RowsLike, ShapeError } from "@pushforward/core";
import { checkOptions, describeValue, readRows } from "@pushforward/core/extend";
import { choleskyFactor, type HostRows, type MixtureNumbers, TimeSlice, takeHostRows } from "@pushforward/core/plain";
import {
  type CovariancePrior,
  type FittedMixture,
  maximizeLikelihood,
  meanLogDensity,
  mixtureStart,
  priorTarget,
} from "./expectation-maximization.ts";
import { checkColumns } from "./fit-conditional-gaussian-mixture.ts";
import { Seeds } from "./k-means.ts";
import {
  componentCounts,
  divideRows,
  type MixtureCandidate,
  type MixtureFitOptions,
  type MixtureFitSettings,
  resolveMixtureFit,
  searchMixtures,
  smallestWithin,
  type TriedMixture,
  triedMixtures,
} from "./mixture-fit-options.ts";
import { hardResponsibilities } from "./responsibilities.ts";
import {
  columnScaling,
  logScale,
  packAllRows,
  type RowBlocks,
  scaleRows,
  scatterMatrix,
  unscaleMixture,
} from "./row-statistics.ts";

/** Rows and the class of each. */
export interface ClassRows {
  readonly rows: RowsLike;
  /** `[n]`, from 0 to below the number of classes. */
  readonly classes: Int32Array | readonly number[];
}

/** Options of {@link fitGaussianMixturePerClass}. */
export interface FitGaussianMixturePerClassOptions extends MixtureFitOptions {
  /**
   * Validation rows for the number of components and the prior. Default: a tenth of the rows, if there are several candidates.
   */
  readonly validation?: ClassRows | undefined;
}

/** One fitted mixture for each class, in the units of the rows. */
export interface ClassGaussianMixtureFit {
  readonly classes: number;
  /** Of each class. */
  readonly components: number;
  readonly features: number;
  /** `[classes, K]`, with sum 1 in each class. */
  readonly weights: Float64Array;
  /** `[classes, K, d]`. */
  readonly means: Float64Array;
  /** `[classes, K, d, d]`, lower Cholesky factors of the covariances. */
  readonly scaleTrils: Float64Array;
  readonly prior: CovariancePrior;
  /** Mean log-density of the rows that it was fitted to, each given its class, in nats. */
  readonly meanLogProb: number;
  /** Negative mean log-density of the validation rows, each given its class. */
  readonly validationNll?: number;
  /** Steps of expectation-maximization, of the class that took most. */
  readonly steps: number;
  /** Number of rows that it was fitted to. */
  readonly rows: number;
  readonly reason: "completed" | "aborted";
  /** All sizes and priors that were fitted. */
  readonly tried: readonly TriedMixture[];
}

/**
 * Fits a mixture of normals with full covariances to the rows of each class, `p(x | class)`, as `fitGaussianMixture`
 * does to all rows.
 *
 * All classes have the same number of components: the number from 1, 2, 4 and 8 with the lowest validation NLL.
 * Covariances are shrunk to the covariance within classes, `S₀ = K^(−2/d) S`, with a weight of .25, 1 or 4 times d + 2
 * rows. A class with fewer than `rowsPerComponent` rows per component has fewer distinct components, and copies of
 * these. A class without rows has the mean and covariance of all rows.
 *
 * @param rows `[n, d]`.
 * @param classes `[n]`, integers from 0 to below `classCount`.
 * @throws {DataError} a value that is not finite, a class out of range, with its row; no rows.
 * @throws {ShapeError} rows and classes differ in number, or validation rows have a different number of columns.
 * @throws {OptionError} an option out of range.
 * @example
 * const rows = [[0.1], [-0.2], [0.3], [5.1], [4.8], [5.3]];
 * const fit = await fitGaussianMixturePerClass(rows, [0, 0, 0, 1, 1, 1], 2, { key: createKey(0), components: 1 });
 * fit.means; // near 0 and 5
 */
export async function fitGaussianMixturePerClass(
  rows: RowsLike,
  classes: Int32Array | readonly number[],
  classCount: number,
  options: FitGaussianMixturePerClassOptions,
): Promise<ClassGaussianMixtureFit> {
  checkOptions("fitGaussianMixturePerClass", options, {
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
  const where = "fitGaussianMixturePerClass";
  const settings = resolveMixtureFit(where, options, { components: [1, 2, 4, 8], parsimony: 0 });
  if (!(Number.isSafeInteger(classCount) && classCount >= 1)) {
    throw new OptionError(
      `${where}: expected the number of classes to be an integer from 1, got ${describeValue(classCount)}.`,
    );
  }
  const all = readClassRows({ rows, classes }, classCount, where, "");
  const validation = options.validation && readClassRows(options.validation, classCount, where, "validation ");
  checkColumns(where, "validation rows", validation?.table, all.table.columns);
  const d = all.table.columns;
  const priors =
    settings.priors ?? [0.25, 1, 4].map((part): CovariancePrior => ({ strength: part * (d + 2), shape: "full" }));
  const counts = typeof settings.components === "number" ? [settings.components] : settings.components;
  const choice = counts.length > 1 || (settings.priors?.length ?? 0) > 1;
  const division = divideRows(settings, all.table.rows, choice && validation === undefined);
  const train = takeClassRows(all, division.train);
  const held = validation ?? (division.held.length > 0 ? takeClassRows(all, division.held) : undefined);
  const task = new ClassTask(where, train, held, classCount, settings);
  const candidates = await searchMixtures({
    counts: componentCounts(where, settings, train.table.rows),
    // The middle one, when there is nothing to choose by.
    priors: held === undefined ? [settings.priors?.[0] ?? (priors[1] as CovariancePrior)] : priors,
    patience: settings.patience,
    signal: settings.signal,
    fit: (components, prior) => task.fit(components, prior),
  });
  const chosen = smallestWithin(candidates, settings.parsimony * d);
  const flat = unscaleMixture(joined(chosen.mixtures, d), task.scaling);
  return {
    classes: classCount,
    components: chosen.components,
    features: d,
    weights: flat.weights,
    means: flat.means,
    scaleTrils: flat.scaleTrils,
    prior: chosen.prior,
    meanLogProb: -chosen.trainNll,
    ...(chosen.validationNll === undefined ? {} : { validationNll: chosen.validationNll }),
    steps: chosen.steps,
    rows: train.table.rows,
    reason: settings.signal?.aborted ? "aborted" : "completed",
    tried: triedMixtures(candidates),
  };
}

interface ClassTable {
  readonly table: HostRows;
  readonly labels: Int32Array;
}

interface ClassCandidate extends MixtureCandidate {
  readonly mixtures: readonly MixtureNumbers[];
}

/** The rows of a class, in units in which all rows have variance 1. */
interface OneClass {
  readonly rows: HostRows;
  readonly seeds: Seeds;
  readonly held: RowBlocks | undefined;
}

/** Common data of the fits of all sizes and priors. */
class ClassTask {
  readonly scaling: ReturnType<typeof columnScaling>;
  private readonly where: string;
  private readonly settings: MixtureFitSettings;
  private readonly trainRows: number;
  private readonly heldRows: number;
  private readonly classes: readonly OneClass[];
  /** Of all rows, and of the rows about the means of their classes. */
  private readonly total: Float64Array;
  private readonly within: Float64Array;
  private readonly slice: TimeSlice = new TimeSlice();

  constructor(
    where: string,
    train: ClassTable,
    held: ClassTable | undefined,
    classCount: number,
    settings: MixtureFitSettings,
  ) {
    this.where = where;
    this.settings = settings;
    this.scaling = columnScaling(train.table);
    this.trainRows = train.table.rows;
    this.heldRows = held?.table.rows ?? 0;
    const scaled = scaleRows(train.table, this.scaling);
    const scaledHeld = held && scaleRows(held.table, this.scaling);
    const { columns: d, rows: n } = scaled;
    this.classes = Array.from({ length: classCount }, (_, c) => {
      const rows = takeHostRows(scaled, rowsOf(train.labels, c));
      const heldRows = scaledHeld && held && takeHostRows(scaledHeld, rowsOf(held.labels, c));
      return {
        rows,
        seeds: new Seeds(rows.data, d, settings.key.fold("k-means++").fold(c)),
        held: heldRows === undefined || heldRows.rows === 0 ? undefined : packAllRows(heldRows),
      };
    });
    this.total = scatterMatrix(scaled).map((value) => value / n);
    const within = new Float64Array(d * d);
    let used = 0;
    for (const { rows } of this.classes) {
      if (rows.rows === 0) continue;
      used++;
      const scatter = scatterMatrix(rows);
      for (let i = 0; i < within.length; i++) within[i] = (within[i] as number) + (scatter[i] as number);
    }
    // The covariance of all rows counts as one more: where each class has one row, there is no other.
    this.within = within.map((value, i) => (value + (this.total[i] as number)) / (n - used + 1));
  }

  async fit(components: number, prior: CovariancePrior): Promise<ClassCandidate> {
    const mixtures: MixtureNumbers[] = [];
    let trainSum = 0;
    let heldSum = 0;
    let steps = 0;
    let aborted = false;
    for (const [c, one] of this.classes.entries()) {
      const fitted = one.rows.rows === 0 ? undefined : await this.fitClass(c, one, components, prior);
      const mixture = fitted ?? this.marginal();
      mixtures.push(withCopies(mixture, components));
      if (fitted !== undefined) {
        trainSum += fitted.meanLogProb * one.rows.rows;
        steps = Math.max(steps, fitted.steps);
        aborted ||= fitted.aborted;
      }
      if (one.held !== undefined) heldSum += one.held.rows * (await meanLogDensity(one.held, mixture, this.slice));
    }
    const shift = logScale(this.scaling, 0);
    return {
      components,
      prior,
      steps,
      trainNll: shift - trainSum / this.trainRows,
      ...(this.heldRows === 0 ? {} : { validationNll: shift - heldSum / this.heldRows }),
      aborted,
      mixtures,
    };
  }

  private async fitClass(
    c: number,
    { rows, seeds }: OneClass,
    components: number,
    prior: CovariancePrior,
  ): Promise<FittedMixture> {
    const { settings, slice } = this;
    const count = Math.min(components, Math.max(1, Math.floor(rows.rows / settings.rowsPerComponent)));
    const start = await mixtureStart(rows, seeds, count, slice, settings.signal);
    const shift = logScale(this.scaling, 0);
    return maximizeLikelihood(
      this.where,
      { ...start, shares: hardResponsibilities(start.rows, start.labels) },
      { ...settings, strength: prior.strength, target: priorTarget(this.within, rows.columns, count, prior) },
      {
        ...settings,
        slice,
        onStep: (step, logProb) =>
          settings.onProgress({ components, prior, class: c, step, meanLogProb: logProb - shift }),
      },
    );
  }

  /** The normal of all rows. */
  private marginal(): MixtureNumbers {
    const d = this.scaling.means.length;
    const covariance = this.total.map((value, i) => (i % (d + 1) === 0 ? value + this.settings.ridge : value));
    return {
      components: 1,
      features: d,
      weights: Float64Array.of(1),
      means: new Float64Array(d),
      scaleTrils: choleskyFactor(this.where, covariance, d),
    };
  }
}

/** The same density with more components: copies that share the weights. */
function withCopies(mixture: MixtureNumbers, components: number): MixtureNumbers {
  const { components: distinct, features: d } = mixture;
  if (distinct === components) return mixture;
  const weights = new Float64Array(components);
  const means = new Float64Array(components * d);
  const scaleTrils = new Float64Array(components * d * d);
  for (let k = 0; k < components; k++) {
    const from = k % distinct;
    const copies = Math.ceil((components - from) / distinct);
    weights[k] = (mixture.weights[from] as number) / copies;
    means.set(mixture.means.subarray(from * d, (from + 1) * d), k * d);
    scaleTrils.set(mixture.scaleTrils.subarray(from * d * d, (from + 1) * d * d), k * d * d);
  }
  return { components, features: d, weights, means, scaleTrils };
}

/** Mixtures one after the other. */
function joined(mixtures: readonly MixtureNumbers[], features: number): MixtureNumbers {
  const join = (parts: readonly Float64Array[]): Float64Array => {
    const result = new Float64Array(parts.reduce((sum, part) => sum + part.length, 0));
    let at = 0;
    for (const part of parts) {
      result.set(part, at);
      at += part.length;
    }
    return result;
  };
  const weights = join(mixtures.map((mixture) => mixture.weights));
  return {
    components: weights.length,
    features,
    weights,
    means: join(mixtures.map(({ means }) => means)),
    scaleTrils: join(mixtures.map(({ scaleTrils }) => scaleTrils)),
  };
}

function rowsOf(labels: Int32Array, label: number): Int32Array {
  return Int32Array.from({ length: labels.length }, (_, i) => i).filter((i) => labels[i] === label);
}

function takeClassRows({ table, labels }: ClassTable, order: Int32Array): ClassTable {
  return { table: takeHostRows(table, order), labels: order.map((i) => labels[i] as number) };
}

function readClassRows({ rows, classes }: ClassRows, classCount: number, where: string, name: string): ClassTable {
  const table = readRows(rows, where, `${name}rows`);
  if (classes.length !== table.rows) {
    throw new ShapeError(`${where}: expected ${table.rows} ${name}classes, one for each row, got ${classes.length}.`);
  }
  for (const [i, label] of classes.entries()) {
    if (Number.isSafeInteger(label) && label >= 0 && label < classCount) continue;
    throw new DataError(
      `${where}: expected ${name}classes from 0 to ${classCount - 1}, got ${label} in row ${i + 1}.`,
      { row: i + 1 },
    );
  }
  return { table, labels: Int32Array.from(classes) };
}
