import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TableSource } from "@pushforward/columns";
import { createKey } from "@pushforward/core";
import { csvChunks } from "@pushforward/datasets";
import { expect, onTestFinished, test, vi } from "vitest";
import { DEEP } from "../../../testing/test/deep.ts";
import { sampleTable } from "./sample-table.ts";
import { ShuffledRows } from "./shuffled-rows.ts";

const key = createKey(2);

function counting(rows: number): TableSource {
  const text = `i,word\n${Array.from({ length: rows }, (_, i) => `${i + 1},w${i + 1}`).join("\n")}\n`;
  return { name: "i.csv", chunks: (options) => csvChunks([text], options) };
}

test("a sample is without replacement, in order, the same for the same key, whatever the chunks", async () => {
  const { table, totalRows } = await sampleTable(counting(5000), { count: 300, key, chunkRows: 512 });
  const [numbers, words] = table.columns;
  expect([table.rows, totalRows]).toEqual([300, 5000]);
  expect(numbers?.values).toEqual(table.rowNumbers);
  expect(new Set(table.rowNumbers).size).toBe(300);
  expect([...table.rowNumbers]).toEqual([...table.rowNumbers].sort((a, b) => a - b));
  expect(words?.values).toEqual(Array.from(table.rowNumbers, (i) => `w${i}`));
  const again = await sampleTable(counting(5000), { count: 300, key, chunkRows: 77 });
  expect(again.table.columns[0]?.values).toEqual(numbers?.values);
  const other = await sampleTable(counting(5000), { count: 300, key: createKey(3) });
  expect(other.table.columns[0]?.values).not.toEqual(numbers?.values);
});

test.runIf(DEEP)("each row is kept with the same probability", async () => {
  const counts = new Float64Array(40);
  for (let k = 0; k < 400; k++) {
    const { table } = await sampleTable(counting(40), { count: 10, key: key.fold(k), chunkRows: 7 });
    for (const i of table.rowNumbers) counts[i - 1] = (counts[i - 1] as number) + 1;
  }
  // 400 draws of probability 1/4: 100 ± 8.7.
  for (const count of counts) expect(Math.abs(count - 100)).toBeLessThan(40);
});

test("a table of fewer rows is kept whole", async () => {
  const { table, totalRows } = await sampleTable(counting(20), { count: 100, key });
  expect([table.rows, totalRows]).toEqual([20, 20]);
});

test("shuffled rows are all rows, in an order of the seed, and leave nothing behind", async () => {
  // Other tests have rows in the folder of all programs, too.
  const folder = mkdtempSync(join(tmpdir(), "pushforward-shuffle-"));
  vi.stubEnv("TMPDIR", folder);
  onTestFinished(() => {
    vi.unstubAllEnvs();
    rmSync(folder, { recursive: true });
  });
  const order = async (seed: number): Promise<number[]> => {
    const rows = await ShuffledRows.create(2);
    for (let k = 0; k < 3; k++) rows.add(Float64Array.from({ length: 6000 }, (_, i) => 3000 * k + Math.floor(i / 2)));
    expect(rows.rows).toBe(9000);
    await rows.shuffle(seed);
    const all = [...(await rows.read(0, 4000)), ...(await rows.read(4000, 5000))];
    await rows.close();
    const first = all.filter((_, i) => i % 2 === 0);
    expect(all.filter((_, i) => i % 2 === 1)).toEqual(first);
    return first;
  };
  const first = await order(1);
  expect([...first].sort((a, b) => a - b)).toEqual(Array.from({ length: 9000 }, (_, i) => i));
  expect(await order(1)).toEqual(first);
  expect(await order(2)).not.toEqual(first);
  // Neighbors are no longer so: the mean distance of two random rows is a third of them.
  const distance = first.slice(1).reduce((sum, i, k) => sum + Math.abs(i - (first[k] as number)), 0) / 8999;
  expect(Math.abs(distance - 3000)).toBeLessThan(150);
  expect(readdirSync(folder)).toEqual([]);
});
