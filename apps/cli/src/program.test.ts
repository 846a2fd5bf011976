import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { describeBackend, useBackend } from "pushforward";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { eventually, normalRows, type Outcome, SMALL, Workbench } from "./command.test-support.ts";

const bench = new Workbench();
const other = new Workbench();
const FLOW = ["--flow", "maf", ...SMALL];

beforeAll(async () => {
  bench.write("two.csv", ["a,b", ...normalRows(80, 2).map((row) => row.join())]);
  other.write("two.csv", ["c,d", "1,2"]);
  await bench.fit(["two.csv", "--out", "two.st", ...FLOW]);
});
afterAll(() => {
  bench.remove();
  other.remove();
});

/** What a process may have left of a run. */
function traces(): object {
  const names = [...process.eventNames(), "SIGINT", "SIGTERM"];
  return {
    listeners: Object.fromEntries(names.map((name) => [String(name), process.listenerCount(name as string)])),
    // Workers of Vitest have pipes and timers of their own.
    threads: process.getActiveResourcesInfo().filter((name) => /Worker|MessagePort|FSEvent|TCP/.test(name)).length,
    files: readdirSync(tmpdir()).filter((name) => name.startsWith(`pushforward-${process.pid}`)),
    exitCode: process.exitCode,
    folder: process.cwd(),
  };
}

describe("a run in the process of its caller", () => {
  test.each<[name: string, args: readonly string[]]>([
    ["a fit on two threads", ["fit", "two.csv", "--out", "left.st", "--force", ...FLOW, "--threads", "2"]],
    ["scores", ["score", "two.st", "two.csv"]],
    ["scores in a Parquet file", ["score", "two.st", "two.csv", "--out", "scores.parquet", "--force"]],
    ["samples", ["sample", "two.st", "-n", "10"]],
    ["a picture", ["plot", "two.st", "--out", "two.png"]],
    ["an alarm with --fail", ["watch", "two.st", "two.csv", "--reference", "two.csv", "--fail"]],
    ["an error", ["score", "two.st", "nosuch.csv"]],
    ["a wrong use", ["score"]],
  ])("leaves no listener, thread, file or exit code behind: %s", async (_, args) => {
    const before = traces();
    await bench.run(args);
    await eventually(() => expect(traces()).toEqual(before));
  });

  test("restores the backend that ran before it", async () => {
    await useBackend("cpu");
    try {
      expect((await bench.run(["score", "two.st", "two.csv", "--backend", "wasm"])).code).toBe(0);
      expect((await describeBackend()).name).toBe("cpu");
    } finally {
      await useBackend("wasm");
    }
  });

  test("reads and writes in the folder of the run, and names files as the user does", async () => {
    const read = (folder: Workbench): Promise<Outcome> => folder.run(["score", bench.path("two.st"), "two.csv"]);
    expect((await read(bench)).code).toBe(0);
    expect(await read(other)).toMatchObject({
      code: 1,
      stderr: 'error: two.csv: expected a column "a", got the columns "c", "d".\n',
    });
    const missing = await bench.run(["score", "two.st", "nosuch.csv"]);
    expect(missing.stderr).toMatch(/^error: nosuch\.csv: expected a readable file, got .* open 'nosuch\.csv'\.\n$/);
    const absolute = await bench.run(["score", "two.st", other.path("nosuch.csv")]);
    expect(absolute.stderr).toContain(`error: ${other.path("nosuch.csv")}: expected a readable file`);
    const query = await bench.run(["score", "two.st", "--query", "SELECT * FROM 'two.csv' LIMIT 3", "--json"]);
    expect(JSON.parse(query.stdout)).toMatchObject({ rows: 3 });
  });

  test("runs take turns", async () => {
    const [first, second] = await Promise.all([
      bench.run(["score", "two.st", "two.csv"]),
      other.run(["score", bench.path("two.st"), "two.csv"]),
    ]);
    expect([first.code, second.code]).toEqual([0, 1]);
  });

  const LONG = ["--epochs", "100000", "--patience", "100000", "--flow", "maf", "--no-anomalies"];
  const TABLE = ["--flow", "table", "--epochs", "100000", "--hidden", "64", "--threads", "1"];

  test.each([
    ["a flow", LONG, /stopped: no model was written to stopped.st; use --keep-partial/],
    ["a table", [...TABLE, "--members", "1"], /stopped: no model was written to stopped.st; use --keep-partial/],
  ] as const)("a fit of %s that is stopped by its signal writes no model", async (_, args, told) => {
    writeFileSync(bench.path("stopped.st"), "");
    const running = bench.begin(["fit", "two.csv", "--out", "stopped.st", ...args]);
    await eventually(() => expect(running.stderr()).toMatch(/epoch 1:|rows of/));
    running.stop();
    const { code, stderr, stdout } = await running.outcome;
    expect([code, stdout]).toEqual([130, ""]);
    expect(stderr).toMatch(told);
    expect(stderr).not.toContain("completed");
    expect(readFileSync(bench.path("stopped.st"), "utf8")).toBe("");
  });

  test.each([
    ["a flow", LONG],
    ["a table", TABLE],
  ] as const)(
    "a fit of %s keeps its best model so far where that is asked for, and ends with 130 too",
    async (_, args) => {
      const running = bench.begin(["fit", "two.csv", "--out", "partial.st", "--keep-partial", ...args]);
      await eventually(() => expect(running.stderr()).toMatch(/epoch 1:|rows of/));
      running.stop();
      const { code, stderr } = await running.outcome;
      expect(code).toBe(130);
      expect(stderr).toMatch(/stopping after this batch[\s\S]*\nstopped: aborted/);
      expect((await bench.run(["score", "partial.st", "two.csv", "--json"])).code).toBe(0);
      const metadata = JSON.parse((await bench.run(["inspect", "partial.st", "--json"])).stdout);
      expect(JSON.stringify(metadata)).toContain('"stopped":"aborted"');
    },
  );

  test.each([
    ["sample", ["sample", "two.st", "-n", "3000000", "--threads", "1"]],
    ["sample in threads", ["sample", "two.st", "-n", "3000000", "--threads", "2"]],
    ["score", ["score", "two.st", "long.csv"]],
  ] as const)("%s that is stopped leaves no file", async (name, args) => {
    if (name === "score")
      bench.write("long.csv", ["a,b", ...Array.from({ length: 200_000 }, (_, i) => `${i % 7},${i % 5}`)]);
    for (const end of ["csv", "parquet", "jsonl"]) {
      const running = bench.begin([...args, "--out", `cut.${end}`]);
      await eventually(() =>
        expect(readdirSync(bench.folder).filter((file) => file.includes(`cut.${end}.`))).toHaveLength(1),
      );
      running.stop();
      const { code, stderr } = await running.outcome;
      expect([code, stderr]).toEqual([130, expect.stringContaining("stopped: no file was written")]);
      expect(readdirSync(bench.folder).filter((file) => file.includes("cut."))).toEqual([]);
    }
  });

  test("reads variables of its environment alone", async () => {
    writeFileSync(bench.path("empty.txt"), "two words");
    const outcome = await bench.run(["serve", "two.st", "--token", "empty.txt"]);
    expect(outcome).toMatchObject({
      code: 1,
      stderr: "error: --token empty.txt: expected a token without spaces, got an invalid one.\n",
    });
    const env = { PUSHFORWARD_TOKEN: "two words" };
    const fromVariable = await bench.begin(["serve", "two.st"], { env }).outcome;
    expect(fromVariable.stderr).toBe(
      "error: $PUSHFORWARD_TOKEN: expected a token without spaces, got an invalid one.\n",
    );
  });
});
