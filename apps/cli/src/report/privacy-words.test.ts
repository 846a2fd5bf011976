import { readFileSync } from "node:fs";
import { createKey, parseCsv, type Table } from "pushforward";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { DEEP } from "../../../../packages/testing/test/deep.ts";
import { normalRows, SMALL, Workbench } from "../command.test-support.ts";
import { verdictOnAttack, verdictOnCopies, verdictOnNearCopies, verdictOnShare } from "./page/html.ts";
import { privacyOf } from "./privacy-of.ts";
import type { ReportModel, RowScores } from "./report-model.ts";
import type { PrivacyReport, TableReport } from "./table-report.ts";

const ROWS = 1000;
const key = createKey(3);

/** Two real numbers, an integer and a word, all of which go together. */
function lines(seed: number, rows = ROWS): string[] {
  return normalRows(rows, 3, seed).map(
    ([a = 0, b = 0, c = 0]) => `${a.toFixed(4)},${b.toFixed(3)},${Math.round(3 * c)},${a > 0.3 ? "high" : "low"}`,
  );
}
const HEADER = "a,b,n,word";
const tableOf = (rows: readonly string[]): Table => parseCsv([HEADER, ...rows].join("\n"));

const training = lines(1);
const fresh = lines(2);
const drawn = lines(4);
const model = {
  columns: ["a", "b", "n", "word"].map((name) => ({ name, write: String })),
  parts: { learned: [], context: [], steps: new Map() },
} as unknown as ReportModel;
/** Log-densities that tell nothing. */
const scores = (seed: number, rows: number): RowScores => ({
  logDensity: Float64Array.from(createKey(seed).normal(rows)),
  cells: [],
});

async function privacy(synthetic: readonly string[], heldOut?: readonly string[]): Promise<PrivacyReport> {
  const rows = {
    ...{ training: tableOf(training), rowNumbers: Int32Array.from(training, (_, i) => i + 1) },
    ...{ heldOut: heldOut && tableOf(heldOut), unusedRows: 0, overlap: 0 },
  };
  const attacked = { training: scores(5, ROWS), heldOut: heldOut && scores(6, heldOut.length) };
  return await privacyOf(model, rows, tableOf(synthetic), attacked, key);
}

/** Synthetic rows of which some are training rows, or training rows with another cell. */
function leaking(count: number, isNear: boolean): string[] {
  return drawn.map((line, i) => {
    const [a, b, n, word] = (training[7 * i] ?? line).split(",");
    if (i >= count || 7 * i >= ROWS) return line;
    return isNear ? `${a},${(Number(b) + 0.217).toFixed(3)},${n},${word}` : `${a},${b},${n},${word}`;
  });
}

describe("words on copies follow the numbers", () => {
  test("rows that are drawn alike are as they should be", async () => {
    const found = await privacy(drawn, fresh);
    const { nearCopies, closestRecords, membership } = found;
    expect(found.copies.unique).toBe(0);
    const words = [
      verdictOnCopies(found),
      verdictOnNearCopies(nearCopies as NonNullable<typeof nearCopies>),
      verdictOnShare(closestRecords as NonNullable<typeof closestRecords>),
      verdictOnAttack((membership as NonNullable<typeof membership>).logDensity),
    ].map(({ word }) => word);
    const [copied, near, share, attack] = words;
    expect([copied, share, attack]).toEqual(Array(3).fill("as it should be"));
    // A few rows are near each other by chance, and hide as many copies.
    expect(near).not.toBe("look at this");
  });

  test.each([
    [0.001, 1],
    [0.01, 10],
    [0.1, 100],
  ])("a share of %d of copied rows is something to look at", async (_, count) => {
    const found = await privacy(leaking(count, false));
    expect(found.copies.unique).toBe(count);
    expect(verdictOnCopies(found)).toEqual({
      word: "look at this",
      why: "0.0 expected among the same number of new rows",
    });
  });

  test.each([
    [0.01, 10],
    [0.1, 100],
  ])("a share of %d of copies with another cell is something to look at", async (_, count) => {
    const { copies, nearCopies } = await privacy(leaking(count, true));
    expect(copies.unique).toBe(0);
    expect(nearCopies?.count).toBeGreaterThanOrEqual(count);
    expect(verdictOnNearCopies(nearCopies as NonNullable<typeof nearCopies>).word).toBe("look at this");
  });

  test("where rows repeat, few copies are not said to be none", async () => {
    const repeated = Array.from({ length: ROWS }, (_, i) => `${i % 11},1,${i % 7},${["high", "low"][i % 2]}`);
    const rows = {
      ...{ training: tableOf(repeated), rowNumbers: Int32Array.from(repeated, (_, i) => i + 1) },
      ...{ heldOut: undefined, unusedRows: 0, overlap: 0 },
    };
    const attacked = { training: scores(5, ROWS), heldOut: undefined };
    const { nearCopies } = await privacyOf(model, rows, tableOf(repeated), attacked, key);
    expect(verdictOnNearCopies(nearCopies as NonNullable<typeof nearCopies>).word).not.toBe("look at this");
  });

  test("a number of few rows near ½ is not clear, one far from it is wrong", () => {
    expect(verdictOnAttack({ area: 0.5, standardError: 0.05 }).word).toBe("not clear");
    expect(verdictOnAttack({ area: 0.5, standardError: 0.005 }).word).toBe("as it should be");
    expect(verdictOnAttack({ area: 0.53, standardError: 0.015 }).word).toBe("not clear");
    expect(verdictOnAttack({ area: 0.55, standardError: 0.01 }).word).toBe("look at this");
    expect(verdictOnShare({ share: 0.4, standardError: 0.01 }).word).toBe("look at this");
  });
});

