import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { DEEP } from "../../../packages/testing/test/deep.ts";
import { normalRows, SMALL, Workbench } from "./command.test-support.ts";

const bench = new Workbench();
const ROWS = normalRows(80, 2);
const FAST = ["--flow", "maf", ...SMALL];
const fit = (file: string, ...more: string[]) => bench.run(["fit", file, "--out", `${file}.st`, ...FAST, ...more]);
const lines = (map: (a: number, b: number, i: number) => string): string[] =>
  ROWS.map(([a, b], i) => map(a as number, b as number, i));

beforeAll(() => {
  bench.write("plain.csv", ["a,b", ...lines((a, b) => `${a},${b}`)]);
  bench.write("ask.csv", ["a,b", ...lines((a, b, i) => `${a},${i % 8 === 3 ? "?" : b}`)]);
  bench.write(
    "bare.csv",
    lines((a, b) => `${a},${b}`),
  );
  bench.write("comma.csv", ["a;b", ...lines((a, b) => `${a};${b}`.replaceAll(".", ","))]);
  bench.write("index.csv", [",a,b", ...lines((a, b, i) => `${i},${a},${b}`)]);
  bench.write("years.csv", ["country,1990,1991", ...lines((a, b, i) => `c${i % 3},${a},${b}`)]);
  bench.write("holes.csv", ["a,b,c", ...lines((a, b, i) => `${a},${i % 2 === 0 ? "" : b},${i % 20 === 5 ? "NA" : b}`)]);
  bench.write("counts.csv", ["n,a", ...lines((a, b) => `${Math.round(3 * b)},${a}`)]);
  bench.write("wide.csv", [
    Array.from({ length: 1001 }, (_, j) => `c${j}`).join(),
    ...normalRows(20, 1001).map((row) => row.map((v) => v.toFixed(2)).join()),
  ]);
  writeFileSync(bench.path("table.parquet"), "PAR1 and what follows it");
  mkdirSync(bench.path("folder"));
  symlinkSync("plain.csv", bench.path("link.csv"));
});
afterAll(() => bench.remove());

test("what marks a missing value can be declared, and the next commands repeat it", async () => {
  expect((await fit("ask.csv")).stderr).toContain('If "?" marks a missing value, declare it with --na.');
  const { code, stderr, stdout } = await fit("ask.csv", "--na", "?,-", "--missing", "drop");
  expect(code).toBe(0);
  expect(stderr).toContain('10 of 80 rows with missing values left out: "b" is missing in 10\n');
  expect(stdout).toContain("pushforward score ask.csv.st ask.csv --missing drop --na '?,-' --out scores.csv\n");
  const score = await bench.run(["score", "ask.csv.st", "ask.csv", "--missing", "drop", "--na", "?", "--json"]);
  expect(JSON.parse(score.stdout)).toMatchObject({ rows: 70 });
});

