import { useBackend } from "@pushforward/backend";
import { findVariables } from "@pushforward/columns";
import { createKey } from "@pushforward/core";
import { parseCsv } from "@pushforward/datasets";
import { beforeAll, expect, test } from "vitest";
import { tableDensity } from "../density/fit/fit-table-density.ts";
import { sampleBlockRows, sampleDensity } from "./sample-density.ts";

beforeAll(() => useBackend("wasm"));

test("rows in parts are those of one run", async () => {
  const text = `fruit\n${"apple\npear\nplum\n".repeat(20)}`;
  const { variables, table } = findVariables(parseCsv(text, { kinds: "text", missing: "keep" }));
  const { model: density } = await tableDensity(table, { key: createKey(0), epochs: 1 });
  const model = { density, variables, learned: variables };
  const rows = sampleBlockRows(model);
  const whole = [...sampleDensity(model, { count: rows + 10, seed: 2 })];
  expect(whole.map((block) => block.rows)).toEqual([rows, 10]);
  expect([...sampleDensity(model, { from: rows, count: rows + 10, seed: 2 })]).toEqual(whole.slice(1));
  expect(() => [...sampleDensity(model, { from: 1, count: 10, seed: 2 })]).toThrow(
    `sampleDensity: expected from as a multiple of ${rows}, got 1.`,
  );
});
