import { parseCsv } from "@pushforward/datasets";
import { expect, test } from "vitest";
import { findVariables } from "../finding/find-variables.ts";
import { type PlottedColumn, plottedColumn } from "./plotted-column.ts";

function plotted(text: string): { column: PlottedColumn; values: number[] } {
  const { variables, table } = findVariables(parseCsv(text, { kinds: "text", missing: "keep" }));
  const column = plottedColumn(variables[0] as (typeof variables)[number], table);
  return { column, values: [...column.valuesOf(table)] };
}

test("categories come by their frequencies, missing cells and rare ones among them", () => {
  const rows = Array.from({ length: 60 }, (_, i) => (i < 30 ? "most" : i < 40 ? "" : `c${i % 14}`));
  const { column, values } = plotted(`kind,n\n${rows.map((row, i) => `${row},${i}`).join("\n")}\n`);
  expect(column.categories?.slice(0, 2)).toEqual(["most", "missing"]);
  expect(column.categories).toHaveLength(12);
  expect(column.categories?.at(-1)).toBe("others");
  expect(values[0]).toBe(0);
  expect(values[35]).toBe(1);
  expect(values.every((place) => place >= 0 && place < 12)).toBe(true);
});

test("dates are numbers with labels in the format of the file", () => {
  const { column, values } = plotted("when\n31.01.2024\n28.02.2024\n15.03.2024\n");
  expect(column.categories).toBeUndefined();
  expect(column.label?.(values[1] as number)).toBe("28.02.2024");
});
