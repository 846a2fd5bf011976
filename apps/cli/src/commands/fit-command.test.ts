import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { architectureNames } from "pushforward";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { DEEP } from "../../../../packages/testing/test/deep.ts";
import { normalRows, outcomeOf, printed, SMALL, Workbench } from "../command.test-support.ts";

const bench = new Workbench();
const ROWS = normalRows(80, 3);
const WORDS = ["train", "train", "train", "val", "test"];

beforeAll(() => {
  bench.write("two.csv", ["a,b", ...ROWS.map(([a, b]) => `${a},${b}`)]);
  bench.write("one.csv", ["a", ...ROWS.map(([a]) => String(a))]);
  bench.write("mixed.csv", [
    "a,b,kind,dose,split,note",
    ...ROWS.map(([a, b, c], i) => `${a},${b},${"uvw"[i % 3]},${c},${WORDS[i % 5]},${i === 2 ? "" : "hi"}`),
  ]);
  bench.write("no-val.csv", ["a,split", ...ROWS.map(([a], i) => `${a},${i % 2 === 0 ? "train" : "test"}`)]);
  bench.write("bad-word.csv", ["a,split", ...ROWS.map(([a], i) => `${a},${i === 6 ? "tran" : "train"}`)]);
  bench.write("missing.csv", ["a,b", ...ROWS.map(([a, b], i) => `${a},${i === 4 ? "NA" : b}`)]);
  bench.write("infinite.csv", ["a,b", ...ROWS.map(([a, b], i) => `${a},${i === 4 ? "inf" : b}`)]);
  bench.write("typo.csv", ["a,b", ...ROWS.map(([a, b], i) => `${a},${i === 4 ? "1,5" : b}`)]);
  bench.write("word.csv", ["a,b", ...ROWS.map(([a, b], i) => `${a},${i === 4 ? "1o" : b}`)]);
  bench.write("text.csv", ["a,name", ...ROWS.map(([a], i) => `${a},n${i}`)]);
  bench.write("only-text.csv", ["name", "x", "y"]);
  bench.write("two-rows.csv", ["a,b", "1,2", "3,4"]);
  bench.write("constant.csv", ["a,c", ...ROWS.map(([a]) => `${a},0.1`)]);
  bench.write("twice.csv", ["a,b,a2", ...ROWS.map(([a, b]) => `${a},${b},${a}`)]);
  bench.write("header.csv", ["a,b"]);
  bench.write("empty.csv", []);
  mkdirSync(bench.path("folder"));
});
afterAll(() => bench.remove());

