import { readFileSync } from "node:fs";
import { createKey, parseCsv } from "pushforward";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { DEEP, firstOf } from "../../../packages/testing/test/deep.ts";
import { type Outcome, Workbench } from "./command.test-support.ts";

const bench = new Workbench();
const ROWS = 100;
const FAST = ["--epochs", "2", "--hidden", "8", "--members", "1", "--no-anomalies"];
/** Without the mixture that is tried beside the networks, where the test is about something else: in half the time. */
const NETWORKS = ["--flow", "table", ...FAST];
/** With rows that are held out instead of cross-validation: one network per column instead of five. */
const ONE = [...NETWORKS, "--validation", "0.2"];
const GROUPS = ["reef", "open sea", "__proto__"];
const HEADER = 'name,when,group,size,"count, all",tagged,price,note';

/** Rows in which group decides size, cells are missing, and each column is written in its own way. */
function lines(seed = 0): string[] {
  const z = createKey(seed).normal(3 * ROWS);
  const u = createKey(seed)
    .fold("u")
    .uniform(3 * ROWS);
  return Array.from({ length: ROWS }, (_, i) => {
    const at = (k: number): number => z[3 * i + k] as number;
    const by = (k: number): number => u[3 * i + k] as number;
    const group = Math.min(2, Math.floor(2.2 * by(0)));
    const day = String(1 + (Math.floor(12 * by(1)) % 12)).padStart(2, "0");
    return [
      `id-${String(i).padStart(4, "0")}`,
      `${day}.0${1 + (i % 9)}.2021`,
      GROUPS[group],
      (5 * group + at(0)).toFixed(2),
      by(2) < 0.2 ? "?" : String(Math.round(20 + 5 * at(1))),
      by(1) < 0.1 ? "" : by(0) < 0.5 ? "yes" : "no",
      `$${(100 + 20 * at(2)).toFixed(2)}`,
      `"Seen at ${i} miles, ""${at(2).toFixed(3)}"" of them alone and far from any ship or shore that day"`,
    ].join(",");
  });
}

const DATA = lines();
/** What the fit of all tests says, and the JSON of one with held-out rows. */
let told: Outcome;
let report: Record<string, unknown>;

beforeAll(async () => {
  bench.write("fish.csv", [HEADER, ...DATA]);
  bench.write("parts.csv", [
    `${HEADER},part`,
    ...DATA.map((line, i) => `${line},${["train", "train", "val", "test"][i % 4]}`),
  ]);
  told = await bench.run(["fit", "fish.csv", "--out", "fish.st", ...FAST]);
  report = await bench.fit(["fish.csv", "--out", "held.st", ...ONE]);
});
afterAll(() => bench.remove());

const inspect = async (model: string) => JSON.parse((await bench.run(["inspect", model, "--json"])).stdout);
const table = (text: string) => parseCsv(text, { kinds: "text", missing: "keep" });
/** The rows of a file of numbers, without its header. */
const numbersIn = (text: string): number[][] =>
  text
    .trim()
    .split("\n")
    .slice(1)
    .map((line) => line.split(",").map(Number));

const column = (text: string, name: string): string[] => {
  const found = table(text).columns.find((candidate) => candidate.name === name);
  return found?.kind === "text" ? [...found.values] : [];
};

