import { useBackend } from "@pushforward/backend";
import { findVariables } from "@pushforward/columns";
import { createKey, type Key } from "@pushforward/core";
import type { Column, Table } from "@pushforward/datasets";
import { createTable, takeTableRows } from "@pushforward/datasets/extend";
import { fitNormalMixture, fitProductMixture, fitTableDensity, type TableDensity } from "@pushforward/tables";
import {
  type AnyTableDensity,
  CategoryCoding,
  DensityModel,
  mayCopy,
  type NormalMixture,
  NumberCoding,
  RuledDensity,
  TableMixture,
} from "@pushforward/tables/extend";
import { describe, expect, test } from "vitest";
import { copiedColumnsCases } from "../../../tables/cases/copied-columns.ts";
import { discreteRows } from "../../../tables/cases/discrete-rows.ts";
import { copiesOf, key as fitKey, small } from "../../../tables/cases/fitted.ts";
import { kindsOfColumnsCases } from "../../../tables/cases/kinds-of-columns.ts";
import { mixedRows } from "../../../tables/cases/mixed-rows.ts";
import { ruledDensityCases } from "../../../tables/cases/ruled-densities.ts";
import { tableDensityCases } from "../../../tables/cases/table-densities.ts";
import { tableMixtureCases } from "../../../tables/cases/table-mixtures.ts";
import { DEEP, firstOf } from "../../../testing/test/deep.ts";
import { readMetadata } from "../../test/read-metadata.ts";
import { type OnnxRows, runOnnx, runOnnxOnWeb } from "../../test/run-onnx.ts";
import { tableNoise } from "../../test/table-noise.ts";
import { exportOnnx } from "../export-onnx.ts";
import type { OnnxNoise } from "../noise-columns.ts";

await useBackend("wasm");
const key = createKey("tables");

/** A network for each column, and normals of all of them. */
async function withNormals(rows: Table, context: readonly string[] = []): Promise<TableMixture> {
  const { model: density } = await fitTableDensity(rows, { ...small, context });
  const { model } = await fitNormalMixture(rows, { key: fitKey, codings: density.columns, components: 3 });
  return new TableMixture({ density, members: [model], weights: [0.7] });
}

const mixed = await withNormals(mixedRows(600));
const discrete = await withNormals(discreteRows(600), ["size"]);

/** Tenths, their sum, which is no exact number of tenths in binary, a word that follows from it, and a copy of another one. */
function sums(rows: number): Table {
  const [u, v] = ["u", "v"].map((name) => fitKey.fold(name).uniform(rows)) as [Float32Array, Float32Array];
  const tenths = (x: number): number => Math.floor(5 * x) / 10;
  const sum = Float64Array.from(u, (x, i) => Number((tenths(x) + tenths(v[i] as number)).toFixed(1)));
  const all = (x: number, y: number, z: number): number => Number((x + y - z).toFixed(1));
  const ratio = (x: number, y: number): number => (y === 0 ? Number.NaN : x / y);
  // Half of the ties, such as 0.25, are rounded down.
  const net = (x: number, y: number): number => Math.round(10 * x * (1 - y) - (x < 0.2 ? 1e-9 : 0)) / 10;
  const finite = (x: number): number => (Number.isFinite(x) ? x : Number.NaN);
  const words = Array.from(u, (x) => (x < 0.2 ? "one" : x < 0.5 ? "two" : "three"));
  return createTable([
    { name: "a", kind: "number", values: Float64Array.from(u, tenths) },
    { name: "b", kind: "number", values: Float64Array.from(v, tenths) },
    { name: "sum", kind: "number", values: sum },
    {
      name: "all",
      kind: "number",
      values: Float64Array.from(u, (x, i) => all(tenths(x), tenths(v[i] as number), i % 3)),
    },
    { name: "third", kind: "number", values: Float64Array.from(u, (_, i) => i % 3) },
    { name: "area", kind: "number", values: Float64Array.from(u, (x, i) => tenths(x) * tenths(v[i] as number)) },
    { name: "rate", kind: "number", values: Float64Array.from(u, (x, i) => ratio(tenths(x), tenths(v[i] as number))) },
    { name: "net", kind: "number", values: Float64Array.from(u, (x, i) => net(tenths(x), tenths(v[i] as number))) },
    {
      name: "per",
      kind: "number",
      values: Float64Array.from(u, (x, i) => ratio(tenths(x), 2 * tenths(v[i] as number) ** 2)),
    },
    { name: "log", kind: "number", values: Float64Array.from(u, (x) => Math.fround(Math.log(tenths(x)))).map(finite) },
    { name: "square", kind: "number", values: Float64Array.from(v, (x) => tenths(x) ** 2) },
    { name: "size", kind: "text", values: Array.from(sum, (x) => (Math.round(10 * x) % 2 === 0 ? "even" : "odd")) },
    { name: "range", kind: "text", values: Array.from(sum, (x) => (x < 0.35 ? "low" : x < 0.65 ? "middle" : "high")) },
    { name: "word", kind: "text", values: words },
    { name: "copy", kind: "text", values: words },
  ]);
}

