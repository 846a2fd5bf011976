import { useBackend } from "@pushforward/backend";
import { findVariables, parseDeclarations } from "@pushforward/columns";
import type { Column, Table } from "@pushforward/datasets";
import { createTable } from "@pushforward/datasets/extend";
import type { TableColumnCase, TableDensityCase } from "@pushforward/testing";
import { NumberCoding } from "../src/density/coding/number-coding.ts";
import { type CopiedCells, type CopySource, NO_COPIES } from "../src/density/copied-cells.ts";
import { fitTableDensity } from "../src/density/fit/fit-table-density.ts";
import { RecalledCells } from "../src/density/recalled-cells.ts";
import { TableDensity } from "../src/density/table-density.ts";
import { fitProductMixture } from "../src/mixtures/product-mixture/fit-product-mixture.ts";
import { TableMixture } from "../src/mixtures/table-mixture.ts";
import { type RowRule, rowsThatKeep } from "../src/rules/row-rules.ts";
import { RuledDensity } from "../src/rules/ruled-density.ts";
import { copiesOf, key, small } from "./fitted.ts";
import { allRows } from "./off-grid.ts";

await useBackend("wasm");

const ROWS = 400;
const MOST = 7;
/** Mass of cells that are not drawn, without and with rules. */
const FREE = 1 / (ROWS + 1);
const RULED = 4 / (ROWS + 2);

/** A bill with gaps, a payment that is the bill in four of ten rows, a word that depends on the payment, and a fee. */
export function paidBills(rows: number): Table {
  const [a, b, c, d] = ["bill", "paid", "word", "fee"].map((name) => key.fold(name).uniform(rows)) as [
    Float32Array,
    Float32Array,
    Float32Array,
    Float32Array,
  ];
  const bill = Float64Array.from(a, (u) => (u < 0.1 ? Number.NaN : Math.floor(8 * u)));
  const paid = Float64Array.from(b, (u, i) =>
    u < 0.4 && !Number.isNaN(bill[i]) ? (bill[i] as number) : u < 0.5 ? Number.NaN : Math.floor(16 * (u - 0.5)),
  );
  return createTable([
    { name: "bill", kind: "number", values: bill },
    { name: "paid", kind: "number", values: paid },
    {
      name: "word",
      kind: "text",
      values: Array.from(paid, (x, i) => (x > 3 === (c[i] as number) < 0.8 ? "yes" : "no")),
    },
    { name: "fee", kind: "number", values: Float64Array.from(d, (u) => Math.floor(3 * u)) },
  ]);
}

/** Prices of shops, where each shop has a few usual prices, and a word that depends on the price. */
export function shopPrices(rows: number): Table {
  const [a, b, c, d] = ["shop", "price", "usual", "cheap"].map((name) => key.fold(name).uniform(rows)) as [
    Float32Array,
    Float32Array,
    Float32Array,
    Float32Array,
  ];
  const shop = Array.from(a, (u) => Math.floor(3 * u));
  const price = Float64Array.from(b, (u, i) => {
    const own = shop[i] as number;
    return (c[i] as number) < 0.6 ? (17 * own + 13 * Math.floor(3 * u) + 5) % PRICES : Math.floor(PRICES * u * u);
  });
  return createTable([
    { name: "shop", kind: "text", values: shop.map((own) => `shop ${own}`) },
    { name: "price", kind: "number", values: price },
    {
      name: "cheap",
      kind: "text",
      values: Array.from(price, (x, i) => (x < 20 === (d[i] as number) < 0.9 ? "yes" : "no")),
    },
  ]);
}

const PRICES = 50;

const numbers = Array.from({ length: MOST + 1 }, (_, x) => x);
const columns: readonly TableColumnCase[] = [
  { name: "bill", kind: "number", cells: [...numbers, undefined] },
  { name: "paid", kind: "number", cells: [...numbers, undefined] },
  { name: "word", kind: "text", cells: ["yes", "no"], unseen: ["a new word", undefined] },
];