describe("fit --json", () => {
  test("prints one document with the keys of its contract, and nothing on stderr", async () => {
    const { code, stdout, stderr } = await bench.run([
      ...["fit", "mixed.csv", "--out", "all.safetensors", "--flow", "nsf-coupling", "--columns", "a,b"],
      ...["--context", "kind,dose", "--split-column", "split", "--validation", "0.2", "--missing", "drop"],
      ...["--epochs", "3", "--patience", "2", "--batch-size", "16", "--learning-rate", "1e-3", "--transforms", "2"],
      ...["--hidden", "8,8", "--bins", "4", "--seed", "7", "--backend", "cpu", "--json"],
    ]);
    expect(stderr).toBe("");
    expect(code).toBe(0);
    expect(stdout.trimEnd()).not.toContain("\n");
    const report = JSON.parse(stdout) as Record<string, unknown>;
    expect(Object.keys(report)).toEqual(
      "flow features context parameters backend epochs bestEpoch trainNll validationNll testNll measure seconds cpuSeconds model notices".split(
        " ",
      ),
    );
    expect(report).toMatchObject({
      flow: "nsf-coupling",
      features: 2,
      // Three categories and a number.
      context: 4,
      backend: "cpu",
      model: "all.safetensors",
      parameters: expect.any(Number),
      testNll: expect.any(Number),
    });
    expect(report["epochs"]).toBeLessThanOrEqual(3);
  });

  test("testNll is null without test rows, the flow is auto, the backend is wasm", async () => {
    const report = await bench.fit(["two.csv", "--out", "two.safetensors", ...SMALL]);
    expect(report).toMatchObject({ flow: "auto", testNll: null, backend: "wasm", epochs: 2, context: 0 });
    // What auto chose comes after the keys that all reports have.
    expect(Object.keys(report).slice(-6)).toEqual([
      "members",
      "baselines",
      "dequantized",
      "defensiveWeight",
      "warnings",
      "log",
    ]);
    expect(report["defensiveWeight"]).toBe(1e-3);
    expect((report["members"] as object[]).slice(0, 2)).toMatchObject([{ kind: "mixture" }, { kind: "quantile" }]);
    expect(report["baselines"]).toMatchObject({ gaussian: expect.any(Number), mixture: expect.any(Number) });
    expect(report["dequantized"]).toEqual([]);
  });

  test("quality, select, and the mixture of Gaussians alone", async () => {
    const members = async (name: string, ...more: string[]): Promise<number[]> => {
      const report = await bench.fit(["two.csv", "--out", `${name}.st`, ...SMALL, ...more]);
      return (report["members"] as { weight: number }[]).map(({ weight }) => weight);
    };
    expect(await members("fast", "--quality", "fast")).toEqual([1]);
    expect(await members("best", "--quality", "best")).toHaveLength(6);
    expect((await members("selected", "--select")).filter((weight) => weight !== 0)).toEqual([1]);
    expect(await members("gmm", "--flow", "gmm")).toEqual([]);
    const scored = await bench.run(["score", "gmm.st", "two.csv", "--json"]);
    expect(JSON.parse(scored.stdout)).toMatchObject({ rows: 80, meanLogDensity: expect.any(Number) });
  });

  test("integers are named, and left alone when asked", async () => {
    bench.write("counts.csv", ["k,a", ...ROWS.map(([a], i) => `${i % 4},${a}`)]);
    const noisy = await bench.run(["fit", "counts.csv", "--out", "counts.st", ...SMALL]);
    expect(noisy.stderr).toContain("Integers in k: noise of ±½ was added");
    const drawn = (await bench.run(["sample", "counts.st", "-n", "50"])).stdout.trim().split("\n").slice(1);
    expect(drawn).toHaveLength(50);
    for (const line of drawn) expect(line).toMatch(/^-?\d+,-?\d+\.\d+/);
    const report = await bench.fit(["counts.csv", "--out", "counts2.st", ...SMALL]);
    expect(report["dequantized"]).toEqual(["k"]);
    bench.write("steps.csv", ["k,a", ...ROWS.map(([a], i) => `${((i % 4) / 10).toFixed(1)},${a}`)]);
    const stepped = await bench.run(["fit", "steps.csv", "--out", "steps.st", ...SMALL]);
    expect(stepped.stderr).toContain("Steps of 0.1 in k: noise of ± half a step was added");
    const tenths = (await bench.run(["sample", "steps.st", "-n", "50"])).stdout.trim().split("\n").slice(1);
    for (const line of tenths) expect(line).toMatch(/^-?\d(\.\d)?,-?\d+\.\d+/);
    const bare = await bench.fit(["counts.csv", "--out", "counts3.st", ...SMALL, "--no-dequantize"]);
    expect(bare["dequantized"]).toEqual([]);
  });

  test("the same seed gives the same figures, another one others; backends and threads agree", async () => {
    const fit = (...more: string[]) => bench.fit(["two.csv", "--out", `seed${more.join("")}.st`, ...SMALL, ...more]);
    const [first, again, other, cpu, threaded] = await Promise.all([
      fit(),
      fit("--seed", "0"),
      fit("--seed", "1"),
      fit("--backend", "cpu"),
      fit("--threads", "2"),
    ]);
    expect(again["trainNll"]).toBe(first["trainNll"]);
    expect(other["trainNll"]).not.toBe(first["trainNll"]);
    for (const close of [cpu, threaded]) expect(close["trainNll"]).toBeCloseTo(first["trainNll"] as number, 4);
  });
});