const relations = [
  { column: "sum", from: ["a", "b"], relation: { type: "linear", weights: [1, 1], plus: 0 } },
  { column: "all", from: ["a", "b", "third"], relation: { type: "linear", weights: [1, 1, -1], plus: 0 } },
  { column: "area", from: ["a", "b"], relation: { type: "product" } },
  { column: "rate", from: ["a", "b"], relation: { type: "ratio" } },
  { column: "net", from: ["a", "b"], relation: { type: "product", rate: -1 } },
  { column: "per", from: ["a", "b"], relation: { type: "ratio", scale: 0.5, isBySquare: true } },
  { column: "log", from: ["a"], relation: { type: "log", isFloat32: true } },
  { column: "square", from: ["b"], relation: { type: "square" } },
  { column: "size", from: ["sum"], relation: { type: "function" } },
  { column: "range", from: ["sum"], relation: { type: "bins" } },
  { column: "copy", from: ["word"], relation: { type: "duplicate" } },
] as const;
const { model: summed } = await fitTableDensity(findVariables(sums(400)), { ...small, relations });
const models: Readonly<Record<string, () => AnyTableDensity>> = {
  ...Object.fromEntries(
    Object.entries({
      ...tableDensityCases,
      ...kindsOfColumnsCases,
      ...tableMixtureCases,
      ...ruledDensityCases,
      ...copiedColumnsCases,
    }).map(([name, theCase]) => [name, () => theCase.make(fitKey) as AnyTableDensity]),
  ),
  "TableDensity, a sum and a copy": copiesOf(summed),
  "TableMixture of normals": copiesOf(mixed),
  "TableMixture of normals, context columns": copiesOf(discrete),
};

/** Cells as an exported model reads them. */
function inputOf({ columns }: Pick<NormalMixture, "columns">, table: Table): OnnxRows {
  const width = columns.length;
  const values = new Float64Array(table.rows * width);
  for (const [k, { name, coding }] of columns.entries()) {
    const column = table.columns.find((one) => one.name === name) as Column;
    for (let i = 0; i < table.rows; i++) {
      const isMissing = column.kind === "text" && (column.missing?.has(i) ?? false);
      const place = coding instanceof CategoryCoding ? coding.categories.indexOf(String(column.values[i])) : 0;
      values[i * width + k] = isMissing ? Number.NaN : column.kind === "text" ? place : (column.values[i] as number);
    }
  }
  return { shape: [table.rows, width], values };
}

/** Each cell in turn missing, new, a little off and far from all. */
function spoiled(table: Table): Table {
  return createTable(
    table.columns.map((column, k): Column => {
      const isOdd = (i: number, kind: number): boolean => i % 11 === k && i % 4 === kind;
      if (column.kind === "number") {
        const odd = [Number.NaN, 1e5, -3, 0.123];
        return {
          ...column,
          values: column.values.map((x, i) => {
            const kind = odd.findIndex((_, at) => isOdd(i, at));
            return kind < 0 ? x : kind < 3 ? (odd[kind] as number) : x + 0.123;
          }),
        };
      }
      const missing = new Set([...(column.missing ?? [])].filter((i) => !isOdd(i, 1)));
      for (let i = 0; i < table.rows; i++) if (isOdd(i, 0)) missing.add(i);
      return { ...column, values: column.values.map((text, i) => (isOdd(i, 1) ? "a new one" : text)), missing };
    }),
  );
}

