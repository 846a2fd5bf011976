import { FlowModel, layoutFromJson, layoutToJson, sampleColumns } from "@pushforward/tables/extend";
import { createKey, maf, parseCsv, sampleRows, useBackend } from "pushforward";
import { beforeAll, expect, test } from "vitest";
import { contextTable, samplesCsv } from "./samples-csv.ts";

beforeAll(() => useBackend("cpu"));

test("samples of a column in tenths are tenths, also after the model was saved and opened again", () => {
  const stored = layoutToJson({ columns: ["tenths", "real"], context: [], integers: ["tenths"], steps: [0.1] });
  const layout = layoutFromJson(stored);
  const flow = maf({ features: 2, transforms: 1, hidden: [4], key: createKey(1) });
  const [tenths, real] = parseCsv(samplesCsv(new FlowModel({ flow, layout }), { count: 50, seed: 3 })).columns;
  const values = [...(tenths?.values ?? [])].map(Number);
  expect(values.every((value) => Math.abs(10 * value - Math.round(10 * value)) < 1e-9)).toBe(true);
  expect(values.some((value) => !Number.isInteger(value))).toBe(true);
  const expected = sampleColumns(layout, sampleRows(flow, createKey(3).fold(0), 50));
  expect([tenths?.values, real?.values]).toEqual(expected.map((column) => column.values));
  flow.dispose();
});

test("context columns come first, with the value that was asked for", () => {
  const layout = layoutFromJson({
    columns: ["x"],
    context: [
      { name: "species", kind: "category", categories: ["Adelie", "Gentoo"] },
      { name: "year", kind: "number" },
    ],
  });
  const flow = maf({ features: 1, context: 3, transforms: 1, hidden: [4], key: createKey(1) });
  const context = contextTable(layout, [1, 2009]);
  const read = parseCsv(samplesCsv(new FlowModel({ flow, layout }), { count: 3, seed: 3, context }));
  expect(read.columns.map(({ name }) => name)).toEqual(["species", "year", "x"]);
  expect(read.columns[0]?.values).toEqual(["Gentoo", "Gentoo", "Gentoo"]);
  expect([...(read.columns[1]?.values ?? [])]).toEqual([2009, 2009, 2009]);
  flow.dispose();
});
