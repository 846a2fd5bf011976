import type { TableDensityModel } from "pushforward/extend";
import type { DescribedModel } from "./loaded-model.ts";

/**
 * Whether a model is a density of a table of any columns, and not a flow of numeric ones.
 *
 * @example
 * const columns = (model: LoadedModel) => (isTableDensity(model) ? model.learned.length : model.schema.columns.length);
 */
export function isTableDensity<T extends DescribedModel | TableDensityModel>(
  model: T,
): model is Extract<T, TableDensityModel> {
  return "density" in model;
}