const declared = parseDeclarations(`bill:interval(0,${MOST}),paid:interval(0,${MOST}),fee:interval(0,2)`);
const options = { ...small, columns: ["bill", "paid", "word"], relations: [] };
const { model: found } = await fitTableDensity(findVariables(paidBills(ROWS), { declared }), options);
const copied = found.columns.map((column) =>
  column.name === "paid"
    ? { ...column, copies: { sources: [{ from: [0], signs: [1 as const] }], shares: [[0.35]] } }
    : column,
);
const density = new TableDensity(copied);
const free = density.columns.filter(({ copies }) => copies === undefined);
const { model: products } = await fitProductMixture(paidBills(ROWS), { key, codings: free, components: 2 });
const makeDensity = copiesOf(density);
const { model: again } = await fitTableDensity(findVariables(paidBills(ROWS), { declared }), options);
const makeMixture: () => TableMixture = copiesOf(
  new TableMixture({
    density: new TableDensity(again.columns.map((column, k) => ({ ...column, copies: copied[k]?.copies }))),
    members: [products],
    weights: [0.4],
  }),
);

const byBill = new RecalledCells({
  ...{ by: [0], keys: [[2], [5]] },
  groups: [
    { values: [1, 6], weights: [0.3, 0.3] },
    { values: [5], weights: [0.6] },
  ],
});

/** The first category by the amount, and both if the bill is 3. */
const words: CopiedCells = {
  ...NO_COPIES,
  recalled: new RecalledCells({
    ...{
      by: [1, 0],
      keys: [
        [3, 4],
        [3, 3],
      ],
    },
    groups: [
      { values: [0], weights: [1.5] },
      { values: [0, 1], weights: [0.4, -2.5] },
    ],
  }),
};

/** A mixture with columns that recall numbers and categories. */
async function recalledMixture(isSeparate: boolean): Promise<() => TableMixture> {
  const { model } = await fitTableDensity(findVariables(paidBills(ROWS), { declared }), options);
  const copies = { ...NO_COPIES, recalled: byBill, ...(isSeparate && { isSeparate }) };
  const columns = model.columns.map((column) =>
    column.name === "paid" ? { ...column, copies } : column.name === "word" ? { ...column, copies: words } : column,
  );
  const codings = columns.filter(({ name }) => !isSeparate || name !== "paid");
  const { model: products } = await fitProductMixture(paidBills(ROWS), { key, codings, components: 2 });
  return copiesOf(new TableMixture({ density: new TableDensity(columns), members: [products], weights: [0.4] }));
}
const { model: spoken } = await fitTableDensity(findVariables(paidBills(ROWS), { declared }), options);
const makeWords = copiesOf(
  new TableDensity(spoken.columns.map((column) => (column.name === "word" ? { ...column, copies: words } : column))),
);
const makeRecalledMixture = await recalledMixture(false);
const makeSeparate = await recalledMixture(true);

const withFee = { ...options, columns: ["word", "fee", "bill", "paid"] };
const { model: plain } = await fitTableDensity(findVariables(paidBills(ROWS), { declared }), withFee);
// The bill, or one more than the bill without the fee, by the word. A sum outside the range is no source.
const sums: CopiedCells = {
  sources: [
    { from: [2], signs: [1] },
    { from: [2, 1], signs: [1, -1], plus: 1, low: 0, high: MOST },
  ],
  by: 0,
  shares: [
    [0.3, 0.2],
    [0.1, 0.5],
  ],
};
const makePlain = copiesOf(plain);
const withSums = (copies: CopiedCells): (() => TableDensity) =>
  copiesOf(
    new TableDensity(makePlain().columns.map((column) => (column.name === "paid" ? { ...column, copies } : column))),
  );
