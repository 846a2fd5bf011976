import { readFileSync, writeFileSync } from "node:fs";
import type { Table, TextColumn } from "@pushforward/datasets";
import { createTable, writeNpy } from "@pushforward/datasets/extend";
import { openTable, writeTable } from "@pushforward/files";
import sqlite from "node-sqlite3-wasm";
import { createKey, ndArray } from "pushforward";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { DEEP } from "../../../packages/testing/test/deep.ts";
import { Workbench } from "./command.test-support.ts";

const bench = new Workbench();
const FIT = [
  "--flow",
  "table",
  "--epochs",
  "1",
  "--hidden",
  "4",
  "--members",
  "1",
  "--no-anomalies",
  "--validation",
  "0.2",
];
const ROWS = 40;
const u = createKey(1).uniform(4 * ROWS);
const at = (i: number, k: number): number => u[4 * i + k] as number;
const DAY = Date.UTC(2024, 0, 1);
const iso = (i: number, seconds: number): string =>
  new Date(DAY + i * 86_400_000 + 1000 * seconds).toISOString().slice(0, 19).replace("T", " ");

/** The cells of each column; an empty one is missing. */
const CELLS: Readonly<Record<string, (i: number) => string>> = {
  big: (i) => String(9_007_199_254_740_993n + BigInt(7 * i)),
  count: (i) => String(Math.floor(20 * at(i, 0)) + 3),
  price: (i) => (1 + Math.floor(4000 * at(i, 1)) / 100).toFixed(2),
  amount: (i) => String(at(i, 2) * 10),
  day: (i) => (i % 7 === 0 ? "" : iso(i % 40, 0).slice(0, 10)),
  time: (i) => iso(i, Math.floor(80_000 * at(i, 3))),
  zoned: (i) => iso(i, Math.floor(70_000 * at(i, 1))),
  flag: (i) => String(at(i, 2) < 0.4),
  kind: (i) => ["low", "mid", "high, or so"][i % 3] as string,
  gap: (i) => (i % 5 === 0 ? "" : String(Math.floor(9 * at(i, 3)))),
};
const NAMES = Object.keys(CELLS);

/** The types of the columns in files that declare them. */
const DECLARED = new Map(
  Object.entries({
    ...{ big: "BIGINT", count: "SMALLINT", price: "DECIMAL(9,2)", amount: "DOUBLE", day: "DATE", time: "TIMESTAMP" },
    ...{ zoned: "TIMESTAMP WITH TIME ZONE", flag: "BOOLEAN", kind: "VARCHAR", gap: "INTEGER" },
  }),
);
/** The types of the kinds of columns, of files that have no or few types. */
const OF_KINDS = {
  count: "BIGINT",
  price: "DOUBLE",
  amount: "DOUBLE",
  day: "DATE",
  time: "TIMESTAMP",
  gap: "BIGINT",
  kind: "VARCHAR",
};
const EXPECTED: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  csv: { ...OF_KINDS, big: "VARCHAR", zoned: "TIMESTAMP WITH TIME ZONE", flag: "BOOLEAN" },
  jsonl: { ...OF_KINDS, big: "BIGINT", zoned: "TIMESTAMP WITH TIME ZONE", flag: "BOOLEAN" },
  sqlite: { ...OF_KINDS, big: "BIGINT", zoned: "TIMESTAMP WITH TIME ZONE", flag: "BOOLEAN" },
  parquet: Object.fromEntries(DECLARED),
  arrow: Object.fromEntries(DECLARED),
};

function texts(): Table {
  return createTable(
    NAMES.map((name): TextColumn => {
      const values = Array.from({ length: ROWS }, (_, i) => CELLS[name]?.(i) as string);
      const missing = new Set(values.flatMap((text, i) => (text === "" ? [i] : [])));
      return { name, kind: "text", values, ...(missing.size > 0 && { missing }) };
    }),
  );
}

const isNumber = (name: string): boolean => ["big", "count", "price", "amount", "gap"].includes(name);
/** A cell as text formats have it, which say the zone. */
const plain = (name: string, text: string): string => (name === "zoned" ? `${text}Z` : text);