describe("fit", () => {
  test("says what each column is, and how it goes", () => {
    const { code, stdout, stderr } = told;
    expect(code).toBe(0);
    for (const line of [
      "  name: id, not learned",
      /^ {2}when: date \(\d\d\.\d\d\.2021 to \d\d\.\d\d\.2021\)/m,
      "  group: category of 3\n",
      /^ {2}size: real, -?[\d.]+ to [\d.]+$/m,
      /^ {2}count, all: integer, \d+ to \d+, \d+ missing \(\d+ %\)$/m,
      /^ {2}tagged: boolean \(no, yes\), \d+ missing/m,
      'column "price": Numbers have "$" before them.',
      "not learned: name (identifier), note (free text)\n",
      `5-fold cross-validation on ${ROWS} rows of when, group, count, all, tagged, size, price\n`,
      /^column 4 of 6, tagged: -?\d+\.\d{4} nats per row, \d+\.\d{4} less than by itself$/m,
    ]) {
      if (typeof line === "string") expect(stderr).toContain(line);
      else expect(stderr).toMatch(line);
    }
    expect(stdout).toMatch(/ {2}train {7}-?\d+\.\d{4}\n {2}validation {2}-?\d+\.\d{4}\n/);
    expect(stdout).toMatch(/if the columns were independent: the model gains \d+\.\d{4}\n/);
    expect(stdout).toContain("next:\n  pushforward score fish.st fish.csv --out scores.csv\n");
    expect(stdout).toMatch(/\n {2}pushforward export fish\.st --to onnx --out model\.onnx\n$/);
  });

  test("--json has the fields of all fits, and what was found", () => {
    expect(Object.keys(report).slice(0, 15)).toEqual(
      "flow features context parameters backend epochs bestEpoch trainNll validationNll testNll measure seconds cpuSeconds model notices".split(
        " ",
      ),
    );
    expect(report).toMatchObject({ flow: "table", features: 6, context: 0, epochs: 2, testNll: null });
    expect(report["kept"]).toEqual(["name", "note"]);
    expect(report["dependent"]).toEqual([]);
    const variables = report["variables"] as { name: string; kind: string; step: number | null; missing: number }[];
    expect(variables.map(({ kind }) => kind)).toEqual("id date category real integer boolean real text".split(" "));
    expect(variables[3]).toEqual({ name: "size", kind: "real", step: null, missing: 0 });
    const marks = column([HEADER, ...DATA].join("\n"), "count, all").filter((text) => text === "?").length;
    expect(variables[4]?.missing).toBe(marks / ROWS);
    expect(report["validationNll"]).toBeLessThan(report["independentNll"] as number);
  });

  test("numbers without a missing cell are learned by flows as before, with any of the other columns left out", async () => {
    bench.write("numbers.csv", ["id,a,b", ...DATA.map((line, i) => `${i + 1},${line.split(",")[3]},${i % 7}`)]);
    const quick = ["--epochs", "1", "--quality", "fast", "--hidden", "8", "--no-anomalies"];
    const { code, stderr, stdout } = await bench.run(["fit", "numbers.csv", "--out", "n.st", ...quick]);
    expect(code).toBe(0);
    expect(stderr).toContain("not learned: id (identifier)\n");
    expect(stderr).toContain("Without layers: a Gaussian");
    expect(stdout).toContain("pushforward score n.st numbers.csv --out scores.csv\n");
    const forced = await bench.fit(["numbers.csv", "--out", "t.st", ...ONE]);
    expect(forced).toMatchObject({ flow: "table", features: 2 });
  });

  test("numbers of which one is never above the other are learned as a table that keeps the rule", async () => {
    const rows = Array.from({ length: 160 }, (_, i) => {
      const low = Math.sin(i * i) * 20;
      return `${low.toFixed(2)},${(low + Math.max(0, 8 * Math.cos(i * i * i))).toFixed(2)}`;
    });
    bench.write("prices.csv", ["low,high", ...rows]);
    const { code, stdout, stderr } = await bench.run([
      "fit",
      "prices.csv",
      "--out",
      "p.st",
      ...ONE,
      "--no-anomalies",
      "--json",
    ]);
    expect(code).toBe(0);
    expect(stderr).toBe("");
    const text = "low ≤ high";
    expect(JSON.parse(stdout).rules).toEqual([{ type: "order", columns: ["low", "high"], text }]);
    const drawn = await bench.run(["sample", "p.st", "-n", "300"]);
    const pairs = numbersIn(drawn.stdout);
    expect(pairs.filter(([low = 0, high = 0]) => low > high)).toEqual([]);
    expect((await bench.run(["inspect", "p.st"])).stdout).toContain(`in each row: ${text}\n`);
    const flow = await bench.run(["fit", "prices.csv", "--out", "f.st", "--flow", "nsf", "--no-rules"]);
    expect(flow.stderr).toContain("--no-rules: expected --flow table, got --flow nsf.");
  });

  test("a flow keeps zeros, ones and positive numbers in their range, unless there are no rules", async () => {
    const open = createKey(5).uniform(120);
    const waits = createKey(6).uniform(120);
    const levels = createKey(7).normal(120);
    const rows = Array.from({ length: 120 }, (_, i) => {
      const isOpen = (open[i] as number) < 0.4 ? 1 : 0;
      return `${isOpen},${(0.01 - Math.log1p(-(waits[i] as number))).toFixed(6)},${(levels[i] as number).toFixed(6)}`;
    });
    bench.write("waits.csv", ["open,wait,level", ...rows]);
    const fit = [
      "fit",
      "waits.csv",
      "--out",
      "w.st",
      "--force",
      "--quality",
      "fast",
      "--epochs",
      "3",
      "--no-anomalies",
    ];
    const { code, stderr } = await bench.run(fit);
    expect(code).toBe(0);
    expect(stderr).toContain("Bounds: open from -0.49999 to 1.5, wait above 0. No sample is outside.");
    const drawn = await bench.run(["sample", "w.st", "-n", "2000"]);
    const numbers = numbersIn(drawn.stdout);
    expect(numbers).toHaveLength(2000);
    expect(numbers.filter(([isOpen, wait = -1]) => !(isOpen === 0 || isOpen === 1) || wait < 0)).toEqual([]);
    const without = await bench.run([...fit, "--no-rules"]);
    expect(without.code).toBe(0);
    expect(without.stderr).not.toContain("Bounds");
  });

  test("numbers in clusters are learned as a table, whose samples are in the clusters", async () => {
    const [places, levels] = [createKey(5).uniform(160), createKey(6).normal(160)];
    const rows = Array.from({ length: 160 }, (_, i) => {
      return `${(1e6 * (i % 10) + 10 * (places[i] as number)).toFixed(3)},${(levels[i] as number).toFixed(6)}`;
    });
    bench.write("runs.csv", ["serial,level", ...rows]);
    const fit = await bench.run(["fit", "runs.csv", "--out", "r.st", "--epochs", "2", "--no-anomalies"]);
    expect(fit.code).toBe(0);
    expect(fit.stderr).toContain('numbers are in clusters in "serial": the columns are learned as a table');
    const drawn = await bench.run(["sample", "r.st", "-n", "500"]);
    const serials = numbersIn(drawn.stdout).map(([serial = 0]) => serial);
    expect(serials).toHaveLength(500);
    expect(serials.filter((serial) => (serial + 20) % 1e6 > 50).length).toBeLessThan(15);
  });

  test("numbers that often equal another column are learned as a table, whose samples have equal cells", async () => {
    const [opens, changes] = [createKey(8).uniform(240), createKey(9).normal(240)];
    const rows = Array.from({ length: 240 }, (_, i) => {
      const open = 100 + 900 * (opens[i] as number);
      return [open, open + 20 * Math.max(0, changes[i] as number)].map((price) => price.toFixed(3)).join(",");
    });
    bench.write("prices.csv", ["open,high", ...rows]);
    const { code, stderr } = await bench.run(["fit", "prices.csv", "--out", "p.st", ...FAST]);
    expect(code).toBe(0);
    expect(stderr).toContain('cells are often equal in "open", "high": the columns are learned as a table');
    const { stdout } = await bench.run(["sample", "p.st", "-n", "500"]);
    const equal = numbersIn(stdout).filter(([open, high]) => open === high).length;
    expect(Math.abs(equal - 250)).toBeLessThan(75);
  });

  test("numbers that repeat more often than by rounding are learned as a table that keeps them", async () => {
    const rows = Array.from({ length: 160 }, (_, i) => {
      const count = Math.round(20 + 60 * Math.abs(Math.sin(i * i)));
      return [Math.log(count), (Math.cos(i * i) * count).toFixed(3)].join(",");
    });
    bench.write("logs.csv", ["log,x", ...rows]);
    const { code, stderr } = await bench.run(["fit", "logs.csv", "--out", "l.st", ...FAST]);
    expect(code).toBe(0);
    expect(stderr).toContain(
      'values repeat in "log": the columns are learned as a table, which keeps repeated values; --flow nsf',
    );
    const { stdout } = await bench.run(["sample", "l.st", "-n", "200"]);
    const known = new Set(rows.map((row) => row.split(",")[0]));
    const drawn = stdout.trim().split("\n").slice(1);
    expect(drawn.filter((row) => known.has(row.split(",")[0])).length).toBeGreaterThan(150);
  });

  test("numbers of few values are learned as a table, unless an option is one of flows", async () => {
    const rows = Array.from({ length: 120 }, (_, i) => `${i % 3},${(i * 7) % 5},${i % 3 === 0 ? 1 : 4},${i / 8}`);
    bench.write("grades.csv", ["a,b,c,d", ...rows]);
    const { code, stderr } = await bench.run(["fit", "grades.csv", "--out", "g.st", ...FAST]);
    expect(code).toBe(0);
    expect(stderr).toContain("3 of 4 columns have few values: they are learned by their probabilities");
    const { stdout } = await bench.run(["sample", "g.st", "-n", "50"]);
    for (const line of stdout.trim().split("\n").slice(1)) expect(line).toMatch(/^[012],[0-4],[14],/);
    const quick = ["--epochs", "1", "--hidden", "8", "--no-anomalies"];
    const flow = ["--quality", "fast", "--patience", "1", ...quick];
    const forced = await bench.fit(["grades.csv", "--out", "g.st", "--force", ...flow]);
    expect(forced["flow"]).toBe("auto");
    expect(forced["notices"]).toEqual([
      "3 of 4 columns have few values: they are learned by their probabilities without --patience, which is an option of flows and selects a flow",
    ]);
  });

  test.each(firstOf(3, [["fast"], ["best"], ["fast", "--members", "2"], ["default"]]))(
    "the quality %s %s %s does not change the kind of the model",
    async (...quality) => {
      const rows = Array.from({ length: 60 }, (_, i) => `${i % 3},${(i * 7) % 5},${i % 3 === 0 ? 1 : 4}`);
      bench.write("marks.csv", ["a,b,c", ...rows]);
      const quick = ["--epochs", "1", "--hidden", "8", "--no-anomalies", "--force"];
      const fitted = await bench.fit(["marks.csv", "--out", "m.st", "--quality", ...quality, ...quick]);
      expect(fitted["flow"]).toBe("table");
    },
  );

  test.runIf(DEEP)("the quality of a table of categories is how many networks a column has", async () => {
    const quick = ["--epochs", "1", "--hidden", "8", "--no-anomalies", "--force"];
    const fitted = await bench.fit(["fish.csv", "--out", "q.st", "--quality", "fast", ...quick]);
    expect(fitted["flow"]).toBe("table");
  });

  test("--split-column says which rows are held out", async () => {
    const parts = await bench.fit(["parts.csv", "--out", "parts.st", "--split-column", "part", ...NETWORKS]);
    expect(parts).toMatchObject({ features: 6, testNll: expect.any(Number) });
    bench.write("test.csv", [HEADER, ...DATA.filter((_, i) => i % 4 === 3)]);
    const scored = await bench.run(["score", "parts.st", "test.csv", "--json"]);
    expect(JSON.parse(scored.stdout).meanLogDensity).toBeCloseTo(-(parts["testNll"] as number), 8);
  });

  test("the training loss is that of all rows, which the validation loss of folds is above", async () => {
    const { folds, trainNll, validationNll } = (await inspect("fish.st")).metadata.fit;
    const scored = await bench.run(["score", "fish.st", "fish.csv", "--json"]);
    expect(JSON.parse(scored.stdout).meanLogDensity).toBeCloseTo(-trainNll, 8);
    expect(folds).toBe(5);
    expect(validationNll).toBeGreaterThan(trainNll);
  });

  test("--validation holds rows out, and the mean over them and the training rows is that of all rows", async () => {
    const { trainNll, validationNll } = report as Record<string, number>;
    const scored = await bench.run(["score", "held.st", "fish.csv", "--json"]);
    const mean = (80 * (trainNll as number) + 20 * (validationNll as number)) / ROWS;
    expect(JSON.parse(scored.stdout).meanLogDensity).toBeCloseTo(-mean, 6);
  });

  test("columns are declared and chosen", async () => {
    const declared = await bench.run([
      ...["fit", "fish.csv", "--out", "d.st", "--columns", 'size,"count, all"'],
      ...["--declare", 'size:category,"count, all":real', ...ONE],
    ]);
    expect(declared.stderr).toMatch(/^ {2}size: category of \d+$/m);
    expect(declared.stderr).toMatch(/^ {2}count, all: real, /m);
    expect(declared.stderr).not.toContain("price");
    const { metadata } = await inspect("d.st");
    expect(metadata.table.variables.map(({ name }: { name: string }) => name)).toEqual(["size", "count, all"]);
  });

  test("columns that follow from others are named", async () => {
    bench.write("sums.csv", [
      "a,b,kind,total",
      ...DATA.map((_, i) => `${(7 * i) % 31},${(11 * i) % 43},${"uv"[i % 2]},${((7 * i) % 31) + ((11 * i) % 43)}`),
    ]);
    const { stderr } = await bench.run(["fit", "sums.csv", "--out", "sums.st", ...ONE]);
    expect(stderr).toContain("follow from other columns: total (a + b)\n");
  });

  test("the same seed gives the same model, another one another", async () => {
    const again = await bench.run(["fit", "fish.csv", "--out", "again.st", ...ONE]);
    expect(again.stderr).toContain("80 training and 20 validation rows of");
    expect((await inspect("again.st")).metadata.fit.trainNll).toBe(report["trainNll"]);
    const other = await bench.fit(["fish.csv", "--out", "other.st", "--seed", "1", ...ONE]);
    expect(other["trainNll"]).not.toBe(report["trainNll"]);
  });
});

