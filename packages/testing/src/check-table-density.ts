import type { CheckOptions } from "./check-bijection.ts";
import { checkLaws, type LawReport } from "./law/law.ts";
import type { TableDensityCase } from "./table/table-density-case.ts";
import { measuredTableDensityLaws } from "./table/table-density-laws.ts";
import type { TableDensityLike } from "./table/table-density-like.ts";

/**
 * Runs all laws of a density of the rows of a table on the running backend and tells how well each holds: see
 * `tableDensityLaws`.
 *
 * @throws {LawError} laws are broken; the message lists them all.
 * @example
 * const { model } = await fitProductMixture(penguins(), { key, columns: ["species"], components: 1 });
 * const { columns, components } = model;
 * const cells = ["Adelie", "Chinstrap", "Gentoo"];
 * await checkTableDensity({
 *   make: () => new ProductMixture({ columns, components }),
 *   columns: [{ name: "species", kind: "text", cells, unseen: ["a new one", undefined] }],
 * });
 */
export function checkTableDensity<T extends object = TableDensityLike>(
  theCase: TableDensityCase<T>,
  options: CheckOptions = {},
): Promise<LawReport[]> {
  const name = options.name ?? "table density";
  return checkLaws(name, measuredTableDensityLaws(name, theCase, options));
}
