import type { Table } from "@pushforward/datasets";
import { takeTableRows } from "@pushforward/datasets";
import {
  type MixtureColumn,
  type MixtureComponentsEvent,
  type ProductMixture,
  productMixture,
  type TableDensity,
  type TableDensityOptions,
  tableParts,
} from "@pushforward/tables";

/** A mixture of products beside networks. */
export interface FittedProducts {
  readonly model: ProductMixture;
  /** Of the rows that validate the networks, by mixtures that were fitted without them. */
  readonly validationLogProb: Float64Array;
}

/** Sizes that are tried, as long as a fit takes no more than seconds: components times cells of the table. */
const COMPONENTS = [1, 4, 16, 64, 256];
const MOST_WORK = 2e7;

/**
 * Fits a mixture of products to the columns of a density that do not follow from others, with the same rows for training and
 * validation; undefined if there are none.
 */
export async function fitProducts(
  table: Table,
  density: TableDensity,
  options: TableDensityOptions,
): Promise<FittedProducts | undefined> {
  const codings = density.columns
    .filter(({ dependent }) => dependent === undefined)
    .map(({ name, coding }) => ({ name, coding }));
  if (codings.length === 0) return undefined;
  const parts = tableParts(table, density.columns.length, options);
  const work = parts.train.rows * codings.length;
  const components = COMPONENTS.filter((count) => count === 1 || count * work <= MOST_WORK);
  const common = { key: options.key.fold("products"), codings, signal: options.signal };
  const { given } = density;
  if (parts.folds.length === 0) {
    const { model } = await productMixture(parts.train, { ...common, components, validation: parts.validation });
    return { model, validationLogProb: logProbOf(model, parts.validation, codings, given, "new") };
  }
  const validationLogProb = new Float64Array(table.rows);
  const tried: MixtureComponentsEvent[] = [];
  for (const { train, validation } of parts.folds) {
    const held = takeTableRows(table, validation);
    const fold = await productMixture(takeTableRows(table, train), { ...common, components, validation: held });
    tried.push(...fold.tried);
    const logProb = logProbOf(fold.model, held, codings, given, "own");
    fold.model.dispose();
    for (const [k, row] of validation.entries()) validationLogProb[row] = logProb[k] as number;
  }
  const best = bestSize(tried, parts.folds.length);
  const none = takeTableRows(table, []);
  const { model } = await productMixture(table, { ...common, ...best, validation: none });
  return { model, validationLogProb };
}

function logProbOf(
  model: ProductMixture,
  table: Table,
  codings: readonly MixtureColumn[],
  given: readonly string[],
  origin: "own" | "new",
): Float64Array {
  const asked = codings.map(({ name }) => name).filter((name) => !given.includes(name));
  return model.conditional(table, given, asked, { origin }).logProb();
}

/** The size and smoothing that were best on the average of all folds that tried them. */
function bestSize(
  tried: readonly MixtureComponentsEvent[],
  folds: number,
): { readonly components: number; readonly smoothing: number } {
  const sums = new Map<string, { components: number; smoothing: number; nll: number; count: number }>();
  for (const { components, smoothing, validationNll } of tried) {
    const key = `${components} ${smoothing}`;
    const { nll = 0, count = 0 } = sums.get(key) ?? {};
    sums.set(key, { components, smoothing, nll: nll + validationNll, count: count + 1 });
  }
  const everywhere = [...sums.values()].filter(({ count }) => count === folds);
  const [best] = everywhere.sort((a, b) => a.nll - b.nll);
  return { components: best?.components ?? 1, smoothing: best?.smoothing ?? 5 };
}
