import type { ConditionalDistribution, Distribution, Key, Module, NdArray } from "@pushforward/core";
import { takeColumns } from "@pushforward/datasets/extend";
import {
  ConditionalGaussianMixture,
  fitConditionalGaussianMixture,
  fitGaussianMixture,
  fitGaussianMixturePerClass,
  GaussianMixture,
  type GaussianMixtureFit,
  GaussianMixturePerClass,
  type MixtureFitOptions,
  MultivariateStudentT,
} from "@pushforward/distributions";
import { mixtureWeights } from "@pushforward/distributions/extend";
import { logProbRows } from "@pushforward/flows";
import type { TableRows } from "@pushforward/tables/extend";
import { poolMixtures } from "./pool-mixtures.ts";
import { classNumbers } from "./prepare-rows.ts";

/** Standard deviations of the Gaussians, relative to the fitted one. */
const SCALES = [1, 2, 4] as const;

/** Rows that the wider ones must have together to be worth it, as a share. */
const LEAST_SHARE = 0.02;
/** A Gaussian with less weight would barely learn. */
const LEAST_WEIGHT = 0.01;

/**
 * A Gaussian fitted to rows, as three Gaussians with the same mean, two wider than the first. With learned weights
 * these are heavy tails, similar to a Student-t, which is a mixture of infinitely many Gaussians (Andrews and Mallows
 * 1974). Distant rows then have a low cost and do not distort the layers. The weights maximize the likelihood of the
 * rows. If the wider Gaussians have almost no weight, the result is one Gaussian.
 */
export async function fitWidenedGaussian(
  rows: NdArray,
  options: MixtureFitOptions & { readonly key: Key },
): Promise<Pick<GaussianMixtureFit, "features" | "weights" | "means" | "scaleTrils">> {
  const fitted = await fitGaussianMixture(rows, { ...options, components: 1 });
  const { features, means } = fitted;
  const widened = SCALES.map((scale) => ({
    weights: [1],
    means,
    scaleTrils: fitted.scaleTrils.map((value) => scale * value),
    features,
  }));
  const logProbs = widened.map((gaussian) => {
    using wide = new GaussianMixture(gaussian);
    return logProbRows(wide, rows);
  });
  const { weights } = mixtureWeights(logProbs);
  if (1 - (weights[0] as number) < LEAST_SHARE) return fitted;
  const raised = weights.map((weight) => Math.max(LEAST_WEIGHT, weight));
  const sum = raised.reduce((a, b) => a + b, 0);
  const joined = (part: "means" | "scaleTrils"): Float64Array =>
    Float64Array.from(widened.flatMap((of) => [...of[part]]));
  return { features, weights: raised.map((w) => w / sum), means: joined("means"), scaleTrils: joined("scaleTrils") };
}

/** A trainable base of a flow. */
export type Base = (Distribution | ConditionalDistribution) & Module;

/** A fitted base. */
export interface FittedBase {
  /** A fresh copy, which the caller owns. */
  create(): Base;
  /** Number of Gaussians, per class if there are classes. */
  readonly components: number;
  readonly classes: number;
  /** Number of columns of its Gaussians, including context. */
  readonly columns: number;
  /** Description: the number of Gaussians, and their conditions. */
  readonly description: string;
}

/** Settings of a base in addition to the rows. */
export interface BaseOptions {
  readonly key: Key;
  /** Fixes the number of Gaussians. Default: chosen on the validation rows. */
  readonly components?: number | undefined;
  /** One Gaussian, with heavy tails if the rows have heavy tails; always light with a context. */
  readonly widened?: boolean | undefined;
  /** The columns of each one-hot block of the context. */
  readonly classes: readonly (readonly number[])[];
  readonly signal?: AbortSignal | undefined;
}

/**
 * Fits a Gaussian mixture by EM, with a context if present: numeric context is part of a joint mixture, a single block of
 * classes has one mixture per class. Other categorical context is known to the layers only.
 * With a wide context and many rows, only few Gaussians are tried, because a step takes the square of the columns.
 */
export async function fitBase(train: TableRows, validation: TableRows, options: BaseOptions): Promise<FittedBase> {
  const { key, widened = false, components = widened ? 1 : undefined, classes, signal } = options;
  const settings: BaseSettings = {
    key,
    ...searchOf(train.x.shape as unknown as readonly [number, number]),
    ...(components !== undefined && { components }),
    ...(signal && { signal }),
  };
  const { context } = train;
  const inClasses = new Set(classes.flat());
  const numbers = Array.from({ length: context?.shape[1] ?? 0 }, (_, j) => j).filter((j) => !inClasses.has(j));
  const [only, ...others] = classes;
  if (context !== undefined && numbers.length > 0) return await fitConditional(train, validation, numbers, settings);
  if (context !== undefined && only !== undefined && others.length === 0) {
    return await fitPerClass(train, validation, only, settings);
  }
  return widened ? await fitWidened(train, settings) : await fitPooled(train, validation, settings);
}