test("for a reader: what auto chose and why on stderr, figures and what to do next on stdout", async () => {
  const { code, stdout, stderr } = await bench.run([
    ...["fit", "mixed.csv", "--out", "chosen.st", "--columns", "a,b", "--context", "kind"],
    ...["--split-column", "split", ...SMALL],
  ]);
  expect(code).toBe(0);
  expect(stderr).toMatch(/^Without layers: a Gaussian -?\d+\.\d{3}, .* for each of 3 classes -?\d+\.\d{3}\.$/m);
  expect(stderr).toMatch(/^Member 1, autoregressive splines over .*: started at .*, ended at .*\.$/m);
  expect(stderr).toMatch(/^The members are mixed with the weights \d\.\d\d, \d\.\d\d, /m);
  expect(stdout).toMatch(/train {7}-?\d+\.\d{4}\n {2}validation {2}-?\d+\.\d{4}\n {2}test {8}-?\d+\.\d{4}\n/);
  expect(stdout).toContain("next:\n  pushforward score chosen.st mixed.csv --out scores.csv\n");
  expect(stdout).toMatch(/\n {2}pushforward export chosen\.st --to onnx --out model\.onnx\n$/);
  expect((await bench.run(["export", "chosen.st", "--to", "onnx", "--out", "model.onnx"])).code).toBe(0);
});

test("for a reader of a flow of a fixed form: progress on stderr; figures, a Gaussian and what to do next", async () => {
  const { code, stdout, stderr } = await bench.run([
    ...["fit", "mixed.csv", "--out", "reader.st", "--columns", "a,b", "--context", "kind", "--split-column", "split"],
    ...["--flow", "nsf", ...SMALL],
  ]);
  expect(code).toBe(0);
  expect(stderr).toContain("columns left out: dose, note\n48 training and 16 validation rows of a, b given kind\n");
  expect(stderr).toMatch(/^epoch 1: loss \d+\.\d{4}, validation \d+\.\d{4}, step 1 of at most 2$/m);
  expect(stdout).toMatch(/train {7}\d+\.\d{4}\n {2}validation {2}\d+\.\d{4}\n {2}test {8}\d+\.\d{4}\n/);
  expect(stdout).toMatch(/a Gaussian {2}\d+\.\d{4} on the test rows, without the context\n/);
  expect(stdout).toContain(
    "next:\n  pushforward score reader.st mixed.csv --out scores.csv\n  pushforward sample reader.st -n 1000 --out samples.csv --context contexts.csv",
  );
});

