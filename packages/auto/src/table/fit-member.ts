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
import { type MixtureColumn, tableParts } from "@pushforward/tables/extend";
import { mixtureNll } from "../assemble-model.ts";

/** A mixture beside networks. */
interface FittedMember<Model> {
  readonly model: Model;
  /** Of the rows that validate the networks, by mixtures that were fitted without them. */
  readonly validationLogProb: Float64Array;
}

/** Settings of a mixture, and how good it was. */
interface TriedSettings {
  readonly components: number;
  readonly smoothing?: number;
  /** Nats per row. */
  readonly validationNll: number;
}

/** What a mixture is fitted to. */
interface MemberTask {
  readonly train: Table;
  readonly codings: readonly MixtureColumn[];
  /** Rows that choose the settings; none where `best` has them. */
  readonly validation: Table;
  readonly best: Omit<TriedSettings, "validationNll"> | undefined;
}

/** A mixture, and what was tried. */
interface MemberFit<Model> {
  readonly model: Model;
  readonly tried: readonly TriedSettings[];
}

/**
 * Fits a mixture to the columns of a density that do not follow from others, with the same rows for training and validation;
 * undefined if there are none.
 *
 * @param fit fits one to some rows.
 */
async function fitMember<Model extends ProductMixture | NormalMixture>(
  table: Table,
  density: TableDensity,
  options: FitTableDensityOptions,
  fit: (task: MemberTask) => Promise<MemberFit<Model>>,
): Promise<FittedMember<Model> | undefined> {
  const codings = density.columns
    .filter(({ dependent }) => dependent === undefined)
    .map(({ name, coding }) => ({ name, coding }));
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

/** The settings that were best on the average of all folds that tried them. */
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

/** Columns whose values have an order: fewer have hardly a joint normal, and covariances of more take long. */
const LEAST_COLUMNS = 2;
const MOST_COLUMNS = 60;
/** From so many rows networks learn more than a mixture of few components can have. */
const MOST_ROWS = 10_000;

/**
 * Fits a mixture of normals to the columns of a density that do not follow from others, with the same rows for training and
 * validation; undefined where too few or too many of them are numbers, or where there are many rows.
 */
export async function fitNormals(
  table: Table,
  density: TableDensity,
  options: FitTableDensityOptions,
): Promise<FittedMember<NormalMixture> | undefined> {
  const numbers = density.columns.filter(
    ({ dependent, coding }) => dependent === undefined && coding.columnKind === "number",
  );
  if (numbers.length < LEAST_COLUMNS || numbers.length > MOST_COLUMNS || table.rows > MOST_ROWS) return undefined;
  return fitMember(table, density, options, ({ train, codings, validation, best }) =>
    fitNormalMixture(train, { key: options.key.fold("normals"), codings, validation, signal: options.signal, ...best }),
  );
}

/** Sizes that are tried, as long as a fit takes no more than seconds: components times cells of the table. */
const COMPONENTS = [1, 4, 16, 64, 256];
const MOST_WORK = 2e7;

/**
 * Fits a mixture of products to the columns of a density that do not follow from others, with the same rows for training and
 * validation; undefined if there are none.
 */
export function fitProducts(
  table: Table,
  density: TableDensity,
  options: FitTableDensityOptions,
): Promise<FittedMember<ProductMixture> | undefined> {
  return fitMember(table, density, options, ({ train, codings, validation, best }) => {
    const work = train.rows * codings.length;
    const components = COMPONENTS.filter((count) => count === 1 || count * work <= MOST_WORK);
    const common = { key: options.key.fold("products"), codings, validation, signal: options.signal };
    return fitProductMixture(train, { ...common, components, ...best });
  });
}

/** Less weight changes nothing. */
const LEAST_WEIGHT = 0.005;

/** How much of each density of a table is in their mixture. */
export interface MemberWeights {
  /** The first is above 0; 0 for another one that is left out. */
  readonly weights: readonly number[];
  /** Of the rows by the mixture. */
  readonly meanLogProb: number;
}

/**
 * The weights that are best on some rows, without members that change nothing.
 *
 * @param logProbs for each density the log-density of the rows; the first one, of the networks, stays in any case.
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