const makeSums = withSums(sums);
const makeKept = withSums({ ...sums, kept: [0, 5] });
const [ofBill, ofSum] = sums.sources as [CopySource, CopySource];
/** Amounts above the bill are rare, or amounts below a sum. */
const makeAbove = withSums({ ...sums, sources: [{ ...ofBill, above: 0.2 }, ofSum], kept: [0, 5] });
const makeBelow = withSums({ ...sums, sources: [ofBill, { ...ofSum, below: 0.05 }], kept: [0, 5] });
/** Codes of amounts by the word and the fee, by the fee, or for all rows. The weights may be negative. */
const byWord = new RecalledCells({
  by: [0, 1],
  keys: [
    [0, 0],
    [1, 2],
    [1, 1],
  ],
  groups: [
    { values: [0, 3, 7], weights: [0.3, 2, -1] },
    { values: [5], weights: [4] },
    { values: [1, 2], weights: [-0.5, -0.5] },
  ],
});
const byFee = new RecalledCells({
  ...{ by: [1], keys: [[0], [2]] },
  // The last group is for all other fees.
  groups: [
    { values: [2, 6], weights: [1.5, 1] },
    { values: [4], weights: [-3] },
    { values: [0, 1, 4], weights: [-1, 0.5, 2] },
  ],
});
const forAll = new RecalledCells({ by: [], keys: [[]], groups: [{ values: [1, 6], weights: [0.25, 0.125] }] });
const makeRecalled = withSums({ ...NO_COPIES, recalled: byFee });
const makeRecalledToo = withSums({ ...sums, kept: [0], recalled: byWord });
const makeForAll = withSums({ ...NO_COPIES, kept: [5], recalled: forAll });
const prices = findVariables(shopPrices(ROWS), { declared: parseDeclarations(`price:interval(0,${PRICES - 1})`) });
const { model: sold } = await fitTableDensity(prices, { ...small, maxEpochs: 20, relations: [] });
const usual = new RecalledCells({
  ...{ by: [0], keys: [[0], [2]] },
  groups: [
    { values: [5, 18, 31], weights: [0.2, 0.2, 0.25] },
    { values: [13, 39], weights: [0.3, 0.1] },
  ],
});
/** The usual prices are recalled, and the other ones repeat less often. */
const makePrices = copiesOf(
  new TableDensity(
    sold.columns.map((column) => {
      const { coding } = column;
      if (!(coding instanceof NumberCoding)) return column;
      const copies = { ...NO_COPIES, recalled: usual };
      return { ...column, coding: coding.withLessObserved(0.25), copies };
    }),
  ),
);
const allPrices = Array.from({ length: PRICES }, (_, x) => x);
const shopColumn: TableColumnCase = {
  ...{ name: "shop", kind: "text", cells: ["shop 0", "shop 1", "shop 2"], unseen: ["a new shop", undefined] },
};
const priceColumns: readonly TableColumnCase[] = [
  shopColumn,
  { name: "price", kind: "number", cells: allPrices, unseen: [undefined] },
  { name: "cheap", kind: "text", cells: ["yes", "no"], unseen: ["a new word", undefined] },
];

/** Prices that are at most the asked price, and often equal to it. */
function askedPrices(rows: number): Table {
  const [shop, price] = shopPrices(rows).columns as [Column, Column];
  const more = key.fold("asked").uniform(rows);
  const asked = Float64Array.from(more, (u, i) =>
    Math.min(PRICES - 1, (price.values[i] as number) + Math.floor(20 * Math.max(0, u - 0.3))),
  );
  return createTable([shop, { name: "asked", kind: "number", values: asked }, price]);
}
const domains = parseDeclarations(`asked:interval(0,${PRICES - 1}),price:interval(0,${PRICES - 1})`);
const { model: dealt } = await fitTableDensity(findVariables(askedPrices(ROWS), { declared: domains }), {
  ...small,
  ...{ maxEpochs: 20, relations: [] },
});
const makeDealt = copiesOf(
  new TableDensity(
    dealt.columns.map((column) => {
      const asked = { from: [1], signs: [1 as const], above: 0.2 };
      const copies = { sources: [asked], shares: [[0.3]], kept: [0], recalled: usual };
      return column.name === "price" ? { ...column, copies } : column;
    }),
  ),
);
const dealtColumns = [shopColumn, { ...priceColumns[1], name: "asked" } as TableColumnCase, priceColumns[1]] as const;
const discount: RowRule = { type: "order", columns: ["price", "asked"] };
const [bill, paid, word] = columns as [TableColumnCase, TableColumnCase, TableColumnCase];
const fee: TableColumnCase = { name: "fee", kind: "number", cells: [0, 1, 2], unseen: [undefined] };
const sumColumns = [word, fee, bill, paid];

/** The paid amount is at most the bill, and a word does not occur with some amounts. */
const order: RowRule = { type: "order", columns: ["paid", "bill"] };
const wordRule = (amount: string): RowRule => ({
  ...{ type: "combinations", columns: ["word", amount] },
  allowed: [
    ["yes", "not 0"],
    ["yes", null],
    ["no", "0"],
    ["no", "not 0"],
  ],
});