describe("tables", () => {
  test.each(architectureNames)("one column, %s", async (flow) => {
    const report = await bench.fit(["one.csv", "--out", `one-${flow}.st`, "--flow", flow, ...SMALL]);
    expect(report["features"]).toBe(1);
    expect(report["trainNll"]).toBeLessThan(2);
  });

  test("a column of texts is left out, and what to do with it is said", async () => {
    // One text for each row is no category.
    const text = await bench.run(["fit", "text.csv", "--out", "text.st", ...SMALL]);
    expect(text.stderr).toMatch(
      /^ {2}a: real, .*\n {2}name: id, not learned\nnot learned: name \(identifier\)\n\d+ training/,
    );
    const { stderr } = await bench.run(["fit", "mixed.csv", "--out", "mixed.st", "--flow", "maf", ...SMALL]);
    expect(stderr).toContain(
      "columns left out: kind, split, note\ntexts have no density; to condition on a column of categories, add --context kind\n",
    );
    const given = ["--columns", "a,b,dose", "--context", "kind"];
    expect((await bench.run(["fit", "mixed.csv", "--out", "mixed.st", ...given, ...SMALL])).code).toBe(0);
  });

  test("missing values in columns that nobody uses do not matter", async () => {
    const given = ["--columns", "a,b,dose", "--context", "kind,split"];
    expect(await bench.fit(["mixed.csv", "--out", "unused.st", ...given, ...SMALL])).toMatchObject({
      features: 3,
      context: 6,
    });
  });

  test("--missing drop counts the rows", async () => {
    const { code, stderr, stdout } = await bench.run([
      "fit",
      "missing.csv",
      "--out",
      "dropped.st",
      "--missing",
      "drop",
      ...SMALL,
    ]);
    expect(stderr).toMatch(
      /^1 of 80 rows with missing values left out: "b" is missing in 1\n69 training and 10 validation rows of a, b\n/,
    );
    expect(stdout).toContain("pushforward score dropped.st missing.csv --missing drop --out scores.csv\n");
    expect(code).toBe(0);
  });

  test("without val in the split column some training rows are held out", async () => {
    const { stderr } = await bench.run(["fit", "no-val.csv", "--out", "v.st", "--split-column", "split", ...SMALL]);
    expect(stderr).toContain("30 training and 10 validation rows of a\n");
  });

  test("standard input", async () => {
    const text = readFileSync(bench.path("mixed.csv"), "utf8");
    const given = ["--columns", "a,b,dose", "--context", "kind"];
    const { code, stderr } = await bench.run(["fit", "-", "--out", "stdin.st", ...given, ...SMALL], text);
    expect(stderr).toContain("rows of a, b, dose given kind\n");
    expect(code).toBe(0);
  });

  test("constant and duplicated columns give a finite model, and the constant one is named", async () => {
    const constant = await bench.run(["fit", "constant.csv", "--out", "constant.st", "--flow", "nsf", ...SMALL]);
    expect(constant.stderr).toContain('column "c" is constant: its density is unbounded');
    expect(constant.stdout).not.toContain("Gaussian");
    const chosen = await bench.run(["fit", "constant.csv", "--out", "chosen-constant.st", ...SMALL]);
    expect(chosen.stderr).toContain('warning: Column "c" is constant.');
    const told = await bench.fit(["constant.csv", "--out", "chosen-constant.st", ...SMALL]);
    expect(told["warnings"]).toEqual([
      { kind: "constant", columns: ["c"], text: expect.any(String), remedy: "Leave the column out." },
    ]);
    const twice = await bench.fit(["twice.csv", "--out", "twice.st", ...SMALL]);
    expect(Number.isFinite(twice["validationNll"])).toBe(true);
    const score = await bench.run(["score", "twice.st", "twice.csv", "--json"]);
    expect(JSON.parse(score.stdout)).toMatchObject({ rows: 80, meanLogDensity: expect.any(Number) });
  });

  test.runIf(DEEP)(
    "scales of 1e-8 and 1e8 and an offset of 1e9 change the log-density by the logarithm of the scales",
    async () => {
      const unit = normalRows(300, 3, 3).map((row) => row.map((v) => Number(v.toFixed(5))));
      bench.write("unit.csv", ["a,b,c", ...unit.map((row) => row.join())]);
      bench.write("scaled.csv", ["a,b,c", ...unit.map(([a, b, c]) => `${a}e-8,${b}e8,${1e9 + (c as number)}`)]);
      const options = ["--epochs", "10", "--transforms", "2", "--hidden", "16"];
      const [plain, scaled] = await Promise.all([
        bench.fit(["unit.csv", "--out", "unit.st", ...options]),
        bench.fit(["scaled.csv", "--out", "scaled.st", ...options]),
      ]);
      const [ofPlain, ofScaled] = await Promise.all(
        ["unit", "scaled"].map(async (name) => {
          const { stdout } = await bench.run(["score", `${name}.st`, `${name}.csv`, "--json"]);
          return (JSON.parse(stdout) as { meanLogDensity: number }).meanLogDensity;
        }),
      );
      const volume = Math.log(1e-8) + Math.log(1e8);
      expect(Math.abs((ofScaled as number) + volume - (ofPlain as number))).toBeLessThan(1e-3);
      const gap = (scaled["validationNll"] as number) - volume - (plain["validationNll"] as number);
      expect(Math.abs(gap)).toBeLessThan(1e-3);
    },
  );

  test.runIf(DEEP)("a context of timestamps is as good as one of the seconds since the first", async () => {
    const rows = normalRows(200, 1, 5).map(([noise], i) => [i, i / 50 + (noise as number)]);
    for (const [name, offset] of [
      ["near", 0],
      ["late", 1.7e9],
    ] as const)
      bench.write(`${name}.csv`, ["t,x", ...rows.map(([t, x]) => `${offset + (t as number)},${x}`)]);
    const [near, late] = await Promise.all(
      ["near", "late"].map(async (name) => {
        const args = [`${name}.csv`, "--out", `${name}.st`, "--context", "t", "--flow", "maf", "--epochs", "10"];
        const { validationNll } = await bench.fit(args);
        const { stdout } = await bench.run(["score", `${name}.st`, `${name}.csv`, "--json"]);
        return [validationNll, (JSON.parse(stdout) as { meanLogDensity: number }).meanLogDensity] as [number, number];
      }),
    );
    expect(Math.abs((late?.[0] ?? Number.NaN) - (near?.[0] ?? 0))).toBeLessThan(1e-3);
    expect(Math.abs((late?.[1] ?? Number.NaN) - (near?.[1] ?? 0))).toBeLessThan(1e-3);
  });
});