describe("score", () => {
  test("writes the cells of the file and the log-density, with --cells that of each cell", async () => {
    const { code, stderr } = await bench.run(["score", "fish.st", "fish.csv", "--out", "scores.csv", "--cells"]);
    expect({ code, stderr }).toMatchObject({ code: 0, stderr: expect.stringContaining("scores: scores.csv\n") });
    const text = readFileSync(bench.path("scores.csv"), "utf8");
    const names = table(text).columns.map(({ name }) => name);
    const learned = ["when", "group", "size", "count, all", "tagged", "price"];
    expect(names.slice(0, 8)).toEqual(["name", "when", "group", "size", "count, all", "tagged", "price", "note"]);
    expect(names.slice(8)).toEqual([...learned.map((name) => `log_density of ${name}`), "log_density"]);
    expect(column(text, "price")).toEqual(column([HEADER, ...DATA].join("\n"), "price"));
    const cells = learned.map((name) => column(text, `log_density of ${name}`).map(Number));
    column(text, "log_density").forEach((score, i) => {
      expect(Number.isFinite(Number(score))).toBe(true);
      expect(cells.reduce((sum, values) => sum + (values[i] as number), 0)).toBeCloseTo(Number(score), 8);
    });
    const replaced = await bench.run(["score", "fish.st", "fish.csv", "--out", "scores.csv"]);
    expect(replaced.stderr).toContain("scores: scores.csv (replaced)\n");
  });

  test("a new category has a finite density, and is counted", async () => {
    bench.write("new.csv", [HEADER, DATA[0]?.replace(/reef|open sea|__proto__/, "lake") ?? "", DATA[1] ?? ""]);
    const { code, stdout, stderr } = await bench.run(["score", "fish.st", "new.csv"]);
    expect(code).toBe(0);
    expect(stdout.trim().split("\n").map(Number).every(Number.isFinite)).toBe(true);
    expect(stderr).toContain('1 cell has a category that no training row had (1 in "group")');
  });

  test("what cannot be read is named with its row and column, also beyond the first block", async () => {
    const bad = (field: number, text: string): string => (DATA[3] ?? "").split(",").with(field, text).join(",");
    bench.write("bad.csv", [HEADER, ...DATA.slice(0, 3), bad(1, "yesterday")]);
    const { code, stdout, stderr } = await bench.run(["score", "fish.st", "bad.csv", "--json"]);
    expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
    expect(stderr).toMatch(/^error: bad\.csv, row 4, column "when": expected a date \(%d\.%m\.%Y\), got "yesterday"\./);
    const many = Array.from({ length: 60 }, () => DATA).flat();
    bench.write("late.csv", [HEADER, ...many, bad(5, "maybe")]);
    expect((await bench.run(["score", "fish.st", "late.csv", "--json"])).stderr).toMatch(
      /^error: late\.csv, row 6001, column "tagged": expected one of no, yes, got "maybe"\./m,
    );
    bench.write("less.csv", ["name,when", "a,01.01.2021"]);
    expect((await bench.run(["score", "fish.st", "less.csv"])).stderr).toMatch(/^error: less\.csv.*"group"/);
  });

  test("--cells needs a file and a model of a table", async () => {
    expect(await bench.run(["score", "fish.st", "fish.csv", "--cells"])).toMatchObject({ code: 2, stdout: "" });
  });
});

