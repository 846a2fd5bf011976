import { useBackend } from "@pushforward/backend";
import { findVariables } from "@pushforward/columns";
import { ResidualMlp } from "@pushforward/conditioners";
import type { Table } from "@pushforward/datasets";
import { createTable } from "@pushforward/datasets/extend";
import type { TableDensityCase } from "@pushforward/testing";
import { ColumnDensity } from "../src/density/column-density.ts";
import { fitTableDensity } from "../src/density/fit/fit-table-density.ts";
import { TableDensity } from "../src/density/table-density.ts";
import { discreteColumns, discreteRows, otherIntegers } from "./discrete-rows.ts";
import { copiesOf, key, small } from "./fitted.ts";
import { mixedColumns, mixedRows } from "./mixed-rows.ts";
import { repeatedColumns, repeatedHints, repeatedRows } from "./repeated-rows.ts";

await useBackend("wasm");

const discrete = copiesOf((await fitTableDensity(discreteRows(800), small)).model);
const two = discreteColumns.slice(0, 2);
const names = two.map(({ name }) => name);
const mixed = copiesOf((await fitTableDensity(mixedRows(1500), small)).model);

const signal = AbortSignal.abort();
const frequencies = copiesOf((await fitTableDensity(discreteRows(800), { ...small, columns: names, signal })).model);

/** The first columns with untrained networks. */
function untrained(): TableDensity {
  using trained = discrete();
  return new TableDensity(
    trained.columns.slice(0, 2).map((column, k) => ({
      ...column,
      members: column.members.map(({ head, embedding, network }) => {
        const { inputSize, outputSize, contextSize: context } = network;
        const own = key.fold(k);
        const fresh = new ResidualMlp({
          inputSize,
          outputSize,
          context,
          hidden: [16, 16],
          activation: "silu",
          key: own,
        });
        return new ColumnDensity({ head, embedding, network: fresh, key: own.fold("embedding") });
      }),
    })),
  );
}

/** A word that depends on a number, which has gaps, and on a category. */
function dependentRows(rows: number): Table {
  const [u, v] = [key.fold("u").uniform(rows), key.fold("v").uniform(rows)];
  const groups = Array.from(v, (x) => (x < 0.3 ? "a" : "b"));
  return createTable([
    {
      name: "word",
      kind: "text",
      values: Array.from(u, (x, i) => ((x < 0.1 || x >= 0.5) === (groups[i] === "a") ? "yes" : "no")),
    },
    { name: "size", kind: "number", values: Float64Array.from(u, (x) => (x < 0.1 ? Number.NaN : Math.floor(4 * x))) },
    { name: "group", kind: "text", values: groups },
  ]);
}

const conditional = copiesOf(
  (await fitTableDensity(dependentRows(800), { ...small, context: ["group", "size"] })).model,
);

/** A word, and its length, which follows from it: the length of the longest word is missing. */
const words = Array.from(key.fold("words").uniform(500), (u) => (u < 0.3 ? "one" : u < 0.9 ? "three" : "seventeen"));
const following = copiesOf(
  (
    await fitTableDensity(
      createTable([
        { name: "word", kind: "text", values: words },
        {
          name: "length",
          kind: "number",
          values: Float64Array.from(words, (word) => (word.length > 5 ? Number.NaN : word.length)),
        },
      ]),
      { ...small, relations: [{ column: "length", from: ["word"], relation: { type: "function" } }] },
    )
  ).model,
);

/** An integer with gaps, of which 6 and 7 occur in no row, and its bins. */
const integers = Array.from(key.fold("integers").uniform(600), (u) => Math.floor(15 * u)).filter(
  (x) => x !== 6 && x !== 7,
);
const numbers = Float64Array.from(integers, (x) => (x === 0 ? Number.NaN : x));
const binOf = (x: number): string => (Number.isNaN(x) ? "none" : x < 7 ? "low" : x < 12 ? "middle" : "high");
const binned = copiesOf(
  (
    await fitTableDensity(
      createTable([
        { name: "x", kind: "number", values: numbers },
        { name: "bin", kind: "text", values: Array.from(numbers, binOf) },
      ]),
      { ...small, relations: [{ column: "bin", from: ["x"], relation: { type: "bins" } }] },
    )
  ).model,
);
const occurring = [...new Set(numbers)];

const repeats = copiesOf(
  (await fitTableDensity(findVariables(repeatedRows(900), repeatedHints), { ...small, relations: [] })).model,
);

export const tableDensityCases: Readonly<Record<string, TableDensityCase>> = {
  "TableDensity, trained": {
    make: discrete,
    columns: discreteColumns,
    perturbation: 0,
    undrawn: 1 / 801,
  },
  "TableDensity, networks that have learned nothing": {
    make: untrained,
    columns: two,
    undrawn: 1 / 801,
  },
  "TableDensity, no networks": { make: frequencies, columns: two, undrawn: 1 / 801 },
  "TableDensity, a real number with a heap": {
    make: mixed,
    columns: mixedColumns,
    perturbation: 0,
    undrawn: 1 / 1501,
    // The bins of the density begin and end between the points of an even grid.
    tolerances: { total: 2e-3 },
  },
  "TableDensity, a real number that repeats": {
    make: repeats,
    columns: repeatedColumns(900),
    perturbation: 0,
    undrawn: 1 / 901,
    // The frequent numbers are listed as masses, but the floor of the density gives them a density.
    tolerances: { total: 2e-3 },
  },
  "TableDensity, context columns": {
    make: conditional,
    columns: [{ name: "word", kind: "text", cells: ["yes", "no"], unseen: ["a new word", undefined] }],
    context: createTable([
      { name: "group", kind: "text", values: ["a", "b", "a", "b", "never seen", "a"] },
      { name: "size", kind: "number", values: Float64Array.of(0, 2, Number.NaN, 1e6, 3, -5.5) },
    ]),
    perturbation: 0,
  },
  "TableDensity, bins of a number": {
    make: binned,
    columns: [
      {
        name: "x",
        kind: "number",
        cells: occurring.map((x) => (Number.isNaN(x) ? undefined : x)),
        unseen: otherIntegers(occurring, 6000),
      },
      { name: "bin", kind: "text", cells: ["none", "low", "middle", "high"], unseen: ["a new bin", undefined] },
    ],
    perturbation: 0,
  },
  "TableDensity, a column that follows from another": {
    make: following,
    columns: [
      { name: "word", kind: "text", cells: ["one", "three", "seventeen"], unseen: ["a new word", undefined] },
      {
        name: "length",
        kind: "number",
        cells: [3, 5, undefined],
        unseen: otherIntegers([3, 5], 2500),
      },
    ],
    // Both columns keep a share for what does not follow, or was never seen.
    undrawn: 2 / 501,
  },
};
