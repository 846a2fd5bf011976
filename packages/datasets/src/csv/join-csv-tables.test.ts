import { expect, test } from "vitest";
import type { CsvTable } from "./csv-options.ts";
import { csvChunks, joinCsvTables, parseCsv } from "./parse-csv.ts";

const TEXT = "a,b\n1,x\n,y\n3,NA\n4,z\n5,\n";

test.each(["drop", "keep"] as const)("chunks joined are the whole file, missing: %s", async (missing) => {
  const chunks: CsvTable[] = [];
  for await (const chunk of csvChunks([TEXT], { missing, chunkRows: 1 })) chunks.push(chunk);
  expect(chunks.length).toBeGreaterThan(1);
  expect(joinCsvTables(chunks)).toEqual(parseCsv(TEXT, { missing }));
});

test("no chunks make no table", () => {
  expect(joinCsvTables([])).toBeUndefined();
});