describe("held-out rows that overlap with the data", () => {
  const bench = new Workbench();
  const part = training.slice(0, 400);

  beforeAll(async () => {
    bench.write("data.csv", [HEADER, ...part]);
    await bench.fit(["data.csv", "--columns", "a,b", "--flow", "maf", "--out", "flow.st", ...SMALL]);
    const mixed = (share: number): string[] =>
      fresh.slice(0, 200).map((line, i) => (i < 200 * share ? (part[i] as string) : line));
    bench.write("1.csv", [HEADER, ...mixed(0.01)]);
    bench.write("50.csv", [HEADER, ...mixed(0.5)]);
    bench.write("100.csv", [HEADER, ...mixed(1)]);
    bench.write("0.csv", [HEADER, ...mixed(0)]);
    const common = Array.from({ length: 400 }, (_, i) => `${i % 11},${i % 5},${i % 7},low`);
    bench.write("common.csv", [HEADER, ...common]);
    bench.write("common-fresh.csv", [HEADER, ...common.slice(0, 200)]);
  });
  afterAll(() => bench.remove());

  test.each([["0", 0], ["1", 2], ...(DEEP ? ([["50", 100]] as const) : [])] as const)(
    "by %s % are left out, and that is said",
    async (name, count) => {
      const args = ["report", "flow.st", "data.csv", "--holdout", `${name}.csv`];
      const { code, stdout, stderr } = await bench.run([...args, "--json", "--out", `${name}.html`]);
      expect(code, stderr).toBe(0);
      const { rows, privacy: found } = JSON.parse(stdout) as TableReport;
      expect([rows.heldOut, found.overlap]).toEqual([200 - count, count]);
      const sentence = `${count} of 200 held-out rows equal a row of the data: they are left out`;
      expect(stderr.includes(sentence)).toBe(count > 0);
      const page = readFileSync(bench.path(`${name}.html`), "utf8");
      expect(page.includes(`${count} held-out rows equal a row of the data`)).toBe(count > 0);
      expect(page).toMatch(/All tests together: p (=|&lt;|<) /);
      expect(page).not.toContain("below 0.0001");
    },
  );

  test("wholly, as the data themselves do, are refused", async () => {
    for (const file of ["100.csv", "data.csv"]) {
      const { code, stdout, stderr } = await bench.run(["report", "flow.st", "data.csv", "--holdout", file, "--json"]);
      expect([code, stdout]).toEqual([1, ""]);
      expect(stderr).toMatch(
        /expected held-out rows that the model was not fitted on, got \d+ of \d+ that equal a row of the data. Pass other rows, or none.\n$/,
      );
    }
  });

  test("rows that repeat are compared with how often they do", async () => {
    await bench.fit(["common.csv", "--columns", "a,b", "--flow", "maf", "--out", "common.st", ...SMALL]);
    const { code, stdout } = await bench.run([
      "report",
      "common.st",
      "common.csv",
      "--holdout",
      "common-fresh.csv",
      "--json",
    ]);
    expect(code).toBe(0);
    expect((JSON.parse(stdout) as TableReport).privacy.overlap).toBe(0);
  });
});
