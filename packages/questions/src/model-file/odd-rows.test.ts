import { fitAnomalyScore } from "@pushforward/anomalies";
import { useBackend } from "@pushforward/backend";
import { createKey } from "@pushforward/core";
import { createTable } from "@pushforward/datasets/extend";
import type { RowRule } from "@pushforward/tables";
import { expect, test } from "vitest";
import { oddRows, reasonsOf } from "./odd-rows.ts";

await useBackend("wasm");

test("a row that breaks a rule is as odd as the oddest row, because of the columns of the rule", async () => {
  const key = createKey(20261130);
  const z = key.normal(120);
  const table = (low: ArrayLike<number>, high: ArrayLike<number>) =>
    createTable([
      { name: "low", kind: "number", values: Float64Array.from(low) },
      { name: "high", kind: "number", values: Float64Array.from(high) },
      { name: "other", kind: "number", values: Float64Array.from(low, () => 0) },
    ]);
  const rows = Array.from(z, (x) => 0.5 * x);
  const anomalies = await fitAnomalyScore(
    table(
      rows,
      Array.from(z, (x, i) => 0.5 * x + (i % 7) / 7),
    ),
    { key },
  );
  const asked = table([0.2, 0.2], [0.3, 0.15]);
  const rules: readonly RowRule[] = [{ type: "order", columns: ["low", "high"] }];
  const logProb = new Float64Array(2);
  const plain = oddRows(anomalies, asked, { logProb, explain: true });
  const ruled = oddRows(anomalies, asked, { logProb, explain: true, rules });
  expect(ruled.scores[0]).toBe(plain.scores[0]);
  expect(plain.scores[1]).toBeLessThan(Math.log(121));
  expect(ruled.scores[1]).toBe(Math.log(anomalies.rows + 1));
  expect(ruled.pValues[1]).toBeLessThan(plain.pValues[1] as number);
  expect(reasonsOf(ruled.reasons ?? { columns: [], surprises: [] }, 1)).toEqual(["low", "high"]);
  expect(oddRows(anomalies, asked, { logProb, rules }).scores).toEqual(ruled.scores);
  anomalies.dispose();
});
