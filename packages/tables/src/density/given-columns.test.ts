import { useBackend } from "@pushforward/backend";
import { conditionersCodecs } from "@pushforward/conditioners/extend";
import { createKey, ModelFileError } from "@pushforward/core";
import type { Table } from "@pushforward/datasets";
import { createTable, takeTableRows } from "@pushforward/datasets/extend";
import { decodeModel, encodeModel } from "@pushforward/serialization";
import { createRegistry } from "@pushforward/serialization/extend";
import { beforeAll, describe, expect, test } from "vitest";
import { tablesCodecs } from "../codecs.ts";
import type { DensityColumn } from "./density-column.ts";
import { fitTableDensity } from "./fit/fit-table-density.ts";
import { TableDensity } from "./table-density.ts";

const key = createKey(20261127);
const registry = createRegistry(...conditionersCodecs, ...tablesCodecs);
const small = { key, hidden: [16], maxEpochs: 20, members: 1 } as const;
const ROWS = 800;

/** A word that depends on a number, which has gaps, and on a category that comes last. */
function rows(): Table {
  const [u, v] = [key.fold("u").uniform(ROWS), key.fold("v").uniform(ROWS)];
  const sizes = Float64Array.from(u, (x) => (x < 0.1 ? Number.NaN : Math.floor(4 * x)));
  const groups = Array.from(v, (x) => (x < 0.3 ? "a" : "b"));
  return createTable([
    {
      name: "word",
      kind: "text",
      values: Array.from(u, (x, i) => ((x < 0.1 || x >= 0.5) === (groups[i] === "a") ? "yes" : "no")),
    },
    { name: "size", kind: "number", values: sizes },
    { name: "group", kind: "text", values: groups },
  ]);
}

beforeAll(() => useBackend("wasm"));

describe("columns of the context", () => {
  test("come first and have no density, also in a model file", async () => {
    const table = rows();
    const { model, columns } = await fitTableDensity(table, { ...small, context: ["group", "size", "group"] });
    expect(model.context).toEqual(["group", "size"]);
    expect(model.columns.map(({ name }) => name)).toEqual(["group", "size", "word"]);
    expect(columns).toMatchObject([{ column: "word", index: 0 }]);
    expect((columns[0]?.marginalNll as number) - (columns[0]?.validationNll as number)).toBeGreaterThan(0.4);
    const cells = model.cellLogProb(table);
    expect(cells.map((column) => column.every((value) => value === 0))).toEqual([true, true, false]);
    expect(model.logProb(table)).toEqual(cells[2]);
    const { model: read } = decodeModel<TableDensity>(encodeModel(model, registry), registry);
    expect(read.context).toEqual(model.context);
    model.dispose();
    read.dispose();
  });

  test("are what samples are drawn for, each row of them as often as asked", async () => {
    const table = rows();
    const { model } = await fitTableDensity(table, { ...small, context: ["size", "group"] });
    const given = createTable([
      { name: "unused", kind: "text", values: ["x", "y"] },
      { name: "group", kind: "text", values: ["a", "b"] },
      { name: "size", kind: "number", values: Float64Array.of(3, Number.NaN) },
    ]);
    const drawn = model.sample(key, 3000, { context: given });
    expect(drawn.rows).toBe(6000);
    expect(drawn.columns.map(({ name }) => name)).toEqual(["size", "group", "word"]);
    expect(drawn.columns[1]?.values.slice(2999, 3001)).toEqual(["a", "b"]);
    expect(drawn.columns[0]?.values.slice(2999, 3001)).toEqual(Float64Array.of(3, Number.NaN));
    expect(model.sample(key, 5, { context: takeTableRows(given, []) }).rows).toBe(0);
    expect(() => model.sample(key, 5)).toThrow('expected the context columns "size", "group", got none.');
    expect(() => model.sample(key, 5, { context: createTable([]) })).toThrow('expected a column "size"');
    model.dispose();
  });

  test("have no holes", async () => {
    const table = rows();
    const { model } = await fitTableDensity(table, { ...small, maxEpochs: 1, context: ["size", "group"] });
    const holes = new Map([["size", Uint8Array.from({ length: ROWS }, (_, row) => Number(row === 3))]]);
    const draw = () => model.drawHoles({ table, holes, times: 2, mayBeMissing: true, key }, []);
    expect(draw).toThrow('drawHoles: expected all cells of the context column "size", got holes.');
    holes.set("size", new Uint8Array(ROWS));
    expect(draw().table.rows).toBe(2 * ROWS);
    model.dispose();
  });

  test("may be what others follow from, and follow from nothing themselves", async () => {
    const a = Float64Array.from(key.fold("a").uniform(300), (x) => Math.floor(20 * x));
    const table = createTable([
      { name: "a", kind: "number", values: a },
      { name: "twice", kind: "number", values: a.map((x) => 2 * x) },
    ]);
    const affine = { type: "linear", weights: [2], plus: 0 } as const;
    const relations = [{ column: "twice", from: ["a"], relation: affine }];
    const forward = await fitTableDensity(table, { ...small, context: ["a"], relations });
    const drawn = forward.model.sample(key, 1, { context: table });
    expect(drawn.columns[1]?.values).toEqual(table.columns[1]?.values);
    // Its range depends on the context.
    expect(forward.model.support("twice")).toBeUndefined();
    const backward = await fitTableDensity(table, { ...small, maxEpochs: 1, context: ["twice"], relations });
    expect(backward.model.columns.map(({ dependent }) => dependent)).toEqual([undefined, undefined]);
    forward.model.dispose();
    backward.model.dispose();
  });

  test("have to leave something to learn, and to exist", async () => {
    const names = ["word", "size", "group"];
    await expect(fitTableDensity(rows(), { ...small, context: names })).rejects.toThrow(
      "expected columns to learn in addition to the context",
    );
    await expect(fitTableDensity(rows(), { ...small, context: ["x"] })).rejects.toThrow('expected a column "x"');
  });

  test("a model without any takes none, and one whose parts contradict each other is refused", async () => {
    const { model } = await fitTableDensity(rows(), { ...small, maxEpochs: 1, recall: false });
    expect(() => model.sample(key, 1, { context: rows() })).toThrow("the model takes none");
    const [first, second] = model.columns as readonly [DensityColumn, DensityColumn];
    expect(() => new TableDensity([first, { ...second, parents: [], members: [], isGiven: true }])).toThrow(
      'expected the context column "size" before all other columns',
    );
    model.dispose();
  });

  test("a stored order of the columns that a network reads is checked", async () => {
    const { model } = await fitTableDensity(rows(), { ...small, maxEpochs: 2 });
    const node = JSON.parse(JSON.stringify(registry.encode(model))) as { config: { columns: { parents: number[] }[] } };
    const last = node.config.columns.at(-1) as { parents: number[] };
    expect(last.parents).toEqual([0, 1]);
    const decode = (parents: readonly number[]) => () => {
      last.parents = [...parents];
      return registry.decode(node as never);
    };
    for (const parents of [
      [1, 0],
      [1, 1],
      [0, 0],
    ])
      expect(decode(parents)).toThrow(/different columns in ascending order/);
    for (const parents of [[0], [], [0, 2], [0, 1, 2]]) expect(decode(parents)).toThrow(ModelFileError);
    model.dispose();
  });
});
