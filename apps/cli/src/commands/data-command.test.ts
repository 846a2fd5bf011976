import { readFileSync } from "node:fs";
import { afterAll, expect, test } from "vitest";
import { Workbench } from "../command.test-support.ts";

const bench = new Workbench();
afterAll(() => bench.remove());

test("an example table on standard output", async () => {
  const { code, stdout, stderr } = await bench.run(["data", "penguins", "--out", "-"]);
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  const [header, first, ...rest] = stdout.trimEnd().split("\n");
  expect(header).toBe("species,island,bill_length_mm,bill_depth_mm,flipper_length_mm,body_mass_g,sex");
  expect(first).toBe("Adelie,Torgersen,39.1,18.7,181,3750,male");
  expect(rest).toHaveLength(341);
  expect(rest.filter((line) => line.endsWith(","))).toHaveLength(9);
  expect(stdout).not.toContain("unknown");
});

test("an example table in a file, which is not replaced without --force", async () => {
  const named = await bench.run(["data", "penguins"]);
  expect(named).toMatchObject({ code: 0, stdout: "", stderr: "342 rows: penguins.csv\n" });
  const written = await bench.run(["data", "earthquakes", "--out", "quakes.csv"]);
  expect(written).toMatchObject({ code: 0, stdout: "", stderr: "1707 rows: quakes.csv\n" });
  expect(readFileSync(bench.path("quakes.csv"), "utf8")).toMatch(/^longitude,latitude,depth,magnitude\n/);
  const again = await bench.run(["data", "penguins", "--out", "quakes.csv"]);
  expect(again).toMatchObject({ code: 1, stdout: "" });
  expect(again.stderr).toMatch(/^error: --out quakes\.csv: expected a new file, got an existing one\./);
  const forced = await bench.run(["data", "penguins", "--out", "quakes.csv", "--force"]);
  expect(forced.code).toBe(0);
  expect(readFileSync(bench.path("quakes.csv"), "utf8")).toMatch(/^species,/);
});

test("an unknown table is refused", async () => {
  const { code, stderr } = await bench.run(["data", "irises"]);
  expect(code).toBe(2);
  expect(stderr).toContain("Allowed choices are earthquakes, penguins.");
});