function rowsOf(model: AnyTableDensity, rows: number): Table {
  const { context } = model;
  if (context.length === 0) return model.sample(key, rows);
  const theCase = { ...tableDensityCases, ...kindsOfColumnsCases, ...tableMixtureCases };
  const table = Object.values(theCase).find((one) => {
    const names = one.context?.columns.map(({ name }) => name) ?? [];
    return context.every((name) => names.includes(name));
  })?.context as Table;
  const drawn = model.sample(key, Math.ceil(rows / table.rows), { context: table });
  return { rows: drawn.rows, columns: drawn.columns };
}

/** Models whose columns stand in other models, too. */
const DEEP_ONLY: ReadonlySet<string> = new Set([
  "TableDensity, a number in an interval",
  "TableDensity, integers in an interval",
  "TableDensity, positive integers",
  "TableMixture of normals, context columns",
  "TableMixture, a column with copies",
]);

describe("log-densities are those of the model", () => {
  test.for(Object.keys(models).filter((name) => DEEP || !DEEP_ONLY.has(name)))("%s", async (name) => {
    const model = (models[name] as () => AnyTableDensity)();
    const bytes = exportOnnx(model as TableDensity);
    const drawn = rowsOf(model, 66);
    for (const table of [drawn, spoiled(drawn)]) {
      const expected = model.logProb(table);
      const { values, shape } = await runOnnx(bytes, { x: inputOf(model, table) });
      expect(shape).toEqual([table.rows]);
      for (let i = 0; i < table.rows; i++) {
        const [found, own] = [values[i] as number, expected[i] as number];
        const scale = Math.max(1, Math.abs(own));
        const row = table.columns.map((column) => column.values[i]).join();
        if (Number.isFinite(own)) expect(Math.abs(found - own) / scale, `row ${i}: ${row}`).toBeLessThan(1e-4);
        else expect(found, `row ${i}: ${row}`).toBe(own);
      }
    }
  });
});

/** The context columns of a model, each row as often as rows are drawn for it. */
function givenOf(model: AnyTableDensity, rows: number): Table | undefined {
  if (model.context.length === 0) return undefined;
  const { columns } = rowsOf(model, rows);
  return {
    rows,
    columns: columns.filter(({ name }) => model.context.includes(name)).map((column) => head(column, rows)),
  };
}

function head(column: Column, rows: number): Column {
  return takeTableRows({ rows: column.values.length, columns: [column] }, [...new Array(rows).keys()])
    .columns[0] as Column;
}

test("the model of a table has the names and kinds of its columns in the file", () => {
  const { variables } = findVariables(sums(400));
  using density = (models["TableDensity, a sum and a copy"] as () => AnyTableDensity)();
  const model = new DensityModel({ density, variables });
  const { task, columns = "" } = readMetadata(exportOnnx(model));
  expect([task, JSON.parse(columns)[0]]).toEqual(["density", { name: "a", kind: "real" }]);
  expect(JSON.parse(columns).map(({ name }: { name: string }) => name)).toEqual(
    density.columns.map(({ name }) => name),
  );
  expect(JSON.parse(columns).at(-1)).toMatchObject({ kind: "category", categories: expect.any(Array) });
  expect(JSON.parse(readMetadata(exportOnnx(density))["columns"] as string)[0]).toEqual({ name: "a" });
});

