import { createKey, fitAnomalyScore, type Table, useBackend } from "pushforward";
import { expect, test } from "vitest";
import { MOST_RANKED, oddestRows } from "./odd-rows.ts";

test("of very many rows, evenly spaced ones are ranked by the anomaly score", async () => {
  await useBackend("cpu");
  const key = createKey(1);
  const rows = 2 * MOST_RANKED;
  const values = Float64Array.from(key.normal(rows));
  // The first is looked at, the second is not.
  [values[4000], values[4001]] = [9, 99];
  const table: Table = { rows, columns: [{ name: "x", kind: "number", values }] };
  const some: Table = { rows: 300, columns: [{ name: "x", kind: "number", values: values.subarray(0, 300) }] };
  const anomalies = await fitAnomalyScore(some, { key });
  const odd = oddestRows({
    ...{ table, anomalies, rowNumbers: Float64Array.from(values, (_, row) => row + 1) },
    scores: { logDensity: values.map((x) => -x * x), cells: [] },
    columns: [{ name: "x", isGiven: false, description: "real", write: String } as never],
  });
  expect(odd).toHaveLength(20);
  expect(odd[0]).toMatchObject({ row: 4001, logDensity: -81, cells: [{ column: "x", value: "9" }] });
  expect(odd.every(({ row }) => row % 2 === 1)).toBe(true);
  anomalies.dispose();
});