describe("sample", () => {
  test("gives rows in the format of the file", async () => {
    const { code, stdout, stderr } = await bench.run(["sample", "fish.st", "-n", "200", "--seed", "3"]);
    expect(code).toBe(0);
    expect(stderr).toBe("not learned: name (identifier), note (free text)\n");
    expect(stdout.split("\n")[0]).toBe('when,group,size,"count, all",tagged,price');
    expect(table(stdout).rows).toBe(200);
    for (const text of column(stdout, "when")) expect(text).toMatch(/^\d\d\.\d\d\.2021$/);
    for (const text of column(stdout, "group")) expect(GROUPS).toContain(text);
    for (const text of column(stdout, "size")) expect(text).toMatch(/^-?\d+\.\d\d$/);
    for (const text of column(stdout, "count, all")) expect(text).toMatch(/^(\d+|\?)$/);
    for (const text of column(stdout, "tagged")) expect(["yes", "no", ""]).toContain(text);
    for (const text of column(stdout, "price")) expect(text).toMatch(/^\$\d+\.\d\d$/);
    expect(column(stdout, "count, all")).toContain("?");
    const again = await bench.run(["sample", "fish.st", "-n", "200", "--seed", "3"]);
    expect(again.stdout).toBe(stdout);
  });

  test("what is drawn can be scored, and a context is refused", async () => {
    await bench.run(["sample", "fish.st", "-n", "50", "--out", "drawn.csv"]);
    const scored = await bench.run(["score", "fish.st", "drawn.csv", "--json"]);
    expect(JSON.parse(scored.stdout)).toMatchObject({ rows: 50, meanLogDensity: expect.any(Number) });
    const refused = await bench.run(["sample", "fish.st", "-n", "1", "--context", "fish.csv"]);
    expect(refused.stderr).toBe("error: fish.st: expected no --context, because the model takes none, got fish.csv.\n");
  });
});