const WRITE: Readonly<Record<string, (path: string) => unknown>> = {
  csv: (path) =>
    writeFileSync(
      path,
      `${[NAMES.join(","), ...rowsOf((name, text) => (text.includes(",") ? `"${text}"` : plain(name, text)))].join("\n")}\n`,
    ),
  jsonl: (path) =>
    writeFileSync(
      path,
      `${rowsOf((name, text) => `"${name}":${literal(name, text, "null")}`)
        .map((row) => `{${row}}`)
        .join("\n")}\n`,
    ),
  sqlite: (path) => {
    const database = new sqlite.Database(path);
    database.exec(`CREATE TABLE t (${NAMES.join(", ")})`);
    for (const row of rowsOf((name, text) => literal(name, text, "NULL").replaceAll('"', "'")))
      database.exec(`INSERT INTO t VALUES (${row})`);
    database.close();
  },
  parquet: (path) => writeTable(path, texts(), { types: DECLARED }),
  arrow: (path) => writeTable(path, texts(), { types: DECLARED }),
};

/** Formats that are read; Arrow and Parquet have the same types, as JSON lines and SQLite have. */
const INPUTS = DEEP ? Object.keys(WRITE) : ["csv", "sqlite", "arrow"];

function rowsOf(cell: (name: string, text: string) => string): string[] {
  return Array.from({ length: ROWS }, (_, i) => NAMES.map((name) => cell(name, CELLS[name]?.(i) as string)).join(","));
}

function literal(name: string, text: string, missing: string): string {
  if (text === "") return missing;
  if (name === "flag" && missing === "NULL") return `'${text}'`;
  return isNumber(name) || name === "flag" ? text : JSON.stringify(plain(name, text));
}

/** The columns of a file as exact texts. */
async function read(path: string): Promise<{ types: Record<string, string>; cells: Map<string, readonly string[]> }> {
  const source = await openTable(bench.path(path));
  const cells = new Map<string, readonly string[]>();
  for await (const { columns } of source.chunks({ kinds: "text", missing: "keep", chunkRows: 10_000 })) {
    for (const { name, values } of columns)
      cells.set(
        name,
        Array.from<string | number, string>(values, (cell) => (Number.isNaN(cell) ? "" : String(cell))),
      );
  }
  return { types: Object.fromEntries(source.types ?? []), cells };
}

beforeAll(async () => {
  for (const [end, write] of Object.entries(WRITE)) await write(bench.path(`in.${end}`));
  writeFileSync(
    bench.path("in.npy"),
    writeNpy(
      ndArray(
        [ROWS, 2],
        Float64Array.from({ length: 2 * ROWS }, (_, i) => at(i >> 1, i & 1)),
      ),
    ),
  );
  for (const end of [...INPUTS, "npy"]) await bench.fit([`in.${end}`, "--out", `${end}.st`, ...FIT]);
});
afterAll(() => bench.remove());

const OUTPUTS = ["csv", "jsonl", "json", "parquet", "arrow"] as const;
/** Short runs write the columns of Arrow to all formats, and the columns of all formats to Parquet and JSON. */
const PAIRS = INPUTS.flatMap((from) => OUTPUTS.map((to) => [from, to] as const)).filter(
  ([from, to]) => DEEP || from === "arrow" || to === "parquet" || to === "json",
);

