import { useBackend } from "@pushforward/backend";
import { findVariables } from "@pushforward/columns";
import { createKey } from "@pushforward/core";
import { parseCsv } from "@pushforward/datasets";
import { beforeAll, expect, test } from "vitest";
import { tableDensity } from "../density/fit/fit-table-density.ts";
import type { TableDensity } from "../density/table-density.ts";
import { tableDensityModel, tableVariablesToJson } from "./table-density-model.ts";

const csv = `name,kind,count\n${Array.from({ length: 30 }, (_, i) => `n-${i},${"ab"[i % 2]},${i % 5}`).join("\n")}\n`;
const { variables, table } = findVariables(parseCsv(csv, { kinds: "text", missing: "keep" }));
let density: TableDensity;

beforeAll(async () => {
  await useBackend("cpu");
  const columns = ["count", "kind"];
  density = (await tableDensity(table, { key: createKey(0), columns, epochs: 1, hidden: 4, members: 1 })).model;
});

test("a model file gives the columns of its table, the learned ones in the order of the file", () => {
  const metadata = JSON.parse(JSON.stringify({ table: tableVariablesToJson(variables) }));
  const model = tableDensityModel(density, metadata, "m.st");
  expect(model?.density).toBe(density);
  expect(model?.variables).toEqual(variables);
  expect(model?.learned.map(({ name }) => name)).toEqual(["kind", "count"]);
});

test("other models are none", () => {
  expect(tableDensityModel({}, { table: tableVariablesToJson(variables) }, "m.st")).toBeUndefined();
});

test.each([
  ["nothing", null, "expected a description of the columns of its table, got none."],
  ["the columns of a flow", { table: { columns: ["count"], context: [] } }, "got none."],
  [
    "too few columns",
    { table: tableVariablesToJson(variables.slice(0, 2)) },
    'expected column "count" as the model has learned it, got no such column.',
  ],
  [
    "another kind",
    { table: tableVariablesToJson(variables.map((v) => (v.name === "kind" ? { ...v, kind: "integer" as const } : v))) },
    'expected column "kind" as the model has learned it, got integer.',
  ],
])("a file that describes %s is refused", (_, metadata, message) => {
  expect(() => tableDensityModel(density, metadata, "m.st")).toThrow(message);
});
