import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { gunzipSync } from "node:zlib";
import { afterAll, describe, expect, test } from "vitest";
import { Workbench } from "./command.test-support.ts";

/** The lines that the program printed when it wrote the model. */
interface Printed {
  readonly score: readonly string[];
  readonly sample: readonly string[];
}

const fixtures = new URL("../test/old-models/", import.meta.url);
const expected = JSON.parse(readFileSync(new URL("expected.json", fixtures), "utf8")) as Readonly<
  Record<string, Readonly<Record<"cpu" | "wasm", Printed>>>
>;
const bench = new Workbench();
afterAll(() => bench.remove());

const lines = (text: string): string[] => text.trimEnd().split("\n");

/** The path of a fixture. */
function fixture(name: string): string {
  return fileURLToPath(new URL(name, fixtures));
}

function unpacked(name: string): Buffer {
  return gunzipSync(readFileSync(new URL(`${name}.gz`, fixtures)));
}

const CONDITIONAL: ReadonlySet<string> = new Set(["flow", "auto-given", "columns", "mixture-given"]);

// Model files stay readable, and their densities stay the same to the last bit.
describe.each(Object.entries(expected))("%s, written by an earlier version", (name, printed) => {
  const model = `${name}.safetensors`;
  writeFileSync(bench.path(model), unpacked(model));
  const isTable = name === "columns" || name.startsWith("mixture");
  const rows = isTable ? "mixed" : "numbers";

  test.each(["cpu", "wasm"] as const)(
    "gives the scores of that version to nine decimals, and its samples, bit for bit, on %s",
    async (backend) => {
      const scored = await bench.run([
        ...["score", model, fixture(`${rows}-8.csv`), "--out", "scores.csv", "--force", "--backend", backend],
        ...(isTable ? ["--cells"] : []),
      ]);
      expect(scored.code).toBe(0);
      expectScores(lines(readFileSync(bench.path("scores.csv"), "utf8")), printed[backend].score);
      const isConditional = CONDITIONAL.has(name);
      const sampled = await bench.run([
        ...["sample", model, "-n", isConditional ? "3" : "6", "--seed", "7", "--backend", backend],
        ...(isConditional ? ["--context", fixture(`${rows}-context.csv`)] : []),
      ]);
      expect(lines(sampled.stdout)).toEqual(printed[backend].sample);
    },
  );

  // A density that version 1 of mixtures held against far values is written as one that is never drawn, and sums of columns are
  // written as linear functions.
  test("is described as that version described it", async () => {
    const { stdout } = await bench.run(["inspect", model, "--json"]);
    // That version did not name the measure.
    const { measure, ...described } = JSON.parse(stdout) as Readonly<Record<string, unknown>>;
    expect(measure).toMatch(/^density per unit of /);
    expect(described).toEqual(JSON.parse(unpacked(`${name}.inspect.json`).toString("utf8")));
  });
});

/** Compares lines of cells. Scores may differ by the rounding of float64, which depends on the order of sums. */
function expectScores(lines: readonly string[], expected: readonly string[]): void {
  const rounded = (line: string): string[] =>
    line.split(",").map((cell) => (/^-?\d+\.\d{10,}$/.test(cell) ? Number(cell).toFixed(9) : cell));
  expect(lines.map(rounded)).toEqual(expected.map(rounded));
}
