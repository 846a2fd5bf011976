import { joinCsvTables } from "@pushforward/datasets/extend";
import { openTable, writeTable } from "@pushforward/files";
import { penguins, type Table } from "pushforward";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { DEEP } from "../../../../packages/testing/test/deep.ts";
import { Workbench, weightsOf } from "../command.test-support.ts";

const bench = new Workbench();
const SMALL = ["--epochs", "1", "--hidden", "8", "--no-anomalies", "--seed", "3"];
const TABLE = [...SMALL, "--flow", "table", "--members", "1", "--validation", "0.2"];
const FLOW = [...SMALL, "--flow", "maf", "--transforms", "1", "--columns", "body_mass_g,bill_length_mm"];

async function readAll(name: string): Promise<Table> {
  const chunks = [];
  for await (const chunk of (await openTable(bench.path(name))).chunks({ missing: "keep" })) chunks.push(chunk);
  return joinCsvTables(chunks) as Table;
}

beforeAll(async () => {
  await Promise.all(["csv", "parquet", "arrow", "jsonl"].map((end) => writeTable(bench.path(`p.${end}`), penguins())));
  await Promise.all([
    bench.fit(["p.csv", "--out", "table.st", ...TABLE]),
    bench.fit(["p.csv", "--out", "flow.st", ...FLOW]),
  ]);
});
afterAll(() => bench.remove());

describe.each(["parquet", "arrow", "jsonl"])("a %s file", (end) => {
  test.runIf(DEEP)("gives the model of the CSV file, to the bit", async () => {
    // That of a table is slow, and all typed files are read in the same way.
    const kinds = end === "parquet" ? ["table", "flow"] : ["flow"];
    for (const kind of kinds) {
      await bench.fit([`p.${end}`, "--out", `${kind}-${end}.st`, ...(kind === "table" ? TABLE : FLOW)]);
      const [own, csv] = [`${kind}-${end}.st`, `${kind}.st`].map((name) => weightsOf(bench.path(name)));
      expect(own?.equals(csv as Buffer), kind).toBe(true);
    }
  });

  test("is scored, and written with the scores", async () => {
    const [csv, own] = await Promise.all([
      bench.run(["score", "table.st", "p.csv", "--json"]),
      bench.run(["score", "table.st", `p.${end}`, "--out", `scored.${end}`, "--json"]),
    ]);
    expect(JSON.parse(own.stdout)).toEqual(JSON.parse(csv.stdout));
    const { rows, columns } = await readAll(`scored.${end}`);
    expect(rows).toBe(342);
    expect(columns.map(({ name }) => name)).toEqual([...penguins().columns.map(({ name }) => name), "log_density"]);
    expect(columns.map(({ kind }) => kind)).toEqual([...penguins().columns.map(({ kind }) => kind), "number"]);
  });
});

test("a query chooses rows, of files that it names or of data", async () => {
  const file = bench.path("p.parquet");
  const heavy = "WHERE body_mass_g > 5000";
  const [alone, ofFile] = await Promise.all([
    bench.run(["score", "flow.st", "--query", `SELECT * FROM '${file}' ${heavy}`, "--json"]),
    bench.run(["score", "flow.st", "p.parquet", "--query", `SELECT * FROM data ${heavy}`, "--json"]),
  ]);
  const mass = penguins().columns.find(({ name }) => name === "body_mass_g");
  const expected = Array.from<number | string>(mass?.values ?? []).filter((value) => Number(value) > 5000).length;
  expect(JSON.parse(alone.stdout).rows).toBe(expected);
  expect(alone.stdout).toBe(ofFile.stdout);
  const none = await bench.run(["score", "flow.st", "--query", "SELECT 1 AS nothing"]);
  expect([none.code, none.stderr]).toEqual([1, expect.stringContaining('query: expected a column "body_mass_g"')]);
  const neither = await bench.run(["score", "flow.st"]);
  expect([neither.code, neither.stderr]).toEqual([
    2,
    expect.stringContaining("expected a file with the table, or --query, got none"),
  ]);
});

test("samples and filled holes are written as Parquet", async () => {
  const holes = penguins().columns.map((column) =>
    column.kind === "number" ? { ...column, values: column.values.map((x, i) => (i === 3 ? Number.NaN : x)) } : column,
  );
  await writeTable(bench.path("holes.parquet"), { rows: 342, columns: holes });
  const [drawn, filled] = await Promise.all([
    bench.run(["sample", "table.st", "-n", "50", "--out", "drawn.parquet"]),
    bench.run(["impute", "table.st", "holes.parquet", "--out", "filled.parquet", "--draws", "20"]),
  ]);
  expect([drawn.code, filled.code]).toEqual([0, 0]);
  expect((await readAll("drawn.parquet")).rows).toBe(50);
  const table = await readAll("filled.parquet");
  for (const column of table.columns)
    if (column.kind === "number") expect(column.values.some(Number.isNaN)).toBe(false);
});