/** What a sampler and the model make of the same random numbers. */
async function drawn(model: AnyTableDensity, rows: number, by: Key) {
  const bytes = exportOnnx(model as TableDensity, { task: "sampler" });
  const noise = tableNoise(model, JSON.parse(readMetadata(bytes)["noise"] as string), rows, by);
  const given = givenOf(model, rows);
  const columns = model.columns.slice(0, model.context.length);
  const inputs = { ...noise, ...(given && { context: inputOf({ columns }, given) }) };
  const found = await runOnnx(bytes, inputs);
  const table = model.sample(by, given === undefined ? rows : 1, { context: given });
  return { bytes, inputs, found, own: inputOf(model, table) };
}

/** Recalled codes change the heads of networks alone. */
const RECALLED_CODES: ReadonlySet<string> = new Set([
  "TableDensity, recalled codes",
  "TableMixture, recalled codes",
  "TableDensity, the same recalled codes for all rows",
]);

const WITHOUT_SAMPLER = new Set([
  ...Object.keys(models).filter((name) => name.startsWith("RuledDensity")),
  ...Object.keys(copiedColumnsCases).filter((name) => !RECALLED_CODES.has(name)),
]);

test.each([...WITHOUT_SAMPLER])("a sampler of %s is refused", (name) => {
  const model = (models[name] as () => AnyTableDensity)();
  const copied = model.columns.find((column) => mayCopy(column) || column.copies?.isSeparate);
  const kind = copied?.copies?.sources.length === 0 ? "recalled" : "copied";
  const reason =
    model instanceof RuledDensity
      ? `without rules for a sampler, because a graph can't draw rows again, got one with ${model.rules.length}.`
      : `without ${kind} cells for a sampler, got some in column "${copied?.name}"`;
  expect(() => exportOnnx(model, { task: "sampler" })).toThrow(reason);
});

describe("rows of the same random numbers are those of sample", () => {
  const names = Object.keys(models).filter((name) => !WITHOUT_SAMPLER.has(name) && (DEEP || !DEEP_ONLY.has(name)));
  test.for(names)("%s", async (name) => {
    const model = (models[name] as () => AnyTableDensity)();
    const rows = DEEP ? 200 : 80;
    const { found, own } = await drawn(model, rows, key);
    expect(found.shape).toEqual(own.shape);
    const width = model.columns.length;
    for (const [k, { coding }] of model.columns.entries()) {
      const scale = coding instanceof NumberCoding ? coding.options.deviation : 1e-4;
      for (let i = 0; i < rows; i++) {
        const [a, b] = [found.values[i * width + k] as number, own.values[i * width + k] as number];
        if (Number.isNaN(b)) expect(a, `row ${i}, column ${k}`).toBeNaN();
        else expect(Math.abs(a - b) / scale, `row ${i}, column ${k}: ${a}, ${b}`).toBeLessThan(1e-4);
      }
    }
  });
});

describe("a mixture by itself", async () => {
  const options = { key: fitKey, components: 2 };
  const { model: normals } = await fitNormalMixture(mixedRows(300), options);
  const { model: products } = await fitProductMixture(mixedRows(300), options);

  test.for([
    ["of normals", normals],
    ["of products", products],
  ] as const)("%s has the density and the rows of the model", async ([, model]) => {
    const rows = 60;
    const drawn = model.sample(key, rows);
    for (const table of [drawn, spoiled(drawn)]) {
      const { values } = await runOnnx(exportOnnx(model), { x: inputOf(model, table) });
      for (const [i, own] of model.logProb(table).entries()) {
        const isSame = Number.isFinite(own) ? Math.abs((values[i] as number) - own) < 1e-4 : values[i] === own;
        expect(isSame, `row ${i}: ${values[i]}, ${own}`).toBe(true);
      }
    }
    const bytes = exportOnnx(model, { task: "sampler" });
    const decisions: Readonly<Record<string, readonly OnnxNoise[]>> = JSON.parse(
      readMetadata(bytes)["noise"] as string,
    );
    const inputs = Object.entries(decisions).map(([kind, uses]): [string, OnnxRows] => {
      const values = new Float64Array(rows * uses.length);
      for (const [place, { column, decides }] of uses.entries()) {
        const own = column === undefined ? key : key.fold(column);
        const numbers = own.fold(decides === "value" ? "normal" : decides)[kind as "normal" | "uniform"](rows);
        for (let i = 0; i < rows; i++) values[i * uses.length + place] = numbers[i] as number;
      }
      return [kind, { shape: [rows, uses.length], values }];
    });
    const found = await runOnnx(bytes, Object.fromEntries(inputs));
    for (const [at, own] of Array.from(inputOf(model, drawn).values).entries()) {
      const value = found.values[at] as number;
      const isSame = Number.isNaN(own)
        ? Number.isNaN(value)
        : Math.abs(value - own) < 1e-4 * Math.max(1, Math.abs(own));
      expect(isSame, `cell ${at}: ${value}, ${own}`).toBe(true);
    }
  });
});

