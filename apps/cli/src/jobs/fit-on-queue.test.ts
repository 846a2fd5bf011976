import type { ChildProcess } from "node:child_process";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { loadModel } from "@pushforward/serialization/node";
import { standardRegistry } from "pushforward";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { DEEP } from "../../../../packages/testing/test/deep.ts";
import { eventually, fileAppears, normalRows, printed, Workbench } from "../command.test-support.ts";
import { HAS_REDIS, RedisServer } from "./redis-server.test-support.ts";

const bench = new Workbench();
const started: ChildProcess[] = [];
const FIT = [
  "--context",
  "c",
  "--epochs",
  "200",
  "--patience",
  "200",
  "--hidden",
  "32",
  "--threads",
  "1",
  "--no-anomalies",
];

beforeAll(() => bench.write("three.csv", ["a,b,c", ...normalRows(400, 3).map((row) => row.join())]));
afterAll(() => {
  for (const child of started) child.kill("SIGKILL");
  bench.remove();
});

/** Starts a worker, and waits until it is ready. */
async function startWorker({ url }: RedisServer): Promise<ChildProcess> {
  const child = bench.start(["worker", "--redis", url]);
  started.push(child);
  await printed(child, /waiting for shards and members/);
  return child;
}

/** The weights of a model, and what was told of its members. */
async function contents(file: string): Promise<unknown> {
  const { model, metadata } = await loadModel(bench.path(file), standardRegistry);
  const { fit } = metadata as { fit: { log: unknown; members: unknown } };
  const weights = [...(model as { parameters(): Map<string, { read(): unknown }> }).parameters()];
  return [weights.map(([path, parameter]) => [path, parameter.read()]), fit.log, fit.members];
}

// Skipped where Redis (Debian: redis-server) is not installed: the queue lives in it.
describe.skipIf(!HAS_REDIS)("members that workers train", () => {
  let redis: RedisServer;
  let workers: ChildProcess[];
  beforeAll(async () => {
    redis = await RedisServer.start();
  });
  afterAll(() => redis.kill());

  const jobs = (name: string): string => bench.path(`jobs/${name}`);
  const fit = (...more: string[]): string[] => {
    return ["fit", "three.csv", "--redis", redis.url, "--out", "a.st", "--jobs", "jobs", ...FIT, ...more];
  };

  test.runIf(DEEP)("damaged rows end the fit after the attempts", async () => {
    const outcome = bench.run(fit("--json"));
    await fileAppears(jobs("member-1.task.safetensors"));
    const bytes = readFileSync(jobs("rows.safetensors"));
    bytes.writeUInt8(bytes.at(-1) === 0 ? 1 : 0, bytes.length - 1);
    writeFileSync(jobs("rows.safetensors"), bytes);
    workers = await Promise.all([startWorker(redis), startWorker(redis)]);
    const { code, stderr } = await outcome;
    expect(stderr).toMatch(/^error: member \d: \S*jobs\/rows\.safetensors: expected the rows with the SHA-256 /m);
    expect(stderr).toContain(" 0 of 2 members are done and kept. Repair the problem, then continue with --resume.");
    expect(code).toBe(1);
  });

  test.runIf(DEEP)("a Redis that forgot all, a killed worker and a killed coordinator change nothing", async () => {
    await redis.kill();
    await redis.start();
    const first = bench.start(fit("--resume"));
    started.push(first);
    const progress = await eventually(() => {
      const names = readdirSync(bench.path("jobs"));
      const name = names.find((file) => file.endsWith(".progress.json"));
      if (name === undefined) throw new Error(`expected a report on a member, got the files ${names}.`);
      return { member: Number(/\d+/.exec(name)), text: readFileSync(jobs(name), "utf8") };
    });
    const killed = workers.find(({ pid }) => progress.text.includes(`process ${pid}"`)) as ChildProcess;
    for (const child of [killed, first]) child.kill("SIGKILL");
    expect(existsSync(jobs(`member-${progress.member}.trained.safetensors`))).toBe(false);
    await fileAppears(jobs(`member-${1 - progress.member}.trained.safetensors`));
    const [resumed, plain] = await Promise.all([
      bench.run(fit("--resume")),
      bench.run(["fit", "three.csv", "--out", "plain.st", ...FIT]),
    ]);
    expect([resumed.code, plain.code]).toEqual([0, 0]);
    expect(resumed.stderr).toMatch(new RegExp(`^member ${2 - progress.member} \\(\\w+\\) is trained already$`, "m"));
    expect(await contents("a.st")).toEqual(await contents("plain.st"));
    expect(existsSync(bench.path("jobs"))).toBe(false);
  });
});

test("what workers cannot train is refused before anything is done", async () => {
  bench.write("words.csv", ["a,b", ...normalRows(60, 1).map(([a], i) => `${a},${i % 2 === 0 ? "x" : "y"}`)]);
  bench.write("few.csv", ["a,b", ...Array.from({ length: 60 }, (_, i) => `${i % 3},${i % 2}`)]);
  const refused = async (args: string[], code: number, text: string): Promise<void> => {
    const outcome = await bench.run(["fit", ...args, "--out", "no.st"]);
    expect([outcome.code, outcome.stderr]).toEqual([code, expect.stringContaining(text)]);
  };
  const redis = ["--redis", "redis://127.0.0.1:1"];
  await Promise.all([
    refused(["three.csv", ...redis, "--flow", "nsf"], 2, "--redis: expected --flow auto, got nsf."),
    refused(["three.csv", ...redis, "--checkpoint", "c"], 2, "--redis: expected no --checkpoint, got one."),
    refused(["three.csv", "--jobs", "x"], 2, "--jobs: expected --redis, got none."),
    refused(["three.csv", "--resume"], 2, "--resume: expected --checkpoint with the file to continue from, or --redis"),
    refused(
      ["words.csv", ...redis],
      1,
      "words.csv: --redis is an option of flows, which learn numbers without missing",
    ),
    refused(
      ["few.csv", ...redis],
      1,
      "few.csv: --redis works only with flows of --flow auto, and all columns have few values",
    ),
  ]);
  expect(existsSync(bench.path("no.st.jobs"))).toBe(false);
});