describe.each(PAIRS)("from %s to %s", (from, to) => {
  const expected = EXPECTED[from] as Record<string, string>;

  test("samples have the types of the file that the model was learned from", async () => {
    const out = `sample-${from}.${to}`;
    expect(await bench.run(["sample", `${from}.st`, "-n", "40", "--out", out])).toMatchObject({ code: 0 });
    await check(out, ["price", "amount", "count"]);
  });

  test("scored rows keep their types and cells", async () => {
    const out = `score-${from}.${to}`;
    expect(await bench.run(["score", `${from}.st`, `in.${from}`, "--out", out])).toMatchObject({ code: 0 });
    await check(out, NAMES);
    const { cells } = await read(out);
    const own = (await read(`in.${from}`)).cells;
    for (const name of NAMES) {
      const normal = (text: string): string =>
        isNumber(name) && name !== "big" && text !== "" ? String(Number(text)) : text.replace(/Z$/, "");
      expect(cells.get(name)?.map(normal), name).toEqual(own.get(name)?.map(normal));
    }
  });

  // A question to a model takes a second.
  test.runIf(DEEP || (from === "csv" && to === "parquet"))("filled cells have the type of their column", async () => {
    const out = `impute-${from}.${to}`;
    const outcome = await bench.run([
      "impute",
      `${from}.st`,
      `in.${from}`,
      "--out",
      out,
      "--expected",
      "--intervals",
      "0.5",
      "--draws",
      "20",
    ]);
    expect(outcome).toMatchObject({ code: 0 });
    await check(out, [...NAMES, "low of gap", "low of day"]);
    expect((await read(out)).cells.get("gap")).not.toContain("");
  });

  /** The types of columns of a file that was written. */
  async function check(out: string, names: readonly string[]): Promise<void> {
    const typeOf = (name: string): string => expected[name.replace(/^low of /, "")] as string;
    if (to === "parquet" || to === "arrow") {
      const { types } = await read(out);
      for (const name of names) expect(types[name], name).toBe(typeOf(name));
      return;
    }
    const text = readFileSync(bench.path(out), "utf8");
    if (to === "csv") {
      const zoned = (await read(out)).cells.get("zoned");
      expect(zoned?.every((cell) => cell.endsWith("Z"))).toBe(true);
      return;
    }
    const rows =
      to === "json"
        ? JSON.parse(text)
        : text
            .trim()
            .split("\n")
            .map((line) => JSON.parse(line));
    for (const name of names) {
      const kind = /INT|DOUBLE|DECIMAL/.test(typeOf(name))
        ? "number"
        : typeOf(name) === "BOOLEAN"
          ? "boolean"
          : "string";
      const found = new Set(rows.map((row: Record<string, unknown>) => (row[name] === null ? kind : typeof row[name])));
      expect([...found], name).toEqual([kind]);
    }
    // JSON.parse would round it.
    if (names.includes("big") && typeOf("big") === "BIGINT") expect(text).toContain('"big":9007199254740993,');
  }
});

test.each(DEEP ? Object.keys(WRITE) : ["arrow"])("what --keep shows of %s has its type in JSON", async (from) => {
  await bench.fit([`in.${from}`, "--out", "odd.st", ...FIT.filter((flag) => flag !== "--no-anomalies")]);
  const command = ["score", "odd.st", `in.${from}`, "--top", `${ROWS}`, "--keep", NAMES.join(","), "--json"];
  const { top } = JSON.parse((await bench.run(command)).stdout) as {
    top: { row: number; kept: Record<string, unknown> }[];
  };
  const { kept } = top.find(({ row }) => row === 6) as { kept: Record<string, unknown> };
  expect(kept).toMatchObject({
    count: Number(CELLS["count"]?.(5)),
    kind: "high, or so",
    gap: null,
    flag: CELLS["flag"]?.(5) === "true",
  });
  expect(kept["big"]).toBe(CELLS["big"]?.(5));
});

test.each(OUTPUTS)("arrays of NumPy go to %s as numbers", async (to) => {
  for (const command of [
    ["sample", "npy.st", "-n", "20"],
    ["score", "npy.st", "in.npy"],
  ]) {
    const out = `npy-${command[0]}.${to}`;
    expect(await bench.run([...command, "--out", out])).toMatchObject({ code: 0 });
    const { types } = await read(out);
    if (to === "parquet" || to === "arrow") expect(types).toMatchObject({ column1: "DOUBLE", column2: "DOUBLE" });
    if (to === "jsonl")
      expect(typeof JSON.parse(readFileSync(bench.path(out), "utf8").split("\n")[0] as string).column1).toBe("number");
  }
});
