import { stripVTControlCharacters } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { normalRows, type Outcome, SMALL, Workbench } from "../command.test-support.ts";

const bench = new Workbench();
const MODEL = "m.safetensors";
const QUICK = ["--epochs", "1", "--hidden", "8", "--members", "1", "--threads", "1", "--validation", "0.2"];
const LONG = "a name with many words and letters";

beforeAll(async () => {
  bench.write("two.csv", [`${LONG},b`, ...normalRows(80, 2).map((row) => row.join())]);
  const rows = normalRows(40, 2).map(([a, b], i) => `${a},${b},${i % 3 === 0 ? "red" : "blue"},${i % 5}`);
  bench.write("mixed.csv", [`${LONG},b,color,count`, ...rows]);
  await bench.fit(["mixed.csv", "--out", MODEL, ...QUICK]);
  await bench.fit(["two.csv", "--out", "flow.safetensors", "--flow", "maf", ...SMALL]);
});
afterAll(() => bench.remove());

// biome-ignore lint/suspicious/noControlCharactersInRegex: a bar moves the cursor to the start of its line.
const CURSOR = /\u001b\[\d*G/g;

/** Runs a command on a terminal of this width, or without one. */
function run(args: readonly string[], width?: number): Promise<Outcome> {
  return bench.begin(args, { width }).outcome;
}

/** Lines as a terminal shows them; a bar overwrites its line. */
function lines(text: string): string[] {
  return stripVTControlCharacters(text.replaceAll(CURSOR, "\n")).split(/[\r\n]/);
}

/** The words, without the marks of a command that goes on and of a file that an earlier run wrote. */
function words(text: string): string[] {
  return lines(text)
    .map((line) => line.replace(/ \\$| \(replaced\)$/, ""))
    .join(" ")
    .split(/\s+/);
}

function expectFits(text: string, width: number): void {
  const wide = lines(text).filter((line) => line.length > width);
  // A word that is wider than the terminal stands alone.
  expect(wide.filter((line) => !/^ *(?:"[^"]*"|\S)+$/.test(line))).toEqual([]);
}

const COMMANDS: readonly (readonly string[])[] = [
  ["inspect", MODEL],
  ["inspect", "flow.safetensors"],
  ["score", MODEL, "mixed.csv", "--top", "5"],
  ["score", MODEL, "mixed.csv", "--top", "5", "--keep", `${LONG},b,color,count`],
  ["score", MODEL, "mixed.csv", "--out", "scores.csv", "--force"],
  ["score", MODEL, "two.csv"],
  ["score", MODEL],
  ["score", MODEL, "mixed.csv", "--no-such-option"],
  ["score", "no-such-model-with-a-long-name-that-is-not-here.safetensors", "mixed.csv"],
  ["sample", MODEL, "-n", "10", "--out", "samples.csv", "--force"],
  ["watch", "flow.safetensors", "two.csv"],
  ["watch", MODEL, "mixed.csv", "--reference", "mixed.csv"],
  ["impute", MODEL, "mixed.csv", "--out", "filled.csv", "--force"],
  ["report", MODEL, "mixed.csv"],
  ["plot", MODEL, "--out", "picture.txt"],
  ["export", MODEL],
  ["export", MODEL, "--to", "zuko", "--out", "z.safetensors"],
  ["probability", MODEL, "--where", "nosuch > 1"],
  ["import", "flow.safetensors", "--from", "zuko", "--out", "i.safetensors"],
  ["fit", "nosuch.csv", "--out", "n.safetensors"],
  ["data", "nosuch"],
];

describe("lines on a terminal", () => {
  test.each(COMMANDS)("are wrapped between words: %s %s %s %s", async (...args) => {
    const whole = await run(args);
    for (const width of [80, 120]) {
      const shown = await run(args, width);
      for (const stream of ["stdout", "stderr"] as const) {
        expectFits(shown[stream], width);
        expect(words(shown[stream])).toEqual(words(whole[stream]));
      }
      expect(shown.code).toBe(whole.code);
    }
  });

  test.each([
    ["a table", "mixed.csv", [...QUICK, "--no-anomalies"]],
    ["a flow", "two.csv", ["--flow", "maf", ...SMALL]],
  ])("are wrapped while a fit of %s shows a bar", async (_, file, options) => {
    const args = ["fit", file, "--out", "new.safetensors", "--force", ...options];
    const whole = await run(args);
    const shown = await run(args, 80);
    expect([whole.code, shown.code]).toEqual([0, 0]);
    expectFits(shown.stdout, 80);
    expectFits(shown.stderr, 80);
    expect(words(shown.stdout)).toEqual(words(whole.stdout));
  });

  test("of a file stay whole", async () => {
    const { stdout } = await run(["fit", "two.csv", "--out", "new.safetensors", "--force", "--flow", "maf", ...SMALL]);
    expect(lines(stdout).some((line) => /^ {2}pushforward .* --out \S+$/.test(line))).toBe(true);
    expect(stdout).not.toContain("\\\n");
  });

  test("of data stay whole", async () => {
    const args = ["score", MODEL, "mixed.csv", "--json"];
    expect((await run(args, 20)).stdout).toBe((await run(args)).stdout);
  });
});

describe("help", () => {
  test("of all commands fits and cuts no word", async () => {
    const { stdout } = await run(["--help"]);
    const names = [...stdout.matchAll(/^ {2}([a-z]+) /gm)].map(([, name]) => name as string);
    expect(names).toEqual(expect.arrayContaining(["fit", "score", "sample", "watch", "import"]));
    for (const name of ["--help", ...names.filter((name) => name !== "help")]) {
      const args = name === "--help" ? [name] : [name, "--help"];
      const wide = await run(args, 1000);
      for (const width of [80, 120]) {
        const shown = await run(args, width);
        expectFits(shown.stdout, width);
        expect(words(shown.stdout)).toEqual(words(wide.stdout));
      }
    }
  });
});
