import type { ConditionalDistribution, Distribution, Key, Module, NdArray } from "@pushforward/core";
import { takeColumns } from "@pushforward/datasets/extend";
import {
  ConditionalGaussianMixture,
  fitConditionalGaussianMixture,
  fitGaussianMixturePerClass,
  GaussianMixture,
  GaussianMixturePerClass,
} from "@pushforward/distributions";
import type { TableRows } from "@pushforward/tables/extend";
import { poolMixtures } from "./pool-mixtures.ts";
import { classNumbers } from "./prepare-rows.ts";
import { fitWidenedGaussian } from "./widened-gaussian.ts";

/** A trainable base of a flow. */
export type Base = (Distribution | ConditionalDistribution) & Module;

/** A fitted base. */
export interface FittedBase {
  /** A fresh copy, which the caller owns. */
  create(): Base;
  /** Gaussians; of each class where there are classes. */
  readonly components: number;
  readonly classes: number;
  /** Columns that its Gaussians live in, those of the context included. */
  readonly columns: number;
  /** In words: how many Gaussians, and on what they depend. */
  readonly description: string;
}

/** What decides a base beside the rows. */
export interface BaseOptions {
  readonly key: Key;
  /** Fixes the number of Gaussians. Default: chosen on the validation rows. */
  readonly components?: number | undefined;
  /** One Gaussian, with heavy tails where the rows have them; never where there is a context. */
  readonly widened?: boolean | undefined;
  /** The columns of each one-hot block of the context. */
  readonly classes: readonly (readonly number[])[];
  readonly signal?: AbortSignal | undefined;
}

/**
 * Fits a mixture of Gaussians by EM, given the context where there is one: numbers enter a joint mixture, a single block of
 * classes gets a mixture for each class, and of classes beside other context the base knows nothing, only the layers do.
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
  const fitted = await fitConditionalGaussianMixture(given(train), { ...settings, validation: given(validation) });
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

/** Columns up to which a fit costs next to nothing beside the layers. */
const FEW_COLUMNS = 2;
const POOLED_RUNS = 8;

/** Rows that a Gaussian needs, where layers do not make up for one that is left out. */
const ROWS_PER_COMPONENT = 10;

/** Rows, and columns, from which on layers make up for Gaussians that are left out. */
const MANY_ROWS = 2000;
const MANY_COLUMNS = 5;

/**
 * How the number of Gaussians is chosen: the smallest that is within `parsimony` nats per column of the best, and no further
 * search after `patience` rises. With more rows and columns the layers do what fewer Gaussians leave, and do it better: many
 * Gaussians overfit, those with few rows first.
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