/** Rows that a sampler has drawn, as a table. */
function tableOf({ columns }: AnyTableDensity, { shape, values }: OnnxRows): Table {
  const [rows, width] = shape as [number, number];
  return createTable(
    columns.map(({ name, coding }, k): Column => {
      const own = Float64Array.from({ length: rows }, (_, i) => values[i * width + k] as number);
      if (!(coding instanceof CategoryCoding)) return { name, kind: "number", values: own };
      const missing = new Set([...own.keys()].filter((i) => Number.isNaN(own[i])));
      return {
        name,
        kind: "text",
        values: Array.from(own, (place) => coding.categories[place] ?? "a new one"),
        missing,
      };
    }),
  );
}

/** What is compared of rows: log-densities, and for each column whether a cell is missing, numbers, and categories as 0 and 1. */
function featuresOf(model: AnyTableDensity, rows: OnnxRows): Float64Array[] {
  const [count, width] = rows.shape as [number, number];
  const cells = model.columns.flatMap(({ coding }, k) => {
    const own = Float64Array.from({ length: count }, (_, i) => rows.values[i * width + k] as number);
    const isMissing = own.map((x) => (Number.isNaN(x) ? 1 : 0));
    if (!(coding instanceof CategoryCoding)) return [isMissing, own.map((x) => (Number.isNaN(x) ? 0 : x))];
    return [isMissing, ...coding.categories.map((_, place) => own.map((x) => (x === place ? 1 : 0)))];
  });
  return [model.logProb(tableOf(model, rows)), ...cells];
}

test.for(firstOf(1, ["TableMixture, with a flow", "TableMixture of normals, context columns"]))(
  "rows of other random numbers have the same distribution: %s",
  async (name) => {
    const model = (models[name] as () => AnyTableDensity)();
    const [{ found }, { own }] = await Promise.all([
      drawn(model, 1000, key.fold("a")),
      drawn(model, 1000, key.fold("b")),
    ]);
    const [a, b] = [featuresOf(model, found), featuresOf(model, own)];
    for (const [k, values] of a.entries()) {
      const [one, two] = [values, b[k] as Float64Array].map((numbers) => {
        const mean = numbers.reduce((sum, x) => sum + x, 0) / numbers.length;
        const variance = numbers.reduce((sum, x) => sum + (x - mean) ** 2, 0) / numbers.length;
        return { mean, error: variance / numbers.length };
      }) as [{ mean: number; error: number }, { mean: number; error: number }];
      expect(Math.abs(one.mean - two.mean), `feature ${k}`).toBeLessThan(4 * Math.sqrt(one.error + two.error) + 1e-9);
    }
  },
);

test.runIf(DEEP)("onnxruntime-web makes the same rows", async () => {
  for (const name of [
    "TableMixture of normals, context columns",
    "TableMixture, with a flow",
    "TableDensity, an angle",
  ]) {
    const model = (models[name] as () => AnyTableDensity)();
    const { found, bytes, inputs } = await drawn(model, 40, key);
    const { values } = await runOnnxOnWeb(bytes, inputs);
    for (const [i, x] of Array.from(found.values).entries()) {
      const other = values[i] as number;
      if (Number.isNaN(x)) expect(other, name).toBeNaN();
      else expect(Math.abs(other - x) / Math.max(1, Math.abs(x)), `${name}: ${x}, ${other}`).toBeLessThan(1e-5);
    }
  }
});
