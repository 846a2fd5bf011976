import type { Table } from "@pushforward/datasets";
import { takeTableRows } from "@pushforward/datasets/extend";
import { mixtureWeights } from "@pushforward/distributions/extend";
import {
  type FitTableDensityOptions,
  fitNormalMixture,
  fitProductMixture,
  type NormalMixture,
  type ProductMixture,
  type TableDensity,
} from "@pushforward/tables";
import { isSeparate, type MixtureColumn, tableParts } from "@pushforward/tables/extend";
import { mixtureNll } from "../assemble-model.ts";

/** A mixture that complements the networks. */
interface FittedMember<Model> {
  readonly model: Model;
  /** Log-densities of the validation rows of the networks, from mixtures that were fitted without these rows. */
  readonly validationLogProb: Float64Array;
}

/** Settings of a mixture, and how good it was. */
interface TriedSettings {
  readonly components: number;
  readonly smoothing?: number;
  /** Nats per row. */
  readonly validationNll: number;
}

/** Inputs for fitting a mixture. */
interface MemberTask {
  readonly train: Table;
  readonly codings: readonly MixtureColumn[];
  /** Rows for choosing the settings; empty if `best` contains the settings. */
  readonly validation: Table;
  readonly best: Omit<TriedSettings, "validationNll"> | undefined;
}

/** A mixture, and the settings that were tried. */
interface MemberFit<Model> {
  readonly model: Model;
  readonly tried: readonly TriedSettings[];
}

/**
 * Fits a mixture to the columns of a density that do not depend on other columns, with the same rows for training and
 * validation; undefined without such columns.
 *
 * @param fit fits a mixture to some rows.
 */
async function fitMember<Model extends ProductMixture | NormalMixture>(
  table: Table,
  density: TableDensity,
  options: FitTableDensityOptions,
  fit: (task: MemberTask) => Promise<MemberFit<Model>>,
): Promise<FittedMember<Model> | undefined> {
  const codings = density.columns.filter((column) => !isSeparate(column)).map(({ name, coding }) => ({ name, coding }));
  if (codings.length === 0) return undefined;
  const { context } = density;
  const { train, validation, folds } = tableParts(table, density.columns.length, options);
  if (folds.length === 0) {
    const { model } = await fit({ train, codings, validation, best: undefined });
    return { model, validationLogProb: logProbOf(model, validation, codings, context, "new") };
  }
  const validationLogProb = new Float64Array(table.rows);
  const tried: TriedSettings[] = [];
  for (const fold of folds) {
    const held = takeTableRows(table, fold.validation);
    const own = takeTableRows(table, fold.train);
    const found = await fit({ train: own, codings, validation: held, best: undefined });
    tried.push(...found.tried);
    const logProb = logProbOf(found.model, held, codings, context, "own");
    found.model.dispose();
    for (const [k, row] of fold.validation.entries()) validationLogProb[row] = logProb[k] as number;
  }
  const best = bestSettings(tried, folds.length);
  const { model } = await fit({ train: table, codings, validation: takeTableRows(table, []), best });
  return { model, validationLogProb };
}

function logProbOf(
  model: ProductMixture | NormalMixture,
  table: Table,
  codings: readonly MixtureColumn[],
  given: readonly string[],
  origin: "own" | "new",
): Float64Array {
  const asked = codings.map(({ name }) => name).filter((name) => !given.includes(name));
  return model.conditional(table, given, asked, { origin }).logProb();
}

/** Returns the settings with the best average over all folds that tried the same settings. */
function bestSettings(tried: readonly TriedSettings[], folds: number): Omit<TriedSettings, "validationNll"> {
  const sums = new Map<string, { settings: Omit<TriedSettings, "validationNll">; nll: number; count: number }>();
  for (const { components, smoothing, validationNll } of tried) {
    const key = `${components} ${smoothing}`;
    const { nll = 0, count = 0 } = sums.get(key) ?? {};
    const settings = { components, ...(smoothing !== undefined && { smoothing }) };
    sums.set(key, { settings, nll: nll + validationNll, count: count + 1 });
  }
  const everywhere = [...sums.values()].filter(({ count }) => count === folds);
  const [best] = everywhere.sort((a, b) => a.nll - b.nll);
  return best?.settings ?? { components: 1 };
}