describe("errors are one sentence", () => {
  const cases: readonly (readonly [name: string, args: string, code: number, stderr: string | RegExp])[] = [
    ["no such file", "nosuch.csv", 1, /^error: nosuch\.csv: expected a readable file, got ENOENT.*\n$/],
    ["a folder", "folder", 1, /^error: folder: expected a readable file, got EISDIR.*\n$/],
    ["an empty file", "empty.csv", 1, "error: empty.csv: expected a header line and rows, got empty input.\n"],
    ["a header alone", "header.csv", 1, "error: header.csv: expected at least one row, got none.\n"],
    ["two rows", "two-rows.csv", 1, /^error: two-rows\.csv: expected at least 2 training rows and 1 validation row, /],
    [
      "a missing value",
      "missing.csv --missing error",
      1,
      /^error: missing\.csv line 6, row 5, column "b": expected a value, got "NA"\. .*\(--missing drop\)\.\n$/,
    ],
    [
      "infinity",
      "infinite.csv --missing error",
      1,
      /^error: infinite\.csv line 6, row 5, column "b": expected a finite number, got "inf"\. .*--na.*\n$/,
    ],
    [
      "a typing error",
      "word.csv --missing error",
      1,
      /^error: word\.csv line 6, row 5, column "b": expected a number, got "1o".*\n$/,
    ],
    ["too many fields", "typo.csv", 1, /^error: typo\.csv line 6, row 5: expected 2 fields, got 3.*\n$/],
    [
      "text as numbers",
      "text.csv --columns name",
      1,
      /^error: text\.csv, column "name": expected a column to learn, got an identifier of the rows\. .*\n$/,
    ],
    [
      "no number",
      "only-text.csv --missing error",
      1,
      "error: only-text.csv: expected at least one numeric column, got none.\n",
    ],
    [
      "an unknown column",
      "two.csv --columns a,z",
      1,
      'error: two.csv: expected a column "z", got the columns "a", "b".\n',
    ],
    [
      "an unknown context",
      "two.csv --context z",
      1,
      'error: two.csv: expected a column "z", got the columns "a", "b".\n',
    ],
    ["a column as context", "two.csv --columns a,b --context b", 1, /^error: two\.csv: column "b" is named both as /],
    [
      "a context as split",
      "mixed.csv --context split --split-column split",
      1,
      /named both as context and as split\.\n$/,
    ],
    [
      "another word",
      "bad-word.csv --split-column split",
      1,
      'error: bad-word.csv, row 7, column "split": expected train, val or test, got "tran".\n',
    ],
    [
      "a folder as target",
      "two.csv --out folder",
      1,
      "error: --out folder: expected the name of a file, got a folder.\n",
    ],
    [
      "a target in no folder",
      "two.csv --out no/x.st",
      1,
      'error: --out no/x.st: expected a folder "no", got none. Create it first.\n',
    ],
    [
      "a target in a file",
      "two.csv --out two.csv/x.st",
      1,
      'error: --out two.csv/x.st: expected a folder "two.csv", got a file.\n',
    ],
    [
      "the data as target",
      "two.csv --out ./two.csv",
      1,
      /^error: --out \.\/two\.csv: expected a file other than the input file/,
    ],
    ["a rate too high", "two.csv --flow nsf --learning-rate 1e38", 1, /^error: train: expected a finite .*\n$/],
    [
      "a kernel density estimate given a context",
      "two.csv --columns a --context b --kernel-baseline",
      2,
      /^error: --kernel-baseline: expected no --context, got one/,
    ],
    [
      "a quality of a flow of a fixed form",
      "two.csv --flow maf --quality best",
      2,
      /^error: --quality: expected --flow auto/,
    ],
    ["bins without splines", "two.csv --flow maf --bins 4", 2, /^error: --bins: expected a flow of splines/],
    [
      "an unknown flow",
      "two.csv --flow glow",
      2,
      /Allowed choices are auto, gmm, table, copula, nsf, .*\n\(run with --help for usage\)\n$/,
    ],
    ["an unknown option", "two.csv --nope", 2, "error: unknown option '--nope'\n(run with --help for usage)\n"],
    ["a second file", "two.csv one.csv", 2, /^error: too many arguments/],
    ["no number of epochs", "two.csv --epochs many", 2, /expected an integer from 1 to 1000000\.\n/],
  ];

  test.each(cases)("%s", async (name, args, code, stderr) => {
    const target = args.includes("--out") ? [] : ["--out", `${name.replaceAll(" ", "-")}.st`];
    const outcome = await bench.run(["fit", ...args.split(" "), ...target, ...SMALL]);
    const said = outcome.stderr.slice(outcome.stderr.indexOf("error: "));
    if (typeof stderr === "string") expect(said).toBe(stderr);
    else expect(said).toMatch(stderr);
    expect(outcome).toMatchObject({ code, stdout: "" });
    expect(outcome.stderr).not.toMatch(/\n {4}at /);
  });

  test("a bad target is refused before the data are read", async () => {
    const { stderr } = await bench.run(["fit", "nosuch.csv", "--out", "no/x.st"]);
    expect(stderr).toContain("--out no/x.st");
  });

  test("--out is required", async () => {
    const { code, stderr } = await bench.run(["fit", "two.csv"]);
    expect(stderr).toBe(
      "error: required option '--out <model.safetensors>' not specified\n(run with --help for usage)\n",
    );
    expect(code).toBe(2);
  });
});