test("plot draws samples beside the data, categories as bars", async () => {
  const drawn = await bench.run(["plot", "fish.st", "--data", "fish.csv", "--out", "fish.svg"]);
  expect(drawn).toMatchObject({ code: 0, stderr: "picture: fish.svg\n" });
  const svg = readFileSync(bench.path("fish.svg"), "utf8");
  // Samples have the colors of their categories.
  for (const text of ["group reef (n = ", `data (n = ${ROWS})`, "price"]) expect(svg).toContain(text);
  const two = await bench.run(["plot", "fish.st", "--columns", "group,when", "--out", "two.svg"]);
  expect(two.code).toBe(0);
  const colored = readFileSync(bench.path("two.svg"), "utf8");
  // Without data, the rows of each category have a color.
  for (const text of [".2021", "group reef (n = ", "group open sea (n = "]) expect(colored).toContain(text);
  const context = await bench.run(["plot", "fish.st", "--context", "fish.csv", "--out", "c.svg"]);
  expect(context).toMatchObject({ code: 1, stderr: expect.stringContaining("expected no --context") });
});

test("inspect has a line for each column", async () => {
  const { stdout } = await bench.run(["inspect", "fish.st"]);
  expect(stdout).toMatch(/^fish\.st: \d+ parameters in \d+ arrays\nname: id, not learned\nwhen: date/);
  expect(stdout).toMatch(
    /^tagged: boolean \(no, yes\), .*; 3 codes; given all columns before, by 5 networks; recalls 7 cells of rows with the same group$/m,
  );
  expect(stdout).toMatch(/^fit: flow table, features 6, /m);
  const { columns } = await inspect("fish.st");
  expect(columns[5]).toMatchObject({ name: "tagged", kind: "boolean", codes: 3, members: 5 });
  expect(columns[5].parents).toEqual(["when", "group", "count, all"]);
  expect(columns[0]).toEqual({ name: "name", kind: "id", codes: null, parents: [], members: 0 });
  expect((await inspect("held.st")).metadata.fit).toEqual({ ...report, stopped: "completed", seed: 0 });
});