describe("a file in Windows-1252", () => {
  const said = (file: string): string =>
    `${file}: not UTF-8, and therefore read as Windows-1252; pass --encoding if this is wrong\n`;
  const write = (name: string, rows: readonly string[]): void =>
    writeFileSync(
      bench.path(name),
      Uint8Array.from(rows.join("\n"), (character) => character.charCodeAt(0)),
    );
  beforeAll(() => {
    write("latin.csv", ["b\xf6rse,a", ...lines((a, b) => `${b},${a}`)]);
    write("places.csv", ["place,a", ...lines((a, _, i) => `${["Caf\xe9", "Bar", "\x80 shop"][i % 3]},${a}`)]);
  });

  test("is found by every command, which says so; samples are UTF-8", async () => {
    const report = await bench.fit([
      "places.csv",
      "--out",
      "places.st",
      "--members",
      "1",
      "--epochs",
      "1",
      "--hidden",
      "8",
      "--no-anomalies",
    ]);
    expect(report["notices"]).toEqual([said("places.csv").trimEnd()]);
    const score = await bench.run(["score", "places.st", "places.csv", "--json"]);
    expect(JSON.parse(score.stdout)).toMatchObject({ rows: 80 });
    expect(score.stderr).toBe(said("places.csv"));
    const sample = await bench.run(["sample", "places.st", "-n", "200"]);
    const drawn = sample.stdout
      .split("\n")
      .slice(1, -1)
      .map((line) => line.split(",")[0]);
    expect([...new Set(drawn)].sort()).toEqual(["Bar", "Caf\u00e9", "\u20ac shop"]);
    // The same texts in UTF-8 are the same categories.
    writeFileSync(bench.path("utf8.csv"), "place,a\nCaf\u00e9,0\n");
    write("one.csv", ["place,a", "Caf\xe9,0"]);
    const [one, other] = await Promise.all(
      ["one.csv", "utf8.csv"].map((file) => bench.run(["score", "places.st", file])),
    );
    expect(one?.stdout).toBe(other?.stdout);
    expect(other?.stderr).not.toContain("Windows-1252");
  });

  test("gives contexts and rows to draw", async () => {
    await bench.fit(["places.csv", "--out", "given.st", "--context", "place", ...FAST]);
    write("context.csv", ["place", "Caf\xe9"]);
    const sample = await bench.run(["sample", "given.st", "-n", "2", "--context", "context.csv"]);
    expect(sample.stdout).toMatch(/^place,a\nCaf\u00e9,/);
    expect(sample.stderr).toContain(said("context.csv"));
    const plot = await bench.run(["plot", "given.st", "--data", "places.csv", "--out", "given.svg"]);
    expect(plot.stderr).toBe(`${said("places.csv")}picture: given.svg\n`);
  });

  test("is read in silence when the encoding is named, and refused when it is another one", async () => {
    expect((await fit("latin.csv", "--encoding", "utf-8")).stderr).toContain(
      "latin.csv line 1: expected UTF-8 text, got bytes of a different encoding. Save the file as UTF-8. If it is Windows-1252 (Latin-1), pass --encoding windows-1252.",
    );
    const { code, stdout, stderr } = await fit("latin.csv", "--encoding", "windows-1252");
    expect(code).toBe(0);
    expect(stderr).not.toContain("Windows-1252");
    expect(stdout).toContain("pushforward score latin.csv.st latin.csv --encoding windows-1252 --out scores.csv\n");
  });
});

test("the columns that cost rows are named, the worst first", async () => {
  const { stderr } = await fit("holes.csv", "--missing", "drop");
  expect(stderr).toContain('44 of 80 rows with missing values left out: "b" is missing in 40, "c" is missing in 4\n');
  bench.write("all.csv", ["a,b", "1,", "2,", ",3"]);
  expect((await fit("all.csv", "--missing", "drop")).stderr).toContain(
    'all.csv: expected at least one row, got 3 with missing values: "b" is missing in 2, "a" is missing in 1.',
  );
});

test("a table without names is refused, and read on request", async () => {
  expect((await fit("bare.csv")).stderr).toMatch(
    /^error: bare\.csv line 1: expected the names of columns, got numbers \(.*\)\. If the file has no header, pass --no-header; if these are names, pass --header\.\n$/,
  );
  const { stderr, stdout } = await fit("bare.csv", "--no-header");
  expect(stderr).toContain("70 training and 10 validation rows of column1, column2\n");
  expect(stdout).toContain("pushforward score bare.csv.st bare.csv --no-header --out scores.csv\n");
  expect((await fit("years.csv")).stderr).toContain("validation rows of 1990, 1991\n");
});

test("decimal commas are noticed, and read on request", async () => {
  expect((await fit("comma.csv")).stderr).toMatch(
    /^error: comma\.csv, column "a": expected decimals with a point, got "-?\d,\d+"\. Pass --decimal , to read decimal commas\.\n$/,
  );
  expect((await fit("comma.csv", "--decimal", ",")).code).toBe(0);
  const [comma, plain] = await Promise.all([
    bench.run(["score", "comma.csv.st", "comma.csv", "--decimal", ",", "--delimiter", ";"]),
    bench.run(["score", "comma.csv.st", "plain.csv"]),
  ]);
  expect(comma.stdout).toBe(plain.stdout);
});

