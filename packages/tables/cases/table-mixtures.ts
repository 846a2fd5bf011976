import { useBackend } from "@pushforward/backend";
import type { Table } from "@pushforward/datasets";
import { createTable } from "@pushforward/datasets/extend";
import type { TableColumnCase, TableDensityCase } from "@pushforward/testing";
import { DEEP } from "../../testing/test/deep.ts";
import { fitTableDensity } from "../src/density/fit/fit-table-density.ts";
import { fitProductMixture } from "../src/mixtures/product-mixture/fit-product-mixture.ts";
import { TableMixture } from "../src/mixtures/table-mixture.ts";
import { otherIntegers } from "./discrete-rows.ts";
import { copiesOf, key, small } from "./fitted.ts";
import { positiveFlow, positiveRows } from "./numeric-flows.ts";

await useBackend("wasm");

const ROWS = 400;

/** A color with gaps, a word that depends on it, and a number that follows from the word. */
function words(): Table {
  const [a, b] = [key.fold("a").uniform(ROWS), key.fold("b").uniform(ROWS)];
  const colors = Array.from(a, (u) => (u < 0.5 ? "red" : u < 0.9 ? "blue" : ""));
  const missing = new Set(colors.flatMap((color, row) => (color === "" ? [row] : [])));
  const own = Array.from(b, (u, row) => (u < (colors[row] === "red" ? 0.9 : 0.2) ? "yes" : "no"));
  return createTable([
    { name: "color", kind: "text", values: colors, missing },
    { name: "word", kind: "text", values: own },
    { name: "length", kind: "number", values: Float64Array.from(own, (word) => word.length) },
  ]);
}

const color: TableColumnCase = {
  name: "color",
  kind: "text",
  cells: ["red", "blue", undefined],
  unseen: ["a new color"],
};
const word: TableColumnCase = { name: "word", kind: "text", cells: ["yes", "no"], unseen: ["a new word", undefined] };
const length: TableColumnCase = {
  name: "length",
  kind: "number",
  cells: [2, 3],
  unseen: [undefined, ...otherIntegers([2, 3], 2000)],
};

async function withProducts(
  columns: readonly string[],
  { context = [], weight = 0.4 }: { readonly context?: readonly string[]; readonly weight?: number } = {},
): Promise<() => TableMixture> {
  const relations = [{ column: "length", from: ["word"], relation: { type: "function" } }] as const;
  const { model: density } = await fitTableDensity(words(), { ...small, columns, context, relations });
  const codings = density.columns.filter(({ dependent }) => dependent === undefined);
  const { model: mixture } = await fitProductMixture(words(), { key, codings, components: 2 });
  return copiesOf(new TableMixture({ density, members: [mixture], weights: [weight] }));
}

const { model: density } = await fitTableDensity(positiveRows(), small);
const flow = await positiveFlow();

export const tableMixtureCases: Readonly<Record<string, TableDensityCase>> = {
  TableMixture: { make: await withProducts(["color", "word"]), columns: [color, word] },
  "TableMixture, a column that follows from another": {
    make: await withProducts(["color", "word", "length"]),
    columns: [color, word, length],
    undrawn: 2 / (ROWS + 1),
  },
  "TableMixture, a mixture that only draws holes": {
    make: await withProducts(["color", "word", "length"], { weight: 0 }),
    columns: [color, word, length],
    undrawn: 2 / (ROWS + 1),
  },
  "TableMixture, context columns": {
    make: await withProducts(["word"], { context: ["color"] }),
    columns: [word],
    context: createTable([
      { name: "color", kind: "text", values: ["red", "blue", "", "a new color"], missing: new Set([2]) },
    ]),
  },
  "TableMixture, with a flow": {
    make: copiesOf(new TableMixture({ density, members: [flow], weights: [0.3] })),
    columns: [
      { name: "group", kind: "text", cells: ["a", "b"], unseen: ["a new group", undefined] },
      {
        name: "height",
        kind: "number",
        unseen: [undefined],
        integrate: { low: 0, high: 40, points: DEEP ? 10_000 : 2_500 },
        bounds: [0, 1e3],
      },
    ],
    perturbation: 0,
    undrawn: 2 / (ROWS + 1),
  },
};
