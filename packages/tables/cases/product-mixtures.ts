import { useBackend } from "@pushforward/backend";
import type { TableDensityCase } from "@pushforward/testing";
import { fitProductMixture } from "../src/mixtures/product-mixture/fit-product-mixture.ts";
import type { ProductMixture } from "../src/mixtures/product-mixture/product-mixture.ts";
import { discreteColumns, discreteRows } from "./discrete-rows.ts";
import { copiesOf, key } from "./fitted.ts";
import { mixedColumns, mixedRows } from "./mixed-rows.ts";

await useBackend("wasm");

const ask: NonNullable<TableDensityCase<ProductMixture>["ask"]> = (model) => ({
  logProb: (table) => model.logProb(table),
  cellLogProb: (table) => {
    const names = model.columns.map(({ name }) => name);
    return model.conditional(table, [], names).cellLogProb();
  },
  sample: (own, rows) => model.sample(own, rows),
});

export const productMixtureCases: Readonly<Record<string, TableDensityCase<ProductMixture>>> = {
  ProductMixture: {
    make: copiesOf((await fitProductMixture(discreteRows(800), { key, columns: ["color", "size"] })).model),
    ask,
    columns: discreteColumns.slice(0, 2),
    undrawn: 1 / 801,
  },
  "ProductMixture, a real number with a heap": {
    make: copiesOf((await fitProductMixture(mixedRows(1500), { key })).model),
    ask,
    columns: mixedColumns,
    undrawn: 1 / 1501,
  },
};