test("a file with decimal commas is written with semicolons and decimal commas", async () => {
  const comma = (x: number): string => x.toFixed(3).replace(".", ",");
  bench.write("german.csv", ["größe;gewicht;art", ...lines((a, b, i) => `${comma(a)};${comma(b)};${"uv"[i % 2]}`)]);
  await bench.fit(["german.csv", "--out", "german.csv.st", "--flow", "copula", "--no-anomalies"]);
  const scored = await bench.run(["score", "german.csv.st", "german.csv", "--out", "scored.csv"]);
  expect(scored.code).toBe(0);
  const [header, first] = readFileSync(bench.path("scored.csv"), "utf8").split("\n") as [string, string];
  expect(header).toMatch(/^größe;gewicht;art;log_density/);
  expect(first).toMatch(/^-?\d,\d{3};-?\d,\d{3};u;-?\d+,\d+/);
  const drawn = await bench.run(["sample", "german.csv.st", "-n", "3"]);
  expect(drawn.stdout).toMatch(/^größe;gewicht;art\n(-?\d+,\d{1,3};-?\d+,\d{1,3};[uv]\n){3}$/);
  // The written file is read as it is.
  expect((await bench.run(["score", "german.csv.st", "scored.csv"])).code).toBe(0);
});

test("an index is not learned unless it is asked for", async () => {
  const { stderr } = await fit("index.csv");
  expect(stderr).toContain(
    'column "column1" is left out, because it counts the rows like an index; name it in --columns',
  );
  expect(stderr).toContain("validation rows of a, b\n");
  const asked = await bench.fit(["index.csv", "--out", "asked.st", "--columns", "column1,a", ...FAST]);
  expect(asked).toMatchObject({ features: 2, notices: [] });
});

test("validation with and without the noise of integers are named apart", async () => {
  const { stdout } = await bench.run(["fit", "counts.csv", "--out", "counts.st", "--quality", "fast", ...SMALL]);
  expect(stdout).toMatch(
    / {2}validation {2}-?\d+\.\d{4}\n {2}with noise {2}-?\d+\.\d{4} on the validation rows with noise in n, as above\n/,
  );
});

test("a file that begins as Parquet and is none is refused", async () => {
  const { code, stderr } = await bench.run(["fit", "table.parquet", "--out", "x.st"]);
  expect(stderr).toMatch(/^error: table\.parquet: expected a Parquet file, got .+\.\n$/);
  expect(code).toBe(1);
});

// A network for each of the thousand columns.
test.runIf(DEEP)("more columns than flows take are learned one by one", async () => {
  const tiny = ["--epochs", "1", "--hidden", "4", "--members", "1", "--validation", "0.2", "--no-anomalies"];
  const report = await bench.fit(["wide.csv", "--out", "wide.st", ...tiny]);
  expect(report).toMatchObject({ flow: "table", features: 1001 });
});

describe("numbers that float32 cannot hold are refused before training", () => {
  const cases: readonly (readonly [cell: string, message: RegExp])[] = [
    ["1e308", /row 10, column "b": expected numbers of at most 3\.4e\+38 in size, got 1e\+308\./],
    ["-1e200", /row 10, column "b": expected numbers of at most 3\.4e\+38 in size, got -1e\+200\./],
  ];
  test.each(cases)("one cell of %s", async (cell, message) => {
    bench.write("cell.csv", ["a,b", ...lines((a, b, i) => `${a},${i === 9 ? cell : b}`)]);
    for (const more of [[], ["--columns", "a", "--context", "b"]]) {
      const { code, stderr } = await fit("cell.csv", ...more);
      expect(stderr).toMatch(message);
      expect(stderr).not.toContain("epoch");
      expect(code).toBe(1);
    }
  });

  test("a column of 1e-320; one of 1e-30 is learned, and its density is that of its units", async () => {
    bench.write("tiny.csv", ["a,b", ...lines((a, b) => `${a},${b.toFixed(6)}e-320`)]);
    expect((await fit("tiny.csv")).stderr).toMatch(
      /column "b": expected a standard deviation of at least 1\.2e-38, got .*e-320\. Multiply the column by a power of ten\.\n$/,
    );
    bench.write("small.csv", ["a,b", ...lines((a, b) => `${a},${b}e-30`)]);
    const nll = async (file: string) => (await bench.fit([file, "--out", "units.st", ...FAST]))["trainNll"] as number;
    expect((await nll("small.csv")) - (await nll("plain.csv"))).toBeCloseTo(-30 * Math.log(10), 3);
  });
});