describe("Ctrl-C", () => {
  const LONG = ["fit", "two.csv", "--epochs", "100000", "--patience", "100000", "--hidden", "32"];

  test.each([
    ["SIGINT", 130],
    ["SIGTERM", 143],
  ] as const)(
    "%s stops within a batch, with the exit code of the signal and without a model",
    async (signal, exitCode) => {
      const child = bench.start([...LONG, "--out", "stopped.st"]);
      const ended = outcomeOf(child);
      await printed(child, /epoch 1:/);
      child.kill(signal);
      const { code, stderr, stdout } = await ended;
      expect([code, stdout]).toEqual([exitCode, ""]);
      expect(stderr).toContain("stopping after this batch; press Ctrl-C again to quit at once\n");
      expect(stderr).toMatch(
        /stopped: no model was written to stopped.st; use --keep-partial to keep the best model so far\n$/,
      );
      expect(readdirSync(bench.folder).filter((name) => name.includes("stopped.st"))).toEqual([]);
    },
  );

  test("twice quits with 130", async () => {
    const child = bench.start([...LONG, "--out", "quit.st"]);
    const ended = outcomeOf(child);
    await printed(child, /epoch 1:/);
    // Two signals at once may be one for a process that is busy.
    const again = setInterval(() => child.kill("SIGINT"), 2);
    const { code } = await ended.finally(() => clearInterval(again));
    expect(code).toBe(130);
  });
});

test("an old model is replaced, and that is said; another file only by force", async () => {
  writeFileSync(bench.path("notes.st"), "notes");
  const fit = (...more: string[]) => bench.run(["fit", "two.csv", "--flow", "maf", ...SMALL, ...more]);
  const refused = await fit("--out", "notes.st");
  expect(refused).toMatchObject({
    code: 1,
    stderr:
      "error: --out notes.st: expected a new file or a model to replace, got an existing one. Choose a different name, or replace it with --force.\n",
  });
  expect(readFileSync(bench.path("notes.st"), "utf8")).toBe("notes");
  const forced = await fit("--out", "notes.st", "--force");
  expect(forced.stdout).toContain("\nmodel: notes.st (replaced)\n");
  expect((await fit("--out", "notes.st")).stdout).toContain("\nmodel: notes.st (replaced)\n");
  expect((await bench.run(["inspect", "notes.st"])).code).toBe(0);
});