/**
 * Limits for the number of ordered columns. Fewer columns have no joint normal to learn, and covariances of more
 * columns take long.
 */
const LEAST_COLUMNS = 2;
const MOST_COLUMNS = 60;
/** Maximum number of rows. With more rows, networks learn more than a mixture of few components. */
const MOST_ROWS = 10_000;

/**
 * Fits a mixture of normals to the columns of a density that do not depend on other columns, with the same rows for
 * training and validation. Undefined if the number of numeric columns is too small or too large, or if the table has
 * more than 10,000 rows.
 */
export async function fitNormals(
  table: Table,
  density: TableDensity,
  options: FitTableDensityOptions,
): Promise<FittedMember<NormalMixture> | undefined> {
  const numbers = density.columns.filter((column) => !isSeparate(column) && column.coding.columnKind === "number");
  if (numbers.length < LEAST_COLUMNS || numbers.length > MOST_COLUMNS || table.rows > MOST_ROWS) return undefined;
  return fitMember(table, density, options, ({ train, codings, validation, best }) =>
    fitNormalMixture(train, { key: options.key.fold("normals"), codings, validation, signal: options.signal, ...best }),
  );
}

/** Numbers of components to try, as long as a fit takes no more than seconds: components times cells of the table. */
const COMPONENTS = [1, 4, 16, 64, 256];
const MOST_WORK = 2e7;
/** Minimum number of rows per component. */
const LEAST_PER_COMPONENT = 4;

/**
 * Fits a mixture of products to the columns of a density that do not depend on other columns, with the same rows for
 * training and validation; undefined without such columns.
 */
export function fitProducts(
  table: Table,
  density: TableDensity,
  options: FitTableDensityOptions,
): Promise<FittedMember<ProductMixture> | undefined> {
  return fitMember(table, density, options, ({ train, codings, validation, best }) => {
    const work = train.rows * codings.length;
    const isPossible = (count: number): boolean =>
      count * work <= MOST_WORK && count * LEAST_PER_COMPONENT <= train.rows;
    const components = COMPONENTS.filter((count) => count === 1 || isPossible(count));
    const common = { key: options.key.fold("products"), codings, validation, signal: options.signal };
    return fitProductMixture(train, { ...common, components, ...best });
  });
}

/** Minimum weight. Smaller weights have no effect. */
const LEAST_WEIGHT = 0.005;

/** How much of each density of a table is in their mixture. */
export interface MemberWeights {
  /** Weights. The first is above 0, and a weight of 0 marks a member that is left out. */
  readonly weights: readonly number[];
  /** Of the rows by the mixture. */
  readonly meanLogProb: number;
}

/**
 * Returns the weights that are best on some rows, without members that have no effect.
 *
 * @param logProbs log-density of the rows for each density; the first density, of the networks, is always kept.
 */
export function memberWeights(logProbs: readonly Float64Array[]): MemberWeights {
  const first = mixtureWeights(logProbs).weights;
  const isKept = logProbs.map((_, k) => k === 0 || (first[k] as number) >= LEAST_WEIGHT);
  const { weights } = mixtureWeights(logProbs.filter((_, k) => isKept[k]));
  const [networks = 1, ...others] = weights;
  const scale = networks < LEAST_WEIGHT ? (1 - LEAST_WEIGHT) / (1 - networks) : 1;
  const all = [Math.max(networks, LEAST_WEIGHT), ...others.map((weight) => scale * weight)];
  const kept = isKept.map((is) => (is ? (all.shift() as number) : 0));
  return { weights: kept, meanLogProb: -mixtureNll(logProbs, kept) };
}
