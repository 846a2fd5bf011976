import type { Table } from "@pushforward/datasets";
import { takeTableRows } from "@pushforward/datasets/extend";
import type { FitTableDensityOptions, NormalMixture, ProductMixture, TableDensity } from "@pushforward/tables";
import { type MixtureColumn, tableParts } from "@pushforward/tables/extend";

/** A mixture beside networks. */
export interface FittedMember<Model> {
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
export interface MemberTask {
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
export async function fitMember<Model extends ProductMixture | NormalMixture>(
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