describe("values far from all others are learned", () => {
  test.each([
    ["by default", "1.6e9", ["--quality", "fast"]],
    ["by a flow that was chosen", "1.6e9", ["--flow", "maf"]],
    ["by a mixture", "-1e12", ["--flow", "gmm"]],
    ["as a context", "1.6e9", ["--quality", "fast", "--columns", "a", "--context", "b"]],
  ])("%s", async (_, cell, more) => {
    const ordinary = lines((a, b, i) => `${a},${i === 9 ? cell : b}`);
    bench.write("far.csv", ["a,b", ...ordinary]);
    const { code, stderr } = await bench.run(["fit", "far.csv", "--out", "far.st", "--force", ...more, ...SMALL]);
    expect(stderr).not.toContain("error:");
    expect(code).toBe(0);
    expect(stderr).toMatch(more.includes("--context") ? /context has extreme values/ : /olumn "b" has extreme values/);
    const scored = await bench.run(["score", "far.st", "far.csv", "--out", "far-scores.csv", "--force"]);
    expect(scored.code).toBe(0);
    const scores = readFileSync(bench.path("far-scores.csv"), "utf8").trim().split("\n").slice(1);
    expect(scores).toHaveLength(ordinary.length);
    const values = scores.map((line) => Number(line.split(",").at(-1)));
    expect(values.every(Number.isFinite)).toBe(true);
  });
});

test("what is wrong in a column that nobody uses does not matter", async () => {
  bench.write("broken.csv", ["a,b,c", ...lines((a, b, i) => `${a},${i === 5 ? "oops" : b},${i === 7 ? "1e999" : b}`)]);
  expect((await fit("broken.csv")).stderr).toMatch(
    /row 6, column "b": expected a number, got "oops"\. If the column holds text, leave it out of --columns\./,
  );
  expect((await fit("broken.csv", "--columns", "a")).stderr).toContain("validation rows of a\n");
});

test("fields with spaces between them are noticed", async () => {
  bench.write("spaces.csv", ["a b", ...lines((a, b) => `${a} ${b}`)]);
  expect((await fit("spaces.csv")).stderr).toMatch(
    /^error: spaces\.csv: expected fields separated by a comma, .*, got spaces\./,
  );
});

test("a pipe that can be read once is a table like others", async () => {
  const { code, stderr } = await bench.shell(`$P fit <(cat plain.csv) --out pipe.st ${FAST.join(" ")}`);
  expect(stderr).toContain("70 training and 10 validation rows of a, b\n");
  expect(code).toBe(0);
});

test("a stream without an end that is no text is refused at once", async () => {
  const { code, stderr } = await bench.run(["fit", "/dev/zero", "--out", "zero.st"]);
  expect(stderr).toContain("expected plain text, got zero bytes");
  expect(code).toBe(1);
});

test.each(["/dev/null", "folder"])("%s is no target", async (target) => {
  const { code, stderr } = await bench.run(["fit", "plain.csv", "--out", target, "--force", ...FAST]);
  expect(stderr).toMatch(/^error: --out .*: expected the name of a file, got a (device or a pipe|folder)\.\n$/);
  expect(code).toBe(1);
});

test("rows of the user's are replaced only by force", async () => {
  await fit("plain.csv");
  const sample = (...more: string[]) => bench.run(["sample", "plain.csv.st", "-n", "2", "--out", "kept.csv", ...more]);
  bench.write("kept.csv", ["a,b", "1,2"]);
  expect((await sample()).stderr).toMatch(/^error: --out kept\.csv: expected a new file, got an existing one\./);
  expect((await sample("--force")).stderr).toBe("2 rows: kept.csv (replaced)\n");
});

test.each([
  ["--outt x.st", /^error: unknown option '--outt'/],
  ["", /^error: required option '--out <model\.safetensors>' not specified/],
  ["--out x.st --delimiter x", /expected one of , ; \| tab\./],
  ["--out x.st --na ,", /expected names with commas between them/],
])("fit plain.csv %s is a wrong use", async (args, stderr) => {
  const outcome = await bench.run(["fit", "plain.csv", ...args.split(" ").filter((word) => word !== "")]);
  expect(outcome.stderr).toMatch(stderr);
  expect(outcome.code).toBe(2);
});

test("required options are marked in the help", async () => {
  const { stdout } = await bench.run(["fit", "--help"]);
  expect(stdout).toMatch(/^Usage: pushforward fit <data> --out <model\.safetensors> \[options\]\n/);
  expect(stdout).toMatch(/--out <model\.safetensors> +output file for the model \(required\)/);
});
