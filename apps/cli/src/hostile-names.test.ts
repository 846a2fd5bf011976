import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { normalRows, SMALL, Workbench } from "./command.test-support.ts";

const bench = new Workbench();
const INHERITED = ["constructor", "toString", "valueOf", "hasOwnProperty", "__proto__"];
const ESCAPE = "\u001b[31mred\u0007";
const FAST = ["--flow", "maf", ...SMALL];

beforeAll(() => {
  const rows = normalRows(60, INHERITED.length);
  bench.write("inherited.csv", [INHERITED.join(), ...rows.map((row) => row.join())]);
  bench.write("categories.csv", ["a,toString", ...rows.map(([a], i) => `${a},${INHERITED[i % 5]}`)]);
  bench.write("escape.csv", [
    `a,${ESCAPE},kind`,
    ...rows.map(([a, b], i) => `${a},${b},${i % 2 === 0 ? ESCAPE : "u"}`),
  ]);
  bench.write("formula.csv", ["a,kind", ...rows.map(([a], i) => `${a},${i % 2 === 0 ? "=1+1" : "u"}`)]);
  bench.write("ask.csv", ["kind", "=1+1", "u"]);
  bench.write("positive.csv", ["a,rain", ...rows.map(([a, b]) => `${a},${Math.abs(b as number) ** 3}`)]);
});
afterAll(() => bench.remove());

describe("names that every object inherits", () => {
  test.each([
    { name: "columns", more: [] as string[], features: 5, context: 0 },
    { name: "chosen columns", more: ["--columns", "__proto__,constructor"], features: 2, context: 0 },
    { name: "a context", more: ["--context", "hasOwnProperty,__proto__"], features: 3, context: 2 },
  ])("as $name", async ({ name, more, features, context }) => {
    const model = `${name.replaceAll(" ", "-")}.st`;
    // What auto says and keeps of columns is another way than that of a single flow.
    const flow = context === 0 ? FAST : [...SMALL, "--quality", "fast"];
    expect(await bench.fit(["inherited.csv", "--out", model, ...more, ...flow])).toMatchObject({ features, context });
    const score = await bench.run(["score", model, "inherited.csv", "--json"]);
    expect(JSON.parse(score.stdout)).toMatchObject({ rows: 60, meanLogDensity: expect.any(Number) });
    const sampled = await bench.run([
      "sample",
      model,
      "-n",
      "1",
      ...(context > 0 ? ["--context", "inherited.csv"] : []),
    ]);
    expect(sampled.stdout.split("\n")[0]?.split(",").toSorted()).toEqual(
      (more[0] === "--columns" ? ["__proto__", "constructor"] : INHERITED).toSorted(),
    );
    const drawn = await bench.run(["plot", model, "--data", "inherited.csv", "--out", `${model}.svg`]);
    expect(drawn).toMatchObject({ code: 0 });
    expect((await bench.run(["inspect", model])).stdout).toContain("constructor");
  });

  test("as categories", async () => {
    expect(
      await bench.fit(["categories.csv", "--out", "categories.st", "--context", "toString", ...FAST]),
    ).toMatchObject({ features: 1, context: 5 });
    const { stdout } = await bench.run(["sample", "categories.st", "-n", "1", "--context", "categories.csv"]);
    expect(stdout).toContain("__proto__,");
  });

  test.each([
    ["fit inherited.csv --out x.st --flow constructor", 2],
    ["fit inherited.csv --out x.st --columns prototype", 1],
    ["import inherited.csv --out x.st --from toString", 2],
    ["sample x.st -n 1 --backend __proto__", 2],
    ["constructor", 2],
  ])("as values of options: %s", async (args, code) => {
    const outcome = await bench.run(args.split(" "));
    expect(outcome).toMatchObject({ code, stdout: "" });
    expect(outcome.stderr).toMatch(/^error: /);
    expect(outcome.stderr).not.toMatch(/\n {4}at /);
  });
});

describe("control characters reach no terminal", () => {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for.
  const OBEYED = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/;

  test("of names, categories, file names and options", async () => {
    const odd = `m${ESCAPE}.st`;
    const runs = [
      ["fit", "escape.csv", "--out", odd, "--context", "kind", ...FAST],
      ["fit", "escape.csv", "--out", odd, "--quality", "fast", ...SMALL],
      ["inspect", odd],
      ["fit", "escape.csv", "--out", "x.st", "--columns", "z"],
      ["fit", `${ESCAPE}.csv`, "--out", "x.st"],
      ["fit", "escape.csv", "--out", "x.st", `--${ESCAPE}`],
      ["score", odd, `${ESCAPE}.csv`],
      [ESCAPE],
    ];
    for (const args of runs) {
      const { stdout, stderr } = await bench.run(args);
      expect(stdout + stderr).toContain("\\x1b[31mred\\x07");
      expect(stdout + stderr).not.toMatch(OBEYED);
    }
  });

  test("but data keep every character", async () => {
    await bench.fit(["escape.csv", "--out", "escape.st", "--columns", "a", "--context", "kind", ...FAST]);
    bench.write("red.csv", ["kind", ESCAPE]);
    const { stdout } = await bench.run(["sample", "escape.st", "-n", "1", "--context", "red.csv"]);
    expect(stdout).toContain(`\n${ESCAPE},`);
  });
});

test("formulas are data, are pointed out, and are escaped on request", async () => {
  await bench.fit(["formula.csv", "--out", "formula.st", "--context", "kind", ...FAST]);
  const plain = await bench.run(["sample", "formula.st", "-n", "2", "--context", "ask.csv"]);
  expect(plain.stdout).toMatch(/^kind,a\n=1\+1,/);
  expect(plain.stderr).toContain("2 texts begin with =, +, - or @: a spreadsheet may run them as a formula.");
  const escaped = await bench.run(["sample", "formula.st", "-n", "2", "--context", "ask.csv", "--escape-formulas"]);
  expect(escaped.stdout).toMatch(/^kind,a\n'=1\+1,-?[\d.]/);
  expect(escaped.stderr).toBe("");
  const scored = await bench.run(["score", "formula.st", "formula.csv", "--out", "s.csv", "--escape-formulas"]);
  expect(scored.stderr).not.toContain("formula.");
});

test("samples below 0 of a column that has none are counted", async () => {
  await bench.fit(["positive.csv", "--out", "positive.st", ...FAST]);
  const { stdout, stderr } = await bench.run(["sample", "positive.st", "-n", "200"]);
  const below = stdout.split("\n").filter((line) => line.split(",")[1]?.startsWith("-")).length;
  expect(below).toBeGreaterThan(0);
  expect(stderr).toBe(
    `"rain" is below 0 in ${below} of 200 samples, and in none of the training rows: the model does not know this bound.\n`,
  );
});
