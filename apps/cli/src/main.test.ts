import { readdirSync, readFileSync, statSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { afterAll, expect, test } from "vitest";
import { normalRows, outcomeOf, SMALL, Workbench } from "./command.test-support.ts";

const bench = new Workbench();
afterAll(() => bench.remove());

test("--help and --version end with 0 on stdout", async () => {
  const help = await bench.run(["--help"]);
  expect(help).toMatchObject({ code: 0, stderr: "" });
  for (const command of ["fit", "sample", "score", "plot", "inspect"]) expect(help.stdout).toContain(command);
  const version = await bench.run(["--version"]);
  expect(version).toMatchObject({ code: 0, stderr: "" });
  expect(version.stdout).toMatch(/^\d+\.\d+\.\d+/);
  expect((await bench.run(["fit", "--help"])).stdout).toContain("--split-column");
});

test.each([
  ["nothing", [], /Usage: pushforward/],
  ["an unknown command", ["bogus"], /^error: unknown command 'bogus'\n\(run with --help for usage\)\n$/],
  ["an unknown option", ["--bogus"], /^error: unknown option '--bogus'\n\(run with --help for usage\)\n$/],
  ["a missing argument", ["score"], /^error: missing required argument 'model\.safetensors'\n\(run with/],
])("%s is a wrong use", async (_, args, stderr) => {
  const outcome = await bench.run(args);
  expect(outcome.stderr).toMatch(stderr);
  expect(outcome).toMatchObject({ code: 2, stdout: "" });
});

test("--help loads the options of the commands, and no code of the library", async () => {
  // The coverage of V8 lists the files that a process has loaded.
  expect(await bench.shell("NODE_V8_COVERAGE=loaded $P --help")).toMatchObject({ code: 0 });
  const [report] = readdirSync(bench.path("loaded"));
  const { result } = JSON.parse(readFileSync(bench.path(`loaded/${report}`), "utf8")) as { result: { url: string }[] };
  const files = result.flatMap(({ url }) => (url.startsWith("file:") ? [fileURLToPath(url)] : []));
  const bytes = files.reduce((sum, file) => sum + statSync(file).size, 0);
  expect(files.length).toBeGreaterThan(5);
  expect(bytes).toBeLessThan(400_000);
});

test("a process does what a run in this process does", async () => {
  bench.write("two.csv", ["a,b", ...normalRows(60, 2).map((row) => row.join())]);
  await bench.fit(["two.csv", "--out", "two.st", "--flow", "maf", ...SMALL]);
  const args = ["score", "two.st", "two.csv"];
  const process = await outcomeOf(bench.start(args));
  expect(process).toMatchObject({ code: 0, stdout: expect.stringMatching(/^-?\d+\.\d+\n/) });
  expect(await bench.run(args)).toEqual(process);
  const asked = ["probability", "two.st", "--of", "b>0", "--given", "a>=0"];
  const answered = await outcomeOf(bench.start(asked));
  expect(answered).toMatchObject({ code: 0 });
  expect(await bench.run(asked)).toEqual(answered);
  const wrong = ["score", "two.st", "nosuch.csv"];
  expect(await outcomeOf(bench.start(wrong))).toEqual(await bench.run(wrong));
});
