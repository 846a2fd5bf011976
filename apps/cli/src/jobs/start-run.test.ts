import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeEach, expect, onTestFinished, test } from "vitest";
import type { Draft, StartOptions } from "./job-folder.ts";
import { ShardFolder } from "./shard-folder.ts";
import type { RunPlan } from "./shard-plan.ts";

type DraftPlan = Draft<RunPlan>;

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "pushforward-runs-"));
  const made = folder;
  onTestFinished(() => rmSync(made, { recursive: true }));
});

const draft: DraftPlan = {
  model: { path: "/m", bytes: 1, modified: 2, sha256: "3" },
  ...{ backend: "wasm", output: "csv", escapeFormulas: false },
  task: { type: "sample", seed: 0 },
  shards: [{ rows: { from: 0, count: 5 } }],
};

async function startRun(out: string, plan: DraftPlan, options: StartOptions) {
  const begun = await ShardFolder.make(out);
  return { plan: await begun.start(out, plan, options), folder: begun };
}

test("a run begins in an empty folder, which it makes", async () => {
  const out = join(folder, "a/b");
  const { plan, folder: begun } = await startRun(out, draft, {});
  expect(plan).toMatchObject(draft);
  expect(await begun.plan()).toEqual(plan);
  await expect(startRun(out, draft, {})).rejects.toThrow(
    "expected an empty folder, got one with a run. Continue it with",
  );
  expect((await startRun(out, draft, { resume: true })).plan).toEqual(plan);
});

test("--resume begins where there is nothing yet, and refuses another run", async () => {
  const { plan } = await startRun(folder, draft, { resume: true });
  const others: readonly [Partial<DraftPlan>, string][] = [
    [{ model: { ...draft.model, sha256: "4" } }, "expected the model of the run in"],
    [{ backend: "cpu" }, "expected the --backend of the run in"],
    [{ output: "parquet" }, "expected the --format of the run in"],
    [{ shards: [{ rows: { from: 0, count: 6 } }] }, "expected the files, or --shard-rows of the run in"],
    [{ task: { type: "sample", seed: 1 } }, "expected the files and options of the run in"],
    [{ escapeFormulas: true }, "expected the files and options of the run in"],
  ];
  for (const [other, message] of others) {
    await expect(startRun(folder, { ...draft, ...other }, { resume: true })).rejects.toThrow(message);
  }
  expect((await startRun(folder, draft, { resume: true })).plan).toEqual(plan);
});

test("--force replaces shards, and nothing else", async () => {
  const { plan } = await startRun(folder, draft, {});
  writeFileSync(join(folder, "shard-00007.csv"), "old");
  const again = await startRun(folder, draft, { force: true });
  expect(again.plan.run).not.toBe(plan.run);
  expect(readdirSync(folder)).toEqual([".pushforward"]);
  writeFileSync(join(folder, "mine.csv"), "");
  await expect(startRun(folder, draft, { force: true })).rejects.toThrow('or one of shards, got one with "mine.csv".');
});

test("what is no folder for shards is refused", async () => {
  writeFileSync(join(folder, "file"), "");
  await expect(startRun(join(folder, "file"), draft, {})).rejects.toThrow("expected a folder, got EEXIST");
  mkdirSync(join(folder, "full"));
  writeFileSync(join(folder, "full/x"), "");
  for (const options of [{}, { resume: true }]) {
    await expect(startRun(join(folder, "full"), draft, options)).rejects.toThrow(/expected an empty folder, /);
  }
});