describe("a context", () => {
  const CONTEXT = ["--context", "group,when,tagged"];

  test("is given: the other columns are learned, scored and drawn given it", async () => {
    const given = await bench.run(["fit", "fish.csv", "--out", "given.st", ...CONTEXT, ...(DEEP ? NETWORKS : ONE)]);
    expect(given.code).toBe(0);
    const held = DEEP ? `5-fold cross-validation on ${ROWS}` : "80 training and 20 validation";
    expect(given.stderr).toContain(`${held} rows of count, all, size, price given group, when, tagged\n`);
    expect(given.stdout).toContain("--context contexts.csv  # a file of group, when, tagged");
    expect((await inspect("given.st")).metadata.fit).toMatchObject({ flow: "table", features: 3, context: 3 });
    await bench.run(["score", "given.st", "fish.csv", "--out", "given.csv", "--cells"]);
    const names = table(readFileSync(bench.path("given.csv"), "utf8")).columns.map(({ name }) => name);
    expect(names.filter((name) => name.startsWith("log_density of "))).toEqual(
      ["size", "count, all", "price"].map((name) => `log_density of ${name}`),
    );
    const inspected = await bench.run(["inspect", "given.st"]);
    expect(inspected.stdout).toMatch(/^group: category of 3; 3 codes; context$/m);
  });

  test("of a file is what rows are drawn for", async () => {
    bench.write("contexts.csv", ["tagged,when,more,group", "yes,05.01.2021,x,reef", ",07.02.2021,y,open sea"]);
    const drawn = await bench.run(["sample", "given.st", "-n", "40", "--context", "contexts.csv", "--seed", "2"]);
    expect(drawn.code).toBe(0);
    expect(drawn.stdout.split("\n")[0]).toBe('when,group,tagged,size,"count, all",price');
    expect(column(drawn.stdout, "group")).toEqual([...Array(40).fill("reef"), ...Array(40).fill("open sea")]);
    expect(column(drawn.stdout, "when")[79]).toBe("07.02.2021");
    expect(column(drawn.stdout, "tagged").slice(38, 42)).toEqual(["yes", "yes", "", ""]);
    for (const text of column(drawn.stdout, "price")) expect(text).toMatch(/^\$\d+\.\d\d$/);
    const none = await bench.run(["sample", "given.st", "-n", "1"]);
    expect(none).toMatchObject({
      code: 1,
      stderr: expect.stringContaining("expected --context with a file of the columns when, group, tagged"),
    });
    bench.write("less.csv", ["group", "reef"]);
    expect((await bench.run(["sample", "given.st", "-n", "1", "--context", "less.csv"])).stderr).toContain("when");
  });

  test("of the data, or of a file, is where a picture is drawn", async () => {
    for (const more of [
      ["--data", "fish.csv"],
      ["--context", "contexts.csv"],
      ["--data", "fish.csv", "--context", "contexts.csv"],
    ]) {
      const drawn = await bench.run(["plot", "given.st", ...more, "--columns", "size,group", "--out", "given.svg"]);
      expect(drawn).toMatchObject({ code: 0, stderr: expect.stringMatching(/^picture: given\.svg/m) });
    }
    expect((await bench.run(["plot", "given.st", "--out", "none.svg"])).stderr).toContain(
      "expected --data or --context with the columns when, group, tagged",
    );
  });

  test("of numbers and whole categories beside numbers is one of a flow, as before", async () => {
    bench.write("plain.csv", ["x,kind", ...DATA.map((line, i) => `${line.split(",")[3]},${"uvw"[i % 3]}`)]);
    const quick = ["--epochs", "1", "--quality", "fast", "--hidden", "8", "--no-anomalies"];
    const flow = await bench.fit(["plain.csv", "--out", "plain.st", "--context", "kind", ...quick]);
    expect(flow).toMatchObject({ flow: "auto", features: 1, context: 3 });
    const dense = await bench.fit(["plain.csv", "--out", "dense.st", "--context", "kind", ...ONE]);
    expect(dense).toMatchObject({ flow: "table", features: 1, context: 1 });
  });
});

