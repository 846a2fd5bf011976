import { expect, test } from "vitest";
import { parseCsv, takeCsvRows } from "./parse-csv.ts";

test("rows keep their numbers, texts their holes, and what was dropped stays told", () => {
  const table = parseCsv("x,t\n1,a\n,b\n3,\n4,d\n", { kinds: { t: "text" }, missing: "drop" });
  const taken = takeCsvRows(table, [1, 0]);
  expect(taken).toMatchObject({ rows: 2, dropped: 2, droppedBy: table.droppedBy });
  expect(taken.rowNumbers).toEqual(Float64Array.of(4, 1));
  expect(taken.columns.map(({ values }) => [...values])).toEqual([
    [4, 1],
    ["d", "a"],
  ]);
});
