import { useBackend } from "@pushforward/backend";
import type { TableDensityCase } from "@pushforward/testing";
import { fitNormalMixture } from "../src/mixtures/normal-mixture/fit-normal-mixture.ts";
import type { NormalMixture } from "../src/mixtures/normal-mixture/normal-mixture.ts";
import { discreteColumns, discreteRows } from "./discrete-rows.ts";
import { copiesOf, key } from "./fitted.ts";
import { mixedColumns, mixedRows } from "./mixed-rows.ts";

await useBackend("wasm");

const ask: NonNullable<TableDensityCase<NormalMixture>["ask"]> = (model) => ({
  logProb: (table) => model.logProb(table),
  cellLogProb: (table) => {
    const names = model.columns.map(({ name }) => name);
    return model.conditional(table, [], names).cellLogProb();
  },
  sample: (own, rows) => model.sample(own, rows),
});

export const normalMixtureCases: Readonly<Record<string, TableDensityCase<NormalMixture>>> = {
  NormalMixture: {
    make: copiesOf((await fitNormalMixture(discreteRows(800), { key, columns: ["color", "size"] })).model),
    ask,
    columns: discreteColumns.slice(0, 2),
    undrawn: 1 / 801,
  },
  "NormalMixture, a real number with a heap": {
    make: copiesOf((await fitNormalMixture(mixedRows(1500), { key })).model),
    ask,
    columns: mixedColumns,
    undrawn: 1 / 1501,
  },
};
