import { useBackend } from "@pushforward/backend";
import { findVariables } from "@pushforward/columns";
import { createKey, ndArray } from "@pushforward/core";
import { parseCsv } from "@pushforward/datasets";
import { maf } from "@pushforward/flows";
import { beforeAll, describe, expect, test } from "vitest";
import { fitTableDensity } from "../density/fit/fit-table-density.ts";
import type { TableDensity } from "../density/table-density.ts";
import { layoutToJson } from "../flow/row-layout.ts";
import { DensityModel } from "./density-model.ts";
import { FlowModel } from "./flow-model.ts";
import { openTableModel } from "./open-table-model.ts";
import type { RowFlow } from "./table-model.ts";
import { UnseenCells } from "./unseen-cells.ts";

const csv = `name,kind,count\n${Array.from({ length: 30 }, (_, i) => `n-${i},${"ab"[i % 2]},${i % 5}`).join("\n")}\n`;
const { variables, table } = findVariables(parseCsv(csv, { kinds: "text", missing: "keep" }));
const small = { transforms: 1, hidden: [4], key: createKey(0) };
let density: TableDensity;

beforeAll(async () => {
  await useBackend("cpu");
  const columns = ["count", "kind"];
  density = (await fitTableDensity(table, { key: createKey(0), columns, maxEpochs: 1, hidden: [4], members: 1 })).model;
});

describe("a density of columns", () => {
  const json = (of = variables) => new DensityModel({ density, variables: of }).toJson();

  test("has the columns of its file, the learned ones in the order of the file", () => {
    const model = openTableModel(density, JSON.parse(JSON.stringify({ table: json() })), "m.st");
    expect(model.module).toBe(density);
    expect(model.variables).toEqual(variables);
    expect(model.names).toEqual(["kind", "count"]);
  });

  test.each([
    ["nothing", () => null, "expected a description of the columns of its table, got none."],
    ["the columns of a flow", () => ({ table: { columns: ["count"], context: [] } }), "got none."],
    [
      "too few columns",
      () => ({ table: json(variables.slice(0, 2)) }),
      'expected column "count" as the model has learned it, got no such column.',
    ],
    [
      "another kind",
      () => ({ table: json(variables.map((v) => (v.name === "kind" ? { ...v, kind: "integer" } : v))) }),
      'expected column "kind" as the model has learned it, got integer.',
    ],
  ])("is refused with a file that describes %s", (_, metadata, message) => {
    expect(() => openTableModel(density, metadata(), "m.st")).toThrow(message);
  });

  test("draws the same rows in one run and in parts, as its file has them", () => {
    const model = new DensityModel({ density, variables });
    const rows = model.blockRows;
    const whole = [...model.draw({ count: rows + 10, seed: 2 })];
    expect(whole.map((block) => block.rows)).toEqual([rows, 10]);
    expect([...model.draw({ from: rows, count: rows + 10, seed: 2 })]).toEqual(whole.slice(1));
    expect(() => [...model.draw({ from: 1, count: 10, seed: 2 })]).toThrow(
      `draw: expected from as a multiple of ${rows}, got 1.`,
    );
  });

  test("scores what it has read, reads a part, and counts cells that cannot occur", () => {
    const model = new DensityModel({ density, variables });
    const file = parseCsv("kind,count\na,1\nz,2\n", { kinds: "text", missing: "keep" });
    const rows = model.read(file);
    const { scores, cells = [] } = model.score(rows);
    expect(cells.map(({ name }) => name)).toEqual(["kind", "count"]);
    expect(scores[0]).toBeCloseTo(
      cells.reduce((sum, { values }) => sum + (values[0] as number), 0),
      10,
    );
    const unseen = new UnseenCells(model);
    unseen.look(rows.columns);
    expect(unseen.found()).toEqual({ categories: { kind: 1 } });
    expect(model.canOccur("kind", "z")).toBe(false);
    expect(model.read({ rows: 2, columns: file.columns.slice(0, 1) }, { isPartial: true }).columns).toHaveLength(1);
    expect(() => model.read({ rows: 2, columns: file.columns.slice(0, 1) })).toThrow('expected a column "count"');
  });
});

describe("a flow of numbers", () => {
  test("has the columns of its file, or made-up ones", () => {
    using flow = maf({ features: 2, context: 1, ...small });
    const made = openTableModel(flow, {}, "f", { makesNames: true });
    const { layout } = made.rowFlow as RowFlow;
    expect(layout).toEqual({ columns: ["x1", "x2"], context: [{ name: "c1", kind: "number" }] });
    const metadata = { table: layoutToJson(layout), fit: { nonNegative: ["x2", "other"] } };
    const model = openTableModel(flow, metadata, "f");
    expect([model.names, model.context, model.nonNegative]).toEqual([["x1", "x2", "c1"], ["c1"], ["x2"]]);
    expect(() => openTableModel(flow, {}, "f")).toThrow("f: expected a model that `pushforward fit`");
    expect(() => openTableModel({}, {}, "f")).toThrow("f: expected a model that `pushforward fit`");
    const other = { table: layoutToJson({ columns: ["a"], context: [] }) };
    expect(() => openTableModel(flow, other, "f")).toThrow(
      "f: expected as many columns as the flow has variables (2) and context (1), got 1 and 0.",
    );
  });

  test("reads, scores and draws rows given a category", () => {
    using flow = maf({ features: 1, context: 2, ...small });
    const context = [{ name: "kind", kind: "category", categories: ["a", "b"] }] as const;
    const model = new FlowModel({ flow, layout: { columns: ["x"], context } });
    const rows = model.read(parseCsv("kind,x\na,1\nb,2\n", { kinds: "text" }));
    expect(model.score(rows).scores).toEqual(model.logProb(rows));
    expect(model.score(rows).cells).toBeUndefined();
    const points = ndArray([2, 1], Float64Array.of(1, 1));
    const atB = { rows: 1, columns: [{ name: "kind", kind: "text", values: ["b"] }] } as const;
    const both = model.read(parseCsv("kind,x\na,1\nb,1\n", { kinds: "text" }));
    const [, expected] = model.logProb(both);
    expect([...model.logProbAt(points, atB)]).toEqual([expected, expected]);
    const [block] = [...model.draw({ count: 2, seed: 0, context: { rows: 2, columns: rows.columns.slice(1) } })];
    expect(block?.columns[0]?.values).toEqual(["a", "a", "b", "b"]);
    expect(() => model.read(parseCsv("kind,x\nc,1\n", { kinds: "text" }), { file: "c.csv" })).toThrow(
      'c.csv, row 1, column "kind": expected one of "a", "b", got "c".',
    );
  });
});
