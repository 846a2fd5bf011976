import type { ChildProcess } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { DEEP } from "../../../../packages/testing/test/deep.ts";
import { normalRows, outcomeOf, printed, SMALL, Workbench } from "../command.test-support.ts";
import { HAS_REDIS, RedisServer } from "../jobs/redis-server.test-support.ts";

const bench = new Workbench();
const started: ChildProcess[] = [];

const PARTS = 6;
const header = "a,b,id";
const part = (k: number, rows = 2000): string[] => [
  header,
  ...normalRows(rows, 2, k).map((row, i) => [...row, `${k}-${i}`].join()),
];

beforeAll(async () => {
  bench.write("two.csv", ["a,b", ...normalRows(80, 2).map((row) => row.join())]);
  mkdirSync(bench.path("parts"));
  for (let k = 0; k < PARTS; k++) bench.write(`parts/${k}.csv`, part(k));
  await bench.fit(["two.csv", "--out", "two.st", "--flow", "maf", ...SMALL]);
});
afterAll(() => {
  for (const child of started) child.kill("SIGKILL");
  bench.remove();
});

/** Starts a worker, and waits until it is ready. */
async function worker(redis: RedisServer, ...more: string[]): Promise<ChildProcess> {
  const child = bench.start(["worker", "--redis", redis.url, ...more]);
  started.push(child);
  await printed(child, /waiting for shards/);
  return child;
}

/** The shards of a folder one after the other, as a plain run writes them. */
function joined(folder: string): string {
  const shards = readdirSync(bench.path(folder)).filter((name) => name.startsWith("shard-"));
  const texts = shards.sort().map((name) => readFileSync(bench.path(`${folder}/${name}`), "utf8"));
  return texts.map((text, k) => (k === 0 ? text : text.slice(text.indexOf("\n") + 1))).join("");
}

// Skipped where Redis (Debian: redis-server) is not installed: the queue lives in it.
describe.skipIf(!HAS_REDIS)("workers", () => {
  let redis: RedisServer;
  /** It stays for all tests, for a start takes a second. */
  let second: ChildProcess;
  beforeAll(async () => {
    redis = await RedisServer.start();
  });
  afterAll(() => redis.kill());

  test("a killed worker, a killed coordinator and a Redis that forgot all lose and repeat nothing", async () => {
    await bench.run(["score", "two.st", "parts/*.csv", "--out", "plain.csv"]);
    const score = ["score", "two.st", "parts/*.csv", "--redis", redis.url, "--out", "scores"];
    const first = await worker(redis);
    second = await worker(redis, "--concurrency", "2");
    const coordinator = bench.start([...score, "--json"]);
    await printed(first, /./);
    for (const child of [first, coordinator]) child.kill("SIGKILL");
    await redis.kill();
    await redis.start();
    const { code, stdout, stderr } = await bench.run([...score, "--resume", "--json"]);
    expect([code, stderr]).toEqual([0, expect.stringMatching(/^(\d of 6 shards[^\n]*\n)*$/)]);
    expect(joined("scores")).toBe(readFileSync(bench.path("plain.csv"), "utf8"));
    const plain = JSON.parse((await bench.run(["score", "two.st", "parts/*.csv", "--json"])).stdout);
    const { rows, meanLogDensity, standardError } = JSON.parse(stdout);
    expect(rows).toBe(plain.rows);
    expect(meanLogDensity).toBeCloseTo(plain.meanLogDensity, 12);
    expect(standardError).toBeCloseTo(plain.standardError, 12);
    const notes = readdirSync(bench.path("scores/.pushforward")).sort();
    expect(notes).toEqual(["plan.json", ...Array.from({ length: PARTS }, (_, k) => `shard-0000${k}.json`)]);
  });

  test.runIf(DEEP)("a bad file ends the run with its row and column; mended, it alone is scored again", async () => {
    mkdirSync(bench.path("some"));
    bench.write("some/good.csv", part(0, 50));
    bench.write("some/wrong.csv", [...part(1, 50), "1,x,0", "1,2,0"]);
    const score = [
      "score",
      "two.st",
      "some/*.csv",
      "--redis",
      redis.url,
      "--out",
      "some-scores",
      "--format",
      "parquet",
    ];
    const failed = await bench.run(score);
    expect(failed.code).toBe(1);
    expect(failed.stderr).toMatch(
      /^error: shard 1: \S*some\/wrong.csv line 52, row 51, column "b": expected a number/m,
    );
    expect(failed.stderr).toContain("1 of 2 shards are done and kept");
    expect(readdirSync(bench.path("some-scores"))).toEqual([".pushforward", "shard-00000.parquet"]);

    bench.write("some/wrong.csv", part(1, 60));
    const { code, stderr } = await bench.run([...score, "--resume"]);
    expect([code, stderr]).toEqual([0, expect.stringContaining("1 of 2 shards are done already\n")]);
    expect(stderr).toContain("110 rows, mean log-density");

    bench.write("some/wrong.csv", ["b,id,a", "1,x,2"]);
    const { stderr: columns } = await bench.run([...score, "--force"]);
    expect(columns).toMatch(/some\/\w+.csv: expected the columns of \S+some\/\w+.csv, .*, got /);
  });

  test.runIf(DEEP)("samples are those of a plain run", async () => {
    const sample = ["sample", "two.st", "-n", "70000", "--seed", "3"];
    const [shards] = await Promise.all([
      bench.run([...sample, "--redis", redis.url, "--out", "drawn", "--format", "csv", "--shard-rows", "1"]),
      bench.run([...sample, "--out", "drawn.csv"]),
    ]);
    expect(shards.stderr).toContain("70000 rows: drawn, 3 shards\n");
    expect(joined("drawn")).toBe(readFileSync(bench.path("drawn.csv"), "utf8"));
    second.kill("SIGTERM");
    expect((await outcomeOf(second)).code).toBe(0);
  });
});

test("what workers cannot do is refused", async () => {
  const refused = async (args: string[], code: number, text: string): Promise<void> => {
    const outcome = await bench.run(args);
    expect([outcome.code, outcome.stderr]).toEqual([code, expect.stringContaining(text)]);
  };
  const redis = ["--redis", "redis://127.0.0.1:1"];
  const score = ["score", "two.st", "parts/*.csv"];
  await Promise.all([
    refused([...score, ...redis], 2, "--redis: expected --out with a folder for the shards, got none."),
    refused([...score, ...redis, "--out", "x", "--top", "3"], 2, "--redis: expected no --top, got it."),
    refused([...score, "--out", "x.csv", "--resume"], 2, "--resume: expected --redis, got none."),
    refused(
      ["sample", "two.st", "-n", "9", ...redis, "--out", "y", "--given", "a=1"],
      2,
      "--redis: expected no --given",
    ),
    refused(["worker", "--redis", "localhost"], 2, "--redis: expected an address like redis://localhost:6379"),
    refused(["worker", ...redis, "--folder", "nowhere"], 1, "--folder nowhere: expected a folder, got none."),
  ]);
});
