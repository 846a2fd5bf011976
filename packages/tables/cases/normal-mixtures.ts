import { useBackend } from "@pushforward/backend";
import { findVariables } from "@pushforward/columns";
import type { TableDensityCase } from "@pushforward/testing";
import { fitTableDensity } from "../src/density/fit/fit-table-density.ts";
import { fitNormalMixture } from "../src/mixtures/normal-mixture/fit-normal-mixture.ts";
import type { NormalMixture } from "../src/mixtures/normal-mixture/normal-mixture.ts";
import { discreteColumns, discreteRows } from "./discrete-rows.ts";
import { copiesOf, key, small } from "./fitted.ts";
import { mixedColumns, mixedRows } from "./mixed-rows.ts";
import { repeatedColumns, repeatedHints, repeatedRows } from "./repeated-rows.ts";

await useBackend("wasm");

const ask: NonNullable<TableDensityCase<NormalMixture>["ask"]> = (model) => ({
  logProb: (table) => model.logProb(table),
  cellLogProb: (table) => {
    const names = model.columns.map(({ name }) => name);
    return model.conditional(table, [], names).cellLogProb();
  },
  sample: (own, rows) => model.sample(own, rows),
});

/** The codings of all rows: a fit of its own would hold some out. */
const { columns: codings } = (
  await fitTableDensity(findVariables(repeatedRows(900), repeatedHints), {
    ...{ ...small, relations: [], signal: AbortSignal.abort() },
  })
).model;

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
  "NormalMixture, a real number that repeats": {
    make: copiesOf((await fitNormalMixture(repeatedRows(900), { key, codings })).model),
    ask,
    columns: repeatedColumns(900),
    undrawn: 1 / 901,
    // As for the networks: the floor gives frequent numbers a density, too.
    tolerances: { total: 2e-3 },
  },
};