type BaseSettings = Parameters<typeof fitWidenedGaussian>[1];

/** Numbers of Gaussians to try with a context, and the most multiplications in a step of their fit. */
const CONDITIONAL_COMPONENTS = [1, 4, 16, 32, 64];
const MOST_WORK = 5e8;

async function fitConditional(
  train: TableRows,
  validation: TableRows,
  numbers: readonly number[],
  settings: BaseSettings,
): Promise<FittedBase> {
  const given = (rows: TableRows): { x: NdArray; context: NdArray } => ({
    x: rows.x,
    context: takeColumns(rows.context as NdArray, numbers),
  });
  const [rows, columns] = train.x.shape as unknown as readonly [number, number];
  const work = rows * (columns + numbers.length) ** 2;
  const components = CONDITIONAL_COMPONENTS.filter((count) => count === 1 || count * work <= MOST_WORK);
  const fitted = await fitConditionalGaussianMixture(given(train), {
    ...{ components, ...settings },
    validation: given(validation),
  });
  const contextFeatures = train.context?.shape[1] as number;
  return {
    create: () =>
      new ConditionalGaussianMixture({ ...fitted, contextFeatures, contextColumns: numbers, learnable: true }),
    components: fitted.components,
    classes: 1,
    columns: fitted.features,
    description: `${gaussians(fitted.components)} of numbers and context together`,
  };
}

async function fitPerClass(
  train: TableRows,
  validation: TableRows,
  classColumns: readonly number[],
  settings: BaseSettings,
): Promise<FittedBase> {
  const classesOf = ({ context }: TableRows) => classNumbers(context as NdArray, classColumns);
  const fitted = await fitGaussianMixturePerClass(train.x, classesOf(train), classColumns.length, {
    ...settings,
    // Each class has its own Gaussians: few rows for each of them, and few of them, whatever the table as a whole has.
    rowsPerComponent: ROWS_PER_COMPONENT,
    validation: { rows: validation.x, classes: classesOf(validation) },
  });
  const contextFeatures = train.context?.shape[1] as number;
  return {
    create: () => new GaussianMixturePerClass({ ...fitted, contextFeatures, classColumns, learnable: true }),
    components: fitted.components,
    classes: classColumns.length,
    columns: fitted.features,
    description: `${gaussians(fitted.components)} for each of ${classColumns.length} classes`,
  };
}

async function fitWidened(train: TableRows, settings: BaseSettings): Promise<FittedBase> {
  const tailed = await fitWidenedGaussian(train.x, settings);
  return {
    create: () => new GaussianMixture({ ...tailed, learnable: true }),
    components: tailed.weights.length,
    classes: 1,
    columns: tailed.features,
    description: tailed.weights.length === 1 ? gaussians(1) : "one Gaussian with heavy tails",
  };
}

async function fitPooled(train: TableRows, validation: TableRows, settings: BaseSettings): Promise<FittedBase> {
  const runs = (train.x.shape[1] as number) <= FEW_COLUMNS ? POOLED_RUNS : 1;
  const fitted = await poolMixtures(train.x, validation.x, runs, settings);
  const { each, ...mixture } = fitted;
  const kept = fitted.components / each;
  return {
    create: () => new GaussianMixture({ ...mixture, learnable: true }),
    components: fitted.components,
    classes: 1,
    columns: fitted.features,
    description: gaussians(fitted.components) + (kept > 1 ? ` from ${kept} fits of ${each}` : ""),
  };
}

/** Maximum columns for which a fit is negligible compared to the layers. */
const FEW_COLUMNS = 2;
const POOLED_RUNS = 8;

/** Rows that a Gaussian needs, where layers do not make up for one that is left out. */
const ROWS_PER_COMPONENT = 10;

/** Rows, and columns, from which on layers make up for Gaussians that are left out. */
const MANY_ROWS = 2000;
const MANY_COLUMNS = 5;

/**
 * Selection of the number of Gaussians: the smallest within `parsimony` nats per column of the best. The search stops
 * after `patience` increases. With more rows and columns, layers improve on fewer Gaussians. Too large a number of
 * Gaussians overfits, particularly with few rows each.
 */
