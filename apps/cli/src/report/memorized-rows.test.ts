import { createKey, type Table } from "pushforward";
import { expect, test } from "vitest";
import { memorizedRows } from "./privacy-of.ts";
import type { ReportModel } from "./report-model.ts";

const key = createKey(2);
const ROWS = 200;

/** A number, one that most rows lack, and a word that one row has alone. */
function tableOf(rows: number): Table {
  const x = key.normal(rows);
  return {
    rows,
    columns: [
      { name: "x", kind: "number", values: Float64Array.from(x) },
      { name: "rare", kind: "number", values: Float64Array.from(x, (value, i) => (i < 3 ? value : Number.NaN)) },
      { name: "word", kind: "text", values: Array.from(x, (_, i) => (i === 77 ? "alone" : i % 2 === 0 ? "a" : "b")) },
    ],
  };
}

function modelOf(learned: readonly string[]): ReportModel {
  return {
    columns: ["x", "rare", "word"].map((name) => ({ name, write: String })),
    parts: { learned, context: [], steps: new Map() },
  } as unknown as ReportModel;
}

const numbers = Float64Array.from({ length: ROWS }, (_, row) => row + 1);

test("rows with a value of their own are memorized most, by that cell; a column of too few values is left out", async () => {
  const found = await memorizedRows(modelOf(["x", "rare", "word"]), tableOf(ROWS), numbers, key);
  expect(found?.rows).toBe(ROWS);
  expect(Math.abs(found?.median ?? 9)).toBeLessThan(0.3);
  // The largest number lies beyond all others, and the word is unknown without its row.
  const { largest = [] } = found ?? {};
  expect(largest[0]).toMatchObject({ row: 177, cells: [{ column: "x", cell: expect.stringMatching(/^3\.00/) }] });
  const alone = largest.slice(0, 3).find(({ row }) => row === 78);
  expect(alone?.cells[0]).toMatchObject({ column: "word", cell: "alone" });
  expect(alone?.value).toBeGreaterThan(0.5);
  expect(largest.flatMap(({ cells }) => cells.filter(({ column }) => column === "rare"))).toEqual([]);
});

test("nothing is said of few rows, or where no column has enough values", async () => {
  expect(await memorizedRows(modelOf(["x"]), tableOf(9), numbers, key)).toBe(null);
  expect(await memorizedRows(modelOf(["rare"]), tableOf(ROWS), numbers, key)).toBe(null);
});