/** A paid amount, which may be a copy, is normalized by column, and the word by row: in all rows, or in rows of the mixture. */
function mixedRules(networksByColumn: boolean): () => RuledDensity {
  const { density: networks, members, weights } = makeMixture();
  const kept = networks.columns.map(({ copies, ...column }) => ({
    ...column,
    ...(copies && { copies: { ...copies, kept: [0] } }),
  }));
  const density = new TableMixture({ density: new TableDensity(kept), members, weights });
  const floor = 1 / (ROWS + 2);
  const ofBill = wordRule("bill");
  const { table, weights: measures } = allRows(columns, density.columns);
  const keeps = rowsThatKeep(ofBill, table);
  const parts = { density, rules: [order, ofBill], floor, copiesByColumn: true, networksByColumn };
  const { ruled } = new RuledDensity({ ...parts, share: 1 });
  const logProb = (ruled ?? density).logProb(table);
  const share = logProb.reduce(
    (sum, value, row) => sum + (keeps[row] === 1 ? Math.exp(value) * (measures[row] as number) : 0),
    0,
  );
  return copiesOf(new RuledDensity({ ...parts, share }));
}

export const copiedColumnsCases: Readonly<Record<string, TableDensityCase>> = {
  "TableDensity, a column with copies": { make: makeDensity, columns, undrawn: FREE },
  "TableDensity, copies of sums": { make: makeSums, columns: sumColumns, undrawn: FREE },
  "TableDensity, copies beside kept numbers": {
    make: makeKept,
    columns: sumColumns,
    undrawn: FREE,
  },
  "TableDensity, copies and few numbers above the first source": {
    make: makeAbove,
    columns: sumColumns,
    undrawn: FREE,
  },
  "TableDensity, copies and few numbers below the second source": {
    make: makeBelow,
    columns: sumColumns,
    undrawn: FREE,
  },
  "TableDensity, recalled codes": { make: makeRecalled, columns: sumColumns, undrawn: FREE },
  "TableDensity, recalled numbers of a wide range": {
    make: makePrices,
    columns: priceColumns,
    undrawn: FREE,
  },
  // Draws by one network of each column alone would be far from the mean over all networks.
  "TableDensity, networks that disagree": { make: makePrices, columns: priceColumns, perturbation: 1, undrawn: FREE },
  "TableDensity, copies and recalled numbers of a wide range": {
    make: makeDealt,
    columns: dealtColumns as readonly TableColumnCase[],
    undrawn: FREE,
  },
  "RuledDensity, copies and recalled numbers of a wide range": {
    make: copiesOf(new RuledDensity({ density: makeDealt(), rules: [discount], floor: 1 / (ROWS + 2) })),
    columns: dealtColumns as readonly TableColumnCase[],
    undrawn: RULED,
  },
  "TableDensity, recalled categories": { make: makeWords, columns, undrawn: FREE },
  "RuledDensity, recalled categories": {
    make: copiesOf(new RuledDensity({ density: makeWords(), rules: [wordRule("paid")], floor: 1 / (ROWS + 2) })),
    columns,
    undrawn: RULED,
  },
  "TableDensity, the same recalled codes for all rows": {
    make: makeForAll,
    columns: sumColumns,
    undrawn: FREE,
  },
  "TableDensity, copies and recalled codes": {
    make: makeRecalledToo,
    columns: sumColumns,
    undrawn: FREE,
  },
  "RuledDensity, copies and recalled codes": {
    make: copiesOf(
      new RuledDensity({ density: makeRecalledToo(), rules: [order, wordRule("paid")], floor: 1 / (ROWS + 2) }),
    ),
    columns: sumColumns,
    undrawn: RULED,
  },
  "RuledDensity, copies and few numbers above the first source": {
    make: copiesOf(new RuledDensity({ density: makeAbove(), rules: [wordRule("paid")], floor: 1 / (ROWS + 2) })),
    columns: sumColumns,
    undrawn: RULED,
  },
  "RuledDensity, a column with copies": {
    make: copiesOf(new RuledDensity({ density: makeKept(), rules: [order, wordRule("paid")], floor: 1 / (ROWS + 2) })),
    columns: sumColumns,
    undrawn: RULED,
  },
  // Noise in its parameters would change the share of the rows that keep the rules by row.
  "RuledDensity, a mixture and a column with copies": {
    ...{ make: mixedRules(false), columns, perturbation: 0, undrawn: RULED },
  },
  "RuledDensity, a mixture and networks that keep rules by column": {
    ...{ make: mixedRules(true), columns, perturbation: 0, undrawn: RULED },
  },
  "TableMixture, recalled codes that the mixture leaves out": {
    make: makeSeparate,
    columns,
    undrawn: FREE,
  },
  "TableMixture, recalled codes": { make: makeRecalledMixture, columns, undrawn: FREE },
  "TableMixture, a column with copies": { make: makeMixture, columns, undrawn: FREE },
};
