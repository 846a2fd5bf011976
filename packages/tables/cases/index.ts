import { createKey } from "@pushforward/core";
import { type Law, type LawOptions, type TableDensityCase, tableDensityLaws } from "@pushforward/testing";
import { copiedColumnsCases } from "./copied-columns.ts";
import { kindsOfColumnsCases } from "./kinds-of-columns.ts";
import { normalMixtureCases } from "./normal-mixtures.ts";
import { numericFlowCases } from "./numeric-flows.ts";
import { withOffGrid } from "./off-grid.ts";
import { productMixtureCases } from "./product-mixtures.ts";
import { ruledDensityCases } from "./ruled-densities.ts";
import { tableDensityCases } from "./table-densities.ts";
import { tableMixtureCases } from "./table-mixtures.ts";

/** A case of any density of tables. */
interface AnyCase {
  readonly name: string;
  laws(options: LawOptions): Law[];
  make(): object;
}

/** A density that has columns. */
interface Columns {
  readonly columns?: Parameters<typeof withOffGrid>[1];
}

function listed<T extends object>(cases: Readonly<Record<string, TableDensityCase<T>>>): AnyCase[] {
  return Object.entries(cases).map(([name, theCase]) => {
    const make = () => theCase.make(createKey(1));
    const columns = withOffGrid(theCase.columns, (make() as Columns).columns ?? []);
    return { name, laws: (options) => tableDensityLaws(name, { ...theCase, columns }, options), make };
  });
}

/** One case or more for each density of tables of the package. */
export const cases: readonly AnyCase[] = [
  ...listed(tableDensityCases),
  ...listed(kindsOfColumnsCases),
  ...listed(productMixtureCases),
  ...listed(normalMixtureCases),
  ...listed(numericFlowCases),
  ...listed(tableMixtureCases),
  ...listed(ruledDensityCases),
  ...listed(copiedColumnsCases),
];
