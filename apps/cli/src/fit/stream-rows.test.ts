import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openTable, writeTable } from "@pushforward/files";
import type { Table } from "pushforward";
import { afterAll, expect, test } from "vitest";
import { streamRows } from "./stream-rows.ts";
import { Voice } from "./tell-of-columns.ts";

const folder = mkdtempSync(join(tmpdir(), "pushforward-stream-"));
afterAll(() => rmSync(folder, { recursive: true }));
const ROWS = 5000;
const file = join(folder, "rows.parquet");
const count = Float64Array.from({ length: ROWS }, (_, i) => i);
const columns: Table["columns"] = [
  { name: "i", kind: "number", values: count },
  { name: "square", kind: "number", values: count.map((i) => i * i) },
  { name: "part", kind: "text", values: Array.from(count, (i) => (i % 10 === 0 ? "test" : "train")) },
];

test("a stream has each training row once, in an order of the seed, without those that are held out", async () => {
  await writeTable(file, { rows: ROWS, columns });
  const layout = { columns: ["i", "square"], context: [] };
  const heldOut = new Set([2, 3]);
  const read = async (seed: number): Promise<number[]> => {
    const large = { source: await openTable(file), totalRows: ROWS };
    const { stream, epochs, close } = await streamRows(
      large,
      layout,
      { out: "m.st", seed, splitColumn: "part", heldOut },
      new Voice(true),
    );
    expect([stream.rows, stream.blockRows, epochs]).toEqual([4498, 4498, 1]);
    const { x } = (await stream.block(1, 0)) as { x: { data: Float64Array } };
    await close();
    const first = Array.from(x.data).filter((_, at) => at % 2 === 0);
    expect(Array.from(x.data).filter((_, at) => at % 2 === 1)).toEqual(first.map((i) => i ** 2));
    return first;
  };
  const first = await read(1);
  const expected = Array.from(count).filter((i) => i % 10 !== 0 && i !== 1 && i !== 2);
  expect([...first].sort((a, b) => a - b)).toEqual(expected);
  expect(await read(1)).toEqual(first);
  expect(await read(2)).not.toEqual(first);
});

test("a cell without a value ends it, with its row and column", async () => {
  const values = count.map((i) => (i === 3000 ? Number.NaN : i));
  await writeTable(file, { rows: ROWS, columns: [{ name: "i", kind: "number", values }] });
  const layout = { columns: ["i"], context: [] };
  const large = { source: await openTable(file), totalRows: ROWS };
  const streamed = streamRows(large, layout, { out: "m.st", seed: 0, heldOut: new Set() }, new Voice(true));
  await expect(streamed).rejects.toThrow(/rows\.parquet row 3001, column "i": expected a value, got none/);
});
