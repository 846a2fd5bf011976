import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeEach, describe, expect, onTestFinished, test } from "vitest";
import { type Draft, type StartOptions, WorkerFolder } from "./job-folder.ts";
import { parseTicket } from "./queue.ts";
import { runJob } from "./run-job.ts";
import { ShardFolder } from "./shard-folder.ts";
import { plannedFile, type RunPlan } from "./shard-plan.ts";

let folder: string;
let allowed: WorkerFolder;
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "pushforward-shards-"));
  const made = folder;
  onTestFinished(() => rmSync(made, { recursive: true }));
  mkdirSync(join(folder, "inner"));
  writeFileSync(join(folder, "secret"), "outside");
  writeFileSync(join(folder, "inner/model"), "no model");
  writeFileSync(join(folder, "inner/data.csv"), "x\n1\n");
  allowed = await WorkerFolder.open(join(folder, "inner"));
});

async function draft(model: string, data: string, sha256 = "0".repeat(64)): Promise<Draft<RunPlan>> {
  return {
    ...{ model: { ...(await plannedFile(join(folder, model))), sha256 }, backend: "wasm", output: "csv" },
    ...{ escapeFormulas: false, shards: [{ file: 0 }] },
    task: {
      ...{ type: "score", cells: false, pValue: false, explain: false, odd: undefined, reading: {} },
      files: [await plannedFile(join(folder, data))],
    },
  };
}

async function startRun(out: string, plan: Draft<RunPlan>, options: StartOptions) {
  const begun = await ShardFolder.make(out);
  return { plan: await begun.start(out, plan, options), folder: begun };
}

describe("what a worker refuses", () => {
  test.each([
    ["secret", "inner/data.csv"],
    ["inner/model", "secret"],
    ["inner/model", "inner/link"],
  ])("files outside of its folder: %s, %s", async (model, data) => {
    symlinkSync(join(folder, "secret"), join(folder, "inner/link"));
    const { plan, folder: out } = await startRun(join(folder, "inner/out"), await draft(model, data), {});
    const ticket = { folder: out.path, run: plan.run, shard: 0 };
    await expect(runJob(ticket, allowed)).rejects.toThrow(/secret: expected a file in the folder of the worker/);
    expect(readdirSync(out.path)).toEqual([".pushforward"]);
  });

  test("a folder outside of its own, one without a run, another run, a shard that is not there", async () => {
    const { plan, folder: out } = await startRun(
      join(folder, "inner/out"),
      await draft("inner/model", "inner/data.csv"),
      {},
    );
    const { run } = plan;
    const other = await startRun(join(folder, "out"), await draft("inner/model", "inner/data.csv"), {});
    const outside = { folder: other.folder.path, run: other.plan.run, shard: 0 };
    await expect(runJob(outside, allowed)).rejects.toThrow("got one outside of it");
    const climbing = { folder: `${join(folder, "inner")}/../out`, run, shard: 0 };
    await expect(runJob(climbing, allowed)).rejects.toThrow("got one outside of it");
    const without = { folder: join(folder, "inner"), run, shard: 0 };
    await expect(runJob(without, allowed)).rejects.toThrow("got none");
    const old = { folder: out.path, run: "0".repeat(16), shard: 0 };
    await expect(runJob(old, allowed)).rejects.toThrow(`expected the run ${"0".repeat(16)}, got ${run}`);
    await expect(runJob({ folder: out.path, run, shard: 1 }, allowed)).rejects.toThrow(
      "expected a shard below 1, got 1",
    );
  });

  test("a file that has changed, and another model", async () => {
    const { plan, folder: out } = await startRun(
      join(folder, "inner/out"),
      await draft("inner/model", "inner/data.csv"),
      {},
    );
    const ticket = { folder: out.path, run: plan.run, shard: 0 };
    await expect(runJob(ticket, allowed)).rejects.toThrow(
      /model: expected the model with the SHA-256 0{64}, got one with/,
    );
    writeFileSync(join(folder, "inner/data.csv"), "x\n1\n2\n");
    await expect(runJob(ticket, allowed)).rejects.toThrow("expected the unchanged file of the run, 4 bytes, got");
  });

  test.each([
    undefined,
    null,
    3,
    {},
    { folder: "/x", run: "no", shard: 0 },
    { folder: "/x", run: "0".repeat(16), shard: -1 },
    { folder: "/x", run: "0".repeat(16), member: 0.5 },
    { folder: "/x", run: "0".repeat(16), shard: 0, member: 0 },
  ])("what is no ticket: %j", (data) => {
    expect(() => parseTicket(data)).toThrow("expected the folder, the run and the number of a shard or member");
  });
});

test("a plan that is damaged is refused with the part that is wrong", async () => {
  const { folder: out, plan } = await startRun(
    join(folder, "inner/out"),
    await draft("inner/model", "inner/data.csv"),
    {},
  );
  const file = join(out.path, ".pushforward/plan.json");
  const text = readFileSync(file, "utf8");
  expect(await out.plan()).toEqual(plan);
  writeFileSync(file, text.slice(9));
  await expect(out.plan()).rejects.toThrow(`${file}: expected the plan of a run, got something else.`);
  const changes: readonly [Partial<Record<keyof RunPlan, unknown>>, string][] = [
    [{ version: 2 }, "version 2, which another release wrote"],
    [{ run: "../x" }, 'one in which "run" is wrong'],
    [{ output: "exe" }, 'one in which "output" is wrong'],
    [{ shards: [{ file: 1 }] }, 'one in which "shards" is wrong'],
    [{ shards: [{ file: 0, rows: { from: -1, count: 1 } }] }, 'one in which "shards" is wrong'],
    [{ task: { type: "sample" } }, 'one in which "task" is wrong'],
    [{ model: { path: 3 } }, 'one in which "model" is wrong'],
  ];
  for (const [change, problem] of changes) {
    writeFileSync(file, JSON.stringify({ ...plan, ...change }));
    await expect(out.plan()).rejects.toThrow(problem);
  }
});

test("a record counts while the files are as it says", async () => {
  const { folder: out, plan } = await startRun(
    join(folder, "inner/out"),
    await draft("inner/model", "inner/data.csv"),
    {},
  );
  const shards = new ShardFolder(out.path);
  const write = async (record: Partial<{ bytes: number; run: string }> = {}): Promise<void> => {
    const temporary = shards.temporary("csv");
    writeFileSync(temporary, "1234");
    const [source] = plan.task.type === "score" ? plan.task.files : [];
    await shards.finish(0, "csv", temporary, {
      ...{ run: plan.run, bytes: 4, source, rows: 1, columns: [], notes: [] },
      ...record,
    });
  };
  expect(await shards.record(0, plan)).toBeUndefined();
  await write();
  expect((await shards.record(0, plan))?.rows).toBe(1);
  expect(await shards.recorded()).toEqual([0]);
  await write({ run: "0".repeat(16) });
  expect(await shards.record(0, plan)).toBeUndefined();
  await write();
  writeFileSync(shards.shard(0, "csv"), "12");
  expect(await shards.record(0, plan)).toBeUndefined();
  await write();
  writeFileSync(join(folder, "inner/data.csv"), "x\n7\n8\n");
  const { plan: renewed } = await startRun(out.path, await draft("inner/model", "inner/data.csv"), { resume: true });
  expect(renewed.run).toBe(plan.run);
  expect(await shards.record(0, renewed)).toBeUndefined();
});
