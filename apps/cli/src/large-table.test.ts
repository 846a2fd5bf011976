import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { normalRows, Workbench, weightsOf } from "./command.test-support.ts";

const bench = new Workbench();
const ROWS = 3000;
const SMALL = ["--epochs", "2", "--hidden", "8", "--no-anomalies"];

beforeAll(() => bench.write("rows.csv", ["a,b", ...normalRows(ROWS, 2).map((row) => row.join(","))]));
afterAll(() => bench.remove());

describe.each([
  ["auto", ["--quality", "fast"]],
  ["maf", ["--transforms", "1"]],
] as const)("%s, of a table of which a fifth is held in memory", (flow, own) => {
  const fit = async (out: string, seed: string) => {
    const options = ["--flow", flow, ...own, ...SMALL, "--memory-rows", "600", "--seed", seed];
    const { code, stdout, stderr } = await bench.run(["fit", "rows.csv", ...options, "--out", out]);
    expect(code, stderr).toBe(0);
    return stdout + stderr;
  };

  test("learns from all rows but those held out, and the same seed gives the same model", async () => {
    const [told] = await Promise.all([fit("one.st", "5"), fit("two.st", "5"), fit("other.st", "6")]);
    expect(told).toContain(`${ROWS} rows exceed the memory limit`);
    // A tenth of the sample is held out.
    expect(told).toContain(`${ROWS - 60} training rows, in random order on disk`);
    const [one, two, other] = ["one.st", "two.st", "other.st"].map((name) => weightsOf(bench.path(name))) as Buffer[];
    expect(two?.equals(one as Buffer)).toBe(true);
    expect(other?.equals(one as Buffer)).toBe(false);
  });
});

test("a table that fits is learned as without the option", async () => {
  const fit = (out: string, more: readonly string[]) =>
    bench.run(["fit", "rows.csv", "--flow", "maf", ...SMALL, "--out", out, ...more]);
  await Promise.all([fit("all.st", []), fit("held.st", ["--memory-rows", `${ROWS}`])]);
  expect(weightsOf(bench.path("held.st")).equals(weightsOf(bench.path("all.st")))).toBe(true);
});