test("kinds with bounds and orders are declared, and kept in samples", async () => {
  const declare = 'price:interval(0,500),"count, all":positive,group:ordinal(reef<open sea<__proto__)';
  const fitted = await bench.run(["fit", "fish.csv", "--out", "kinds.st", "--declare", declare, ...ONE]);
  expect(fitted.stderr).toMatch(/^ {2}price: interval \[0, 500\], \$[\d.]+ to \$[\d.]+$/m);
  expect(fitted.stderr).toMatch(/^ {2}count, all: positive, \d+ to \d+, \d+ missing/m);
  expect(fitted.stderr).toMatch(/^ {2}group: ordinal \(reef < open sea < __proto__\)$/m);
  const drawn = await bench.run(["sample", "kinds.st", "-n", "500"]);
  for (const text of column(drawn.stdout, "count, all")) expect(text).toMatch(/^(\d+|\?)$/);
  for (const text of column(drawn.stdout, "price")) expect(Number(text.slice(1))).toBeLessThanOrEqual(500);
  bench.write("outside.csv", [HEADER, (DATA[0] ?? "").replace(/\$[\d.]+/, "$500.01")]);
  expect((await bench.run(["score", "kinds.st", "outside.csv"])).stderr).toContain(
    'error: outside.csv, row 1, column "price": expected a number from 0 to 500, got "$500.01".',
  );
});

