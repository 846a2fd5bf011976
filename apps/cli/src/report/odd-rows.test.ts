import { createKey, fitAnomalyScore, type Table, useBackend } from "pushforward";
import { expect, test } from "vitest";
import { MOST_RANKED, oddestRows } from "./odd-rows.ts";

test("of very many rows, those of the lowest log-density and evenly spaced others are ranked by the anomaly score", async () => {
  await useBackend("cpu");
  const key = createKey(1);
  const rows = 2 * MOST_RANKED;
  const half = MOST_RANKED / 2;
  const values = Float64Array.from(key.normal(rows));
  // The log-density misses all three: it is lowest in the last rows. Of the others every third is looked at.
  [values[0], values[1], values[3000]] = [8, 99, 9];
  values[rows - 1] = 10;
  const table: Table = { rows, columns: [{ name: "x", kind: "number", values }] };
  const some: Table = { rows: 300, columns: [{ name: "x", kind: "number", values: values.subarray(10, 310) }] };
  const anomalies = await fitAnomalyScore(some, { key });
  const odd = oddestRows({
    ...{ table, anomalies, rowNumbers: Float64Array.from(values, (_, row) => row + 1) },
    scores: { logDensity: values.map((_, row) => (row < rows - half ? 0 : -row)), cells: [] },
    rules: [],
    columns: [{ name: "x", isGiven: false, description: "real", write: String } as never],
  });
  expect(odd).toHaveLength(20);
  expect(odd[0]).toMatchObject({ row: rows, logDensity: 1 - rows, cells: [{ column: "x", value: "10" }] });
  expect(odd.slice(1, 3).map(({ row }) => row)).toEqual([3001, 1]);
  expect(odd.every(({ row }) => row > rows - half || row % 3 === 1)).toBe(true);
  anomalies.dispose();
});
