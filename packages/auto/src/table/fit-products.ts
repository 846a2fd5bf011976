import type { Table } from "@pushforward/datasets";
import {
  type FitTableDensityOptions,
  fitProductMixture,
  type ProductMixture,
  type TableDensity,
} from "@pushforward/tables";
import { type FittedMember, fitMember } from "./fit-member.ts";

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