describe("errors are one sentence", () => {
  const cases: readonly (readonly [args: string, code: number, stderr: RegExp])[] = [
    ["fish.csv --bins 4", 1, /^error: fish\.csv: --bins is an option of flows, .* column "when" is a date\./],
    ["fish.csv --hidden 8,8", 1, /^error: --hidden: expected one width /],
    ["fish.csv --flow table --select", 2, /^error: --select: expected --flow auto or a flow, got table\.\n$/],
    [
      "fish.csv --context note",
      1,
      /^error: fish\.csv, column "note": expected a column to condition on, got free text\./,
    ],
    ["fish.csv --columns size --context size", 1, /^error: fish\.csv: column "size" is named both as a column and as /],
    ["fish.csv --columns size --context nosuch", 1, /^error: fish\.csv: expected a column "nosuch", got the columns /],
    [
      "fish.csv --context when,group,size,tagged,price --declare size:text",
      1,
      /column "size": expected a column to condition on, got free text\./,
    ],
    [
      "fish.csv --declare size:positive",
      1,
      /^error: fish\.csv, row \d+, column "size": expected a number of at least 0, got "-/,
    ],
    ["fish.csv --declare size:interval(0)", 2, /expected interval\(0,100\) for column "size", got "interval\(0\)"/],
    [
      "fish.csv --declare group:ordinal",
      1,
      /^error: --declare: the values of column "group" do not say their order\. /,
    ],
    ["fish.csv --declare group:ordinal(reef<lake)", 1, /column "group": expected one of reef < lake, got "/],
    ["fish.csv --flow maf --members 2", 2, /^error: --members: expected --flow table, got --flow maf\.\n$/],
    ["fish.csv --declare size:integer", 1, /^error: fish\.csv, row \d+, column "size": expected an integer, got "/],
    ["fish.csv --declare size", 2, /expected name:kind, got "size"/],
    ["fish.csv --declare nosuch:real", 1, /^error: --declare: expected a column "nosuch", got the columns /],
    ["fish.csv --columns name", 1, /^error: fish\.csv, column "name": expected a column to learn, got an identifier /],
    ["note.csv", 1, /^error: note\.csv, column "note": expected a column to learn, got free text\. /],
    ["names.csv", 1, /^error: names\.csv: expected a column to learn, got "row" \(id\), "region" \(text\)\. /],
    ["gone.csv", 1, /^error: gone\.csv, column "a": expected values to learn, got missing cells only\.\n$/],
  ];
  beforeAll(() => {
    bench.write("note.csv", ["note", ...DATA.map((line) => line.slice(line.indexOf('"')))]);
    bench.write("gone.csv", ["a", "NA", "NA"]);
    bench.write("names.csv", ["row,region", ...DATA.map((_, i) => `${i + 1},region ${i} of the sea`)]);
  });

  test.each(cases)("fit %s", async (args, code, stderr) => {
    const outcome = await bench.run(["fit", ...args.split(" "), "--out", "x.st", "--json"]);
    expect(outcome).toMatchObject({ code, stdout: "" });
    expect(outcome.stderr.slice(outcome.stderr.indexOf("error: "))).toMatch(stderr);
    expect(outcome.stderr).not.toMatch(/\n {4}at /);
  });
});