function searchOf([rows, columns]: readonly [rows: number, columns: number]): {
  readonly parsimony: number;
  readonly patience: number;
  readonly rowsPerComponent: number;
} {
  const isLarge = rows >= MANY_ROWS && columns >= MANY_COLUMNS;
  return {
    parsimony: isLarge ? 0.03 : 0.01,
    patience: rows < MANY_ROWS ? 2 : 1,
    rowsPerComponent: isLarge ? 100 : ROWS_PER_COMPONENT,
  };
}

function gaussians(count: number): string {
  return count === 1 ? "one Gaussian" : `${count} Gaussians`;
}

/** Added to the variances, in standard units: columns may be constant, or depend on each other. */
const RIDGE = 1e-5;

/**
 * A multivariate Student-t with the mean and covariance of the rows as location and scale matrix. With a small weight in a
 * mixture it limits the cost of a distant row (a defensive mixture: Hesterberg 1995,
 * https://doi.org/10.1080/00401706.1995.10484303), because its log-density falls with the logarithm of the distance, not with
 * its square.
 *
 * @param rows `[n, columns]` in standard units.
 * @param degreesOfFreedom 1 is a Cauchy, which has no mean. Default: 1.
 * @example
 * using component = defensiveComponent(ndArray([3, 1], Float64Array.of(-1, 0, 1)), 5);
 */
export function defensiveComponent({ shape, data }: NdArray, degreesOfFreedom = 1): MultivariateStudentT {
  const [rows, columns] = shape as unknown as readonly [number, number];
  const location = new Float64Array(columns);
  for (let i = 0; i < data.length; i++) {
    location[i % columns] = (location[i % columns] as number) + (data[i] as number) / rows;
  }
  const matrix = Array.from({ length: columns }, () => new Float64Array(columns));
  const centered = new Float64Array(columns);
  for (let row = 0; row < data.length; row += columns) {
    for (let i = 0; i < columns; i++) {
      const difference = (data[row + i] as number) - (location[i] as number);
      centered[i] = difference;
      const line = matrix[i] as Float64Array;
      for (let j = 0; j <= i; j++) line[j] = (line[j] as number) + (difference * (centered[j] as number)) / rows;
    }
  }
  for (const [i, line] of matrix.entries()) {
    line[i] = (line[i] as number) + RIDGE;
    for (let j = i + 1; j < columns; j++) line[j] = (matrix[j] as Float64Array)[i] as number;
  }
  return new MultivariateStudentT({ degreesOfFreedom, location, scaleMatrix: matrix });
}

/** Bandwidths that are tried, in standard deviations. */
const BANDWIDTHS = Array.from({ length: 24 }, (_, i) => 0.02 * 1.25 ** i);

/** Training rows that are used at most: the work is rows times rows. */
const MOST_ROWS = 20_000;

/**
 * The negative mean log-density of some rows under a kernel density estimate, `p(y) = Σᵢ N(y; xᵢ, h² I) / n`, in nats a
 * row, with the bandwidth h that is best on these rows.
 */
export function kernelDensityNll(train: NdArray, rows: NdArray): number {
  const [all, columns] = train.shape as unknown as readonly [number, number];
  const count = rows.shape[0] as number;
  const n = Math.min(all, MOST_ROWS);
  const sums = new Float64Array(BANDWIDTHS.length);
  const squares = new Float64Array(n);
  for (let i = 0; i < count; i++) {
    let least = Number.POSITIVE_INFINITY;
    for (let k = 0; k < n; k++) {
      const from = Math.floor((k * all) / n) * columns;
      let square = 0;
      for (let j = 0; j < columns; j++) {
        const difference = (rows.data[i * columns + j] as number) - (train.data[from + j] as number);
        square += difference * difference;
      }
      squares[k] = square;
      if (square < least) least = square;
    }
    for (const [b, bandwidth] of BANDWIDTHS.entries()) {
      const factor = -0.5 / (bandwidth * bandwidth);
      let sum = 0;
      for (let k = 0; k < n; k++) {
        const exponent = factor * ((squares[k] as number) - least);
        if (exponent > -40) sum += Math.exp(exponent);
      }
      sums[b] = (sums[b] as number) + Math.log(sum) + factor * least - columns * Math.log(bandwidth);
    }
  }
  const constant = Math.log(n) + 0.5 * columns * Math.log(2 * Math.PI);
  return constant - Math.max(...sums) / count;
}
